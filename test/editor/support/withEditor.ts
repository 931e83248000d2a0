import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CodeServer, type Home, installVsix, makeHome, startCodeServer } from './codeServer.ts';
import { Workbench } from './workbench.ts';
import { makeFolder, makeWorkspace, setTheme, type ThemeName } from './workspace.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const vsix = join(root, 'dist/lockstep.vsix');

/** Packages the extension once for all suites of a run. */
let packaged: string | undefined;

function packageOnce(): string {
  if (packaged) return packaged;
  execFileSync('npm', ['run', '--silent', 'package'], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  if (!existsSync(vsix)) throw new Error(`npm run package did not write ${vsix}`);
  packaged = vsix;
  return packaged;
}

/** Bytes of the package, for the bound on its size. */
export function packageSize(): number {
  return statSync(packageOnce()).size;
}

/** A package of that id with nothing in it. */
function emptyExtension(id: string, base: string): string {
  const [publisher, name] = id.split('.') as [string, string];
  const folder = join(base, id);
  mkdirSync(folder);
  const manifest = { publisher, name, version: '1.0.0', engines: { vscode: '^1.100.0' }, main: './main.js' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, activationEvents: ['*'] }));
  writeFileSync(join(folder, 'main.js'), 'exports.activate = () => undefined;\n');
  const file = join(folder, `${id}.vsix`);
  const vsce = join(root, 'node_modules/.bin/vsce');
  const options = ['--no-dependencies', '--allow-missing-repository', '--skip-license', '-o', file];
  execFileSync(vsce, ['package', ...options], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  return file;
}

export interface Editor {
  readonly bench: Workbench;
  /** The workspace: a kernel tree of links, in a folder of its own. */
  readonly workspace: string;
  /** The kernel tree. */
  readonly kernel: string;
  /** Changes the colour theme, and what else is given, as the workspace's settings do. */
  theme(name: ThemeName, more?: Readonly<Record<string, unknown>>): Promise<void>;
}

/**
 * A VS Code with the packaged extension for the suite that calls this, and a kernel tree as its workspace, or a folder
 * without one. A test that fails leaves a screenshot.
 */
export function withEditor(
  prepare: (workspace: string) => void = () => undefined,
  withKernel = true,
  /** Ids of other extensions to be there, which do nothing. */
  others: readonly string[] = [],
): Editor {
  let bench: Workbench | undefined;
  let server: CodeServer | undefined;
  let home: Home | undefined;
  let workspace = '';
  const kernel = process.env.KERNEL_TREE ?? '';

  before(async function () {
    this.timeout(180_000);
    if (withKernel && !kernel)
      throw new Error('KERNEL_TREE is not set: npm run kernel provides a tree, npm test finds it');
    const file = packageOnce();
    home = makeHome();
    installVsix(home, file);
    if (!readdirSync(home.extensions).some(name => name.startsWith('lockstep.lockstep-')))
      throw new Error('code-server did not install the package');
    for (const id of others) installVsix(home, emptyExtension(id, home.base));
    workspace = withKernel ? makeWorkspace(kernel) : makeFolder('notes');
    prepare(workspace);
    server = await startCodeServer(home);
    bench = await Workbench.open(server.url, workspace);
  });

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed' || !bench) return;
    await bench.shot(`failed ${this.currentTest.fullTitle()}`.replace(/[^\w]+/g, '-').slice(0, 100));
  });

  after(async () => {
    await bench?.close();
    await server?.stop();
    if (workspace) rmSync(join(workspace, '..'), { recursive: true, force: true });
  });

  return {
    get bench() {
      return bench!;
    },
    get workspace() {
      return workspace;
    },
    kernel,
    async theme(name, more) {
      const label = name.replace('Default ', '');
      const kind = label.includes('Contrast') ? 'hc-black' : label.startsWith('Dark') ? 'vs-dark' : 'vs';
      setTheme(workspace, name, more);
      await bench!.page.locator(`.monaco-workbench.${kind}`).waitFor();
      await bench!.page.waitForTimeout(700);
    },
  };
}
