import * as vscode from 'vscode';
import { nameOf } from './sources.ts';

const PATTERN = '**/*.{patch,diff}';
const MOST = 200;

interface Item extends vscode.QuickPickItem {
  readonly patch?: vscode.Uri;
  readonly act?: 'browse' | 'none';
}

/**
 * Asks for a patch: the one in the active editor first, then those in the folder `bundled` and in the workspace, then any
 * file.
 * Returns `'none'` to leave a comparison, undefined when the user lets it be.
 */
export async function pickPatch(compared: boolean, bundled?: vscode.Uri): Promise<vscode.Uri | 'none' | undefined> {
  const chosen = await vscode.window.showQuickPick<Item>(items(compared, bundled), {
    placeHolder: 'Patch to run the scenario with, beside the source as it is',
    matchOnDescription: true,
  });
  if (!chosen) return undefined;
  if (chosen.act === 'none') return 'none';
  if (chosen.patch) return chosen.patch;
  const picked = await vscode.window.showOpenDialog({
    title: 'Patch to compare with',
    openLabel: 'Compare',
    filters: { Patches: ['patch', 'diff', 'mbox', 'eml', 'txt'], 'All files': ['*'] },
  });
  return picked?.[0];
}

async function items(compared: boolean, bundled: vscode.Uri | undefined): Promise<Item[]> {
  const open = vscode.window.visibleTextEditors
    .map(e => e.document)
    .filter(d => d.languageId === 'diff' || /\.(patch|diff)$/.test(d.uri.path))
    .map(d => d.uri);
  const shipped = bundled ? await vscode.workspace.fs.readDirectory(bundled) : [];
  const found = await vscode.workspace.findFiles(PATTERN, undefined, MOST);
  const seen = new Set<string>();
  const own = shipped.filter(([n]) => n.endsWith('.patch')).map(([n]) => vscode.Uri.joinPath(bundled!, n));
  const patches = [...open, ...own, ...found.sort((a, b) => a.path.localeCompare(b.path))].filter(
    u => !seen.has(u.toString()) && seen.add(u.toString()),
  );
  return [
    ...patches.map(patch => ({
      label: nameOf(patch),
      description: patch.path.startsWith(`${bundled?.path}/`)
        ? 'of the bundled sample'
        : vscode.workspace.asRelativePath(vscode.Uri.joinPath(patch, '..')),
      patch,
    })),
    { label: 'Browse…', act: 'browse' },
    ...(compared ? [{ label: 'No patch', description: 'show the source as it is alone', act: 'none' as const }] : []),
  ];
}
