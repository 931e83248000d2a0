// Provides what the suite in test/editor needs: a real VS Code (code-server, from the npm registry) in a cache outside
// the checkout, and Chromium. Run: node scripts/vscode.mjs. The last line printed is the folder.
//
// code-server's own installer downloads from elsewhere; here its npm package is installed without scripts, and its native
// modules are built with the node-gyp that comes with npm, against the headers of the running Node.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** VS Code 1.100.3 on Node 20: the oldest that package.json's engines.vscode allows. */
const VERSION = '4.100.3';
const PACKAGES = ['ripgrep', 'libkrb5-dev', 'chromium', 'git', 'build-essential', 'python3', 'pkg-config'];
/** Native modules that the server loads; which of them there are depends on the version. */
const NATIVE = [
  '@vscode/spdlog',
  'node-pty',
  'native-watchdog',
  '@vscode/native-watchdog',
  'kerberos',
  '@vscode/deviceid',
  '@vscode/fs-copyfile',
  '@vscode/sqlite3',
];

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lockstep');
const target = process.env.E2E_DIR || join(cache, 'vscode');
const chromium = process.env.CHROMIUM || '/usr/bin/chromium';

function fail(message) {
  console.error(`VS Code for tests: ${message}`);
  process.exit(2);
}

function run(command, args, options = {}) {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
}

const has = command => spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;

function debianPackages() {
  const lacking = [
    ...['rg', 'git', 'c++', 'make', 'python3', 'pkg-config', 'krb5-config'].filter(c => !has(c)),
    ...(existsSync(chromium) ? [] : ['chromium']),
  ];
  if (lacking.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    fail(`${lacking.join(', ')} not found; install them (Debian: apt-get install ${PACKAGES.join(' ')})`);
  run('apt-get', ['update', '-qq']);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...PACKAGES], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function install(dir) {
  const npmEnv = {
    ...process.env,
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
  };
  const npm = (cwd, ...args) => run('npm', [...args, '--loglevel=error'], { cwd, env: npmEnv });
  const nodeDir = dirname(dirname(process.execPath));
  if (!existsSync(join(nodeDir, 'include/node/node_api.h')))
    fail(`no Node headers in ${nodeDir}/include/node; use a Node that comes with them (Debian: libnode-dev)`);
  const gyp = join(
    execFileSync('npm', ['root', '-g'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(),
    'npm/node_modules/node-gyp/bin/node-gyp.js',
  );
  if (!existsSync(gyp)) fail(`npm's own node-gyp was not found at ${gyp}`);

  const home = join(dir, 'cs');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{"private":true}\n');
  console.log(`code-server ${VERSION}: packages`);
  npm(home, 'install', '--ignore-scripts', '--save-exact', `code-server@${VERSION}`);
  const server = join(home, 'node_modules/code-server');
  const vscode = join(server, 'lib/vscode');
  npm(vscode, 'install', '--ignore-scripts', '--omit=dev');
  const extensions = join(vscode, 'extensions');
  npm(extensions, 'install', '--ignore-scripts', '--omit=dev');
  run(process.execPath, ['./postinstall.mjs'], { cwd: extensions, stdio: ['ignore', 'ignore', 'inherit'] });

  console.log(`code-server ${VERSION}: native modules`);
  for (const name of NATIVE) nativeModule(join(vscode, 'node_modules', name), gyp, nodeDir);
  // argon2 is laid out by a tool of its own, so it is built through its own script.
  if (!existsSync(join(home, 'node_modules/argon2/prebuilds')))
    run('npm', ['rebuild', '--foreground-scripts', '--build-from-source', 'argon2'], {
      cwd: home,
      env: { ...npmEnv, npm_config_nodedir: nodeDir },
      stdio: ['ignore', 'ignore', 'inherit'],
    });

  const rg = execFileSync('sh', ['-c', 'command -v rg'], { encoding: 'utf8' }).trim();
  const link = (to, at) => {
    rmSync(at, { force: true });
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(to, at);
  };
  link(rg, join(vscode, 'node_modules/@vscode/ripgrep/bin/rg'));
  link('node_modules', join(vscode, 'node_modules.asar'));
  link('code-linux.sh', join(vscode, 'bin/remote-cli/code-server'));
  link('browser-linux.sh', join(vscode, 'bin/helpers/browser.sh'));
}

function nativeModule(dir, gyp, nodeDir) {
  if (!existsSync(join(dir, 'binding.gyp')) || existsSync(join(dir, 'prebuilds/linux-x64'))) return;
  const log = join(dir, 'gyp.log');
  const command = [gyp, 'rebuild', `--nodedir=${nodeDir}`, '-j', 'max'];
  const built = spawnSync(process.execPath, command, { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 28 });
  writeFileSync(log, `${built.stdout}${built.stderr}`);
  if (built.status !== 0)
    fail(`${basename(dir)} did not build:\n${readFileSync(log, 'utf8').split('\n').slice(-20).join('\n')}`);
}

function starts(dir) {
  const entry = join(dir, 'cs/node_modules/code-server/out/node/entry.js');
  if (!existsSync(entry)) return false;
  const env = { ...process.env, HOME: dir, CODE_SERVER_CONFIG: join(dir, 'code-server.yaml') };
  return spawnSync(process.execPath, [entry, '--version'], { env, stdio: 'ignore' }).status === 0;
}

debianPackages();
if (!starts(target)) {
  // Made aside and renamed: a folder that is there is whole.
  const aside = `${target}.making`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  install(aside);
  if (!starts(aside)) fail(`code-server was installed in ${aside}, but does not start`);
  mkdirSync(target, { recursive: true });
  rmSync(join(target, 'cs'), { recursive: true, force: true });
  renameSync(join(aside, 'cs'), join(target, 'cs'));
  rmSync(aside, { recursive: true, force: true });
}
console.log(target);
