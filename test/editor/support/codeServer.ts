import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What scripts/vscode.mjs provides; the runner says where. */
const DIR = process.env.E2E_DIR ?? '';
const ENTRY = join(DIR, 'cs/node_modules/code-server/out/node/entry.js');

const SETTINGS = {
  'workbench.startupEditor': 'none',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'update.mode': 'none',
  'git.enabled': false,
  'editor.hover.delay': 100,
  // In a browser VS Code saves by itself, and the workspace is links into a kernel tree that others use.
  'files.autoSave': 'off',
  'editor.minimap.enabled': false,
  'chat.commandCenter.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  // The workspace is links into a kernel tree: neither search nor the watcher is to walk through them.
  'search.followSymlinks': false,
};

/** The folders of one test server: all that it writes lies under `base`. */
export interface Home {
  readonly base: string;
  readonly userData: string;
  readonly extensions: string;
  /** Sockets lie here; short, because their paths may have 107 characters at most. */
  readonly tmp: string;
}

export function makeHome(): Home {
  const base = mkdtempSync(join(tmpdir(), 'lockstep-vscode-'));
  const home: Home = {
    base,
    userData: join(base, 'user-data'),
    extensions: join(base, 'extensions'),
    tmp: mkdtempSync('/tmp/vsc-'),
  };
  mkdirSync(join(home.userData, 'User'), { recursive: true });
  mkdirSync(home.extensions, { recursive: true });
  writeFileSync(join(home.userData, 'User/settings.json'), JSON.stringify(SETTINGS));
  return home;
}

function environment(home: Home): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOME: home.base,
    XDG_CONFIG_HOME: join(home.base, 'xdg/config'),
    XDG_DATA_HOME: join(home.base, 'xdg/data'),
    XDG_CACHE_HOME: join(home.base, 'xdg/cache'),
    TMPDIR: home.tmp,
    CODE_SERVER_CONFIG: join(home.base, 'code-server.yaml'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    DO_NOT_TRACK: '1',
  };
  for (const name of ['VSCODE_IPC_HOOK_CLI', 'PORT', 'PASSWORD', 'NODE_OPTIONS']) delete env[name];
  return env;
}

/** Installs a packaged extension; returns what code-server said. */
export function installVsix(home: Home, vsix: string): string {
  return execFileSync(
    process.execPath,
    [
      ENTRY,
      '--install-extension',
      vsix,
      '--force',
      '--extensions-dir',
      home.extensions,
      '--user-data-dir',
      home.userData,
    ],
    { env: environment(home), encoding: 'utf8' },
  );
}

export interface CodeServer {
  readonly url: string;
  /** Ends it with all that it started, and removes its folders. */
  stop(): Promise<void>;
}

/** A VS Code in a server of its own process group, on a free port of this machine. */
export async function startCodeServer(home: Home): Promise<CodeServer> {
  const log = join(home.base, 'code-server.log');
  const out = openSync(log, 'w');
  const child = spawn(
    process.execPath,
    [
      ENTRY,
      '--auth',
      'none',
      '--bind-addr',
      '127.0.0.1:0',
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-workspace-trust',
      '--disable-getting-started-override',
      '--disable-proxy',
      '--ignore-last-opened',
      '--user-data-dir',
      home.userData,
      '--extensions-dir',
      home.extensions,
    ],
    { env: environment(home), stdio: ['ignore', out, out], detached: true },
  );
  closeSync(out);
  const stop = async () => {
    const gone = new Promise(resolve => child.once('exit', resolve));
    const end = (signal: NodeJS.Signals) => {
      try {
        process.kill(-child.pid!, signal);
      } catch {
        // It is gone already.
      }
    };
    if (child.exitCode === null && child.signalCode === null) {
      end('SIGTERM');
      const kill = setTimeout(() => end('SIGKILL'), 5000);
      await gone;
      clearTimeout(kill);
    }
    for (const folder of [home.tmp, home.base]) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  for (let i = 0; i < 600; i++) {
    const url = /HTTP server listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(readFileSync(log, 'utf8'))?.[1];
    if (url) return { url, stop };
    if (child.exitCode !== null) break;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  const said = readFileSync(log, 'utf8');
  await stop();
  throw new Error(`code-server did not start:\n${said}`);
}
