import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A workspace that is a kernel tree in all that Lockstep reads: links to the tree's own folders and files. It is not the
 * tree itself because a file watcher over 80,000 files takes VS Code longer to set up than all tests; links are not
 * watched. `tools`, `drivers` and the like are left out: nothing here reads them.
 */
export function makeWorkspace(tree: string): string {
  const root = makeFolder('linux-6.1');
  const wanted = new Set(['arch', 'include', 'kernel', 'lib', 'mm', 'Kbuild', 'Makefile', '.clang-format']);
  for (const name of readdirSync(tree)) if (wanted.has(name)) symlinkSync(join(tree, name), join(root, name));
  return root;
}

/** An empty folder of that name, alone in another one. */
export function makeFolder(name: string): string {
  const root = join(mkdtempSync(join(tmpdir(), 'lockstep-ws-')), name);
  mkdirSync(root);
  return root;
}

/** Adds a file of the test's own to a workspace. */
export function addFile(workspace: string, name: string, content: string | Uint8Array): void {
  const path = join(workspace, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
}

export type ThemeName = 'Default Dark Modern' | 'Default Light Modern' | 'Default High Contrast';

/** Gives the workspace these settings and no others; a window that shows it takes them over at once. */
export function setSettings(workspace: string, settings: Readonly<Record<string, unknown>>): void {
  addFile(workspace, '.vscode/settings.json', JSON.stringify(settings));
}

export function setTheme(workspace: string, theme: ThemeName, more: Readonly<Record<string, unknown>> = {}): void {
  setSettings(workspace, { 'workbench.colorTheme': theme, ...more });
}
