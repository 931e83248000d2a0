import * as vscode from 'vscode';
import { InputError, type SourceTree } from '../core/text/source.ts';
import { Scheme } from './contributions.ts';
import { ReadOnlyFiles } from './readOnlyFiles.ts';
import type { EditorTree, Trees } from './workspaceTree.ts';

/** A tree as a patch leaves it: files that the patch touches are read-only documents of their own scheme. */
class PatchedTree implements EditorTree {
  readonly label: string;
  readonly key: string;
  readonly root: vscode.Uri;
  /** Paths that the patch changes. */
  readonly files: ReadonlySet<string>;
  constructor(
    readonly base: EditorTree,
    readonly patch: vscode.Uri,
    readonly overlay: SourceTree,
    files: readonly string[],
  ) {
    this.label = `${base.label} + ${nameOf(patch)}`;
    this.root = base.root;
    this.key = `${base.key} ${patch}`;
    this.files = new Set(files);
  }
  read(path: string) {
    return this.overlay.read(path);
  }
  list(path: string) {
    return this.overlay.list(path);
  }
  uri(path: string): vscode.Uri {
    if (!this.files.has(path)) return this.base.uri(path);
    const query = JSON.stringify({ root: this.base.root.toString(), patch: this.patch.toString() });
    return vscode.Uri.from({ scheme: Scheme.patched, path: `/${nameOf(this.patch)}/${path}`, query });
  }
  path(uri: vscode.Uri): string | undefined {
    if (uri.scheme !== Scheme.patched) return this.base.path(uri);
    return uri.path.split('/').slice(2).join('/');
  }
}

/** Last part of a URI's path. */
export function nameOf(uri: vscode.Uri): string {
  return uri.path.split('/').at(-1) ?? uri.path;
}

/** A file and the tree that it is read in. */
export interface Place {
  readonly tree: EditorTree;
  readonly path: string;
}

/** Which tree and path stand behind a URI, plain or patched; also provides the text of patched files. */
export class Sources implements vscode.Disposable {
  readonly #patched = new Map<string, Promise<PatchedTree>>();
  readonly #registration: vscode.Disposable;

  constructor(readonly trees: Trees) {
    const files = new ReadOnlyFiles(Scheme.patched, uri => this.#text(uri));
    this.#registration = vscode.Disposable.from(
      files,
      // A patch or a patched file that is saved again makes the overlay stale.
      vscode.workspace.onDidSaveTextDocument(() => {
        this.#patched.clear();
        files.changed(vscode.workspace.textDocuments.map(d => d.uri).filter(uri => uri.scheme === Scheme.patched));
      }),
    );
  }

  async place(uri: vscode.Uri): Promise<Place> {
    if (uri.scheme === Scheme.patched) {
      const { root, patch } = JSON.parse(uri.query) as { root: string; patch: string };
      const tree = await this.patched(this.trees.at(vscode.Uri.parse(root)), vscode.Uri.parse(patch));
      return { tree, path: tree.path(uri)! };
    }
    const tree = await this.trees.around(uri);
    return { tree, path: tree.path(uri) ?? nameOf(uri) };
  }

  patched(base: EditorTree, patch: vscode.Uri): Promise<EditorTree> {
    const key = `${base.root} ${patch}`;
    let made = this.#patched.get(key);
    if (!made) {
      made = this.#patch(base, patch);
      this.#patched.set(key, made);
      made.catch(() => this.#patched.delete(key));
    }
    return made;
  }

  async #patch(base: EditorTree, patch: vscode.Uri): Promise<PatchedTree> {
    const bytes = await vscode.workspace.fs.readFile(patch);
    const { patchedTree } = await import('../core/patch/overlay.ts');
    const { tree, files } = await patchedTree(base, new TextDecoder().decode(bytes), nameOf(patch));
    return new PatchedTree(base, patch, tree, files);
  }

  async #text(uri: vscode.Uri): Promise<string> {
    const { tree, path } = await this.place(uri);
    const bytes = await tree.read(path);
    if (!bytes) throw new InputError(`not in ${tree.label} any more`, { file: path });
    return new TextDecoder().decode(bytes);
  }

  dispose(): void {
    this.#registration.dispose();
  }
}
