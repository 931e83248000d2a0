import * as vscode from 'vscode';
import type { KeyedTree } from './engine.ts';
import { settings } from './settings.ts';

/** A source tree in the editor: the core's paths and the editor's URIs side by side. */
export interface EditorTree extends KeyedTree {
  readonly root: vscode.Uri;
  /** URI of a path of the tree. */
  uri(path: string): vscode.Uri;
  /** Path of a URI in the tree, or undefined when it lies outside. */
  path(uri: vscode.Uri): string | undefined;
}

/** `vscode.workspace.fs` as a source tree; what is open in an editor and not yet saved wins over the disk. */
export class WorkspaceTree implements EditorTree {
  readonly label: string;
  readonly key: string;
  constructor(
    readonly root: vscode.Uri,
    label?: string,
  ) {
    this.key = root.toString();
    this.label = label ?? root.path.split('/').filter(Boolean).at(-1) ?? root.path;
  }

  uri(path: string): vscode.Uri {
    return vscode.Uri.joinPath(this.root, path);
  }

  path(uri: vscode.Uri): string | undefined {
    const root = this.root.path.endsWith('/') ? this.root.path : `${this.root.path}/`;
    if (uri.scheme !== this.root.scheme || uri.authority !== this.root.authority || !uri.path.startsWith(root)) return;
    return uri.path.slice(root.length);
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const uri = this.uri(path);
    const key = uri.toString();
    const open = vscode.workspace.textDocuments.find(d => d.isDirty && d.uri.toString() === key);
    if (open) return new TextEncoder().encode(open.getText());
    try {
      return await vscode.workspace.fs.readFile(uri);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async list(path: string): Promise<readonly string[] | undefined> {
    try {
      const entries = await vscode.workspace.fs.readDirectory(this.uri(path));
      return entries.map(([name, type]) => (type & vscode.FileType.Directory ? `${name}/` : name));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}

/** A folder where a file was expected counts as no file: `#include` looks names up, whatever they turn out to be. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof vscode.FileSystemError &&
    ['FileNotFound', 'FileNotADirectory', 'FileIsADirectory', 'Unavailable'].includes(error.code)
  );
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

/** What tells a kernel tree from any other folder; the bundled sample has the three as well. */
async function isKernelTree(folder: vscode.Uri): Promise<boolean> {
  for (const name of ['Kbuild', 'Makefile', 'include/linux'])
    if (!(await exists(vscode.Uri.joinPath(folder, name)))) return false;
  return true;
}

/**
 * Finds the tree that a file belongs to. One {@link WorkspaceTree} per root, kept until the workspace folders change.
 */
export class Trees implements vscode.Disposable {
  readonly #byRoot = new Map<string, WorkspaceTree>();
  readonly #rootOfFolder = new Map<string, Promise<vscode.Uri | undefined>>();
  readonly #subscription: vscode.Disposable;

  /** `sample`: the bundled tree, which stands in when there is no other. */
  constructor(readonly sample: vscode.Uri) {
    this.#subscription = vscode.workspace.onDidChangeWorkspaceFolders(() => this.#rootOfFolder.clear());
  }

  at(root: vscode.Uri): WorkspaceTree {
    const key = root.toString();
    let tree = this.#byRoot.get(key);
    if (!tree)
      this.#byRoot.set(key, (tree = new WorkspaceTree(root, key === this.sample.toString() ? 'sample' : undefined)));
    return tree;
  }

  /** The kernel tree around a file, else the workspace folder it is in, else its own folder. */
  async around(uri: vscode.Uri): Promise<WorkspaceTree> {
    const folder = vscode.Uri.joinPath(uri, '..');
    const kernel = await this.kernelAround(folder);
    return this.at(kernel ?? vscode.workspace.getWorkspaceFolder(uri)?.uri ?? folder);
  }

  /** Trees to look for a scenario's sources in, best first; the bundled sample comes last. */
  async candidates(near?: vscode.Uri): Promise<WorkspaceTree[]> {
    const roots: vscode.Uri[] = [];
    if (near && near.scheme !== 'untitled') roots.push((await this.around(near)).root);
    const named = settings.kernelTree();
    if (named) roots.push(named);
    for (const folder of vscode.workspace.workspaceFolders ?? [])
      roots.push((await this.kernelAround(folder.uri)) ?? folder.uri);
    roots.push(this.sample);
    const seen = new Set<string>();
    return roots.filter(r => !seen.has(r.toString()) && seen.add(r.toString())).map(r => this.at(r));
  }

  /** The root of the kernel tree that a folder is in, if it is in one. */
  kernelAround(folder: vscode.Uri): Promise<vscode.Uri | undefined> {
    const key = folder.toString();
    let found = this.#rootOfFolder.get(key);
    if (!found) {
      found = (async () => {
        if (await isKernelTree(folder)) return folder;
        const parent = vscode.Uri.joinPath(folder, '..');
        return parent.path === folder.path ? undefined : this.kernelAround(parent);
      })();
      this.#rootOfFolder.set(key, found);
      // A tree may still be being unpacked: only a found one is remembered.
      void found.then(root => root ?? this.#rootOfFolder.delete(key));
    }
    return found;
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
