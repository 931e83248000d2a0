import * as vscode from 'vscode';
import { Setting } from './contributions.ts';
import { settings } from './settings.ts';

/** Extensions that know where C names are defined, and the setting with which their users switch that off. */
const SERVERS: readonly {
  readonly id: string;
  readonly off?: { readonly setting: string; readonly value: unknown };
}[] = [
  { id: 'ms-vscode.cpptools', off: { setting: 'C_Cpp.intelliSenseEngine', value: 'disabled' } },
  { id: 'llvm-vs-code-extensions.vscode-clangd', off: { setting: 'clangd.enable', value: false } },
  { id: 'ccls-project.ccls' },
];

/** The C language server that is enabled here, by its extension's id. */
export function languageServer(): string | undefined {
  const configuration = vscode.workspace.getConfiguration();
  return SERVERS.find(({ id, off }) => {
    // Extensions that are installed and disabled are not among these.
    if (!vscode.extensions.getExtension(id)) return false;
    const value = off && configuration.get<unknown>(off.setting);
    return !off || (typeof value === 'string' ? value.toLowerCase() : value) !== off.value;
  })?.id;
}

/**
 * Keeps what `offer` registers registered for as long as `lockstep.navigation` says so: by default while no C language
 * server is there, whose answers know types and builds. `tell` hears of every change.
 */
export function whereNoLanguageServer(
  offer: () => vscode.Disposable,
  tell: (message: string) => void,
): vscode.Disposable {
  let offered: vscode.Disposable | undefined;
  let was: boolean | undefined;
  const decide = () => {
    const setting = settings.navigation();
    const server = languageServer();
    const wanted = setting === 'on' || (setting === 'auto' && !server);
    if (wanted === was) return;
    was = wanted;
    offered?.dispose();
    offered = wanted ? offer() : undefined;
    tell(
      wanted
        ? 'symbols, definitions and call hierarchy are offered'
        : `symbols, definitions and call hierarchy are left to ${setting === 'off' ? 'others' : server}`,
    );
  };
  decide();
  return vscode.Disposable.from(
    vscode.extensions.onDidChange(decide),
    vscode.workspace.onDidChangeConfiguration(e => {
      if (
        [Setting.navigation, ...SERVERS.flatMap(s => s.off?.setting ?? [])].some(name => e.affectsConfiguration(name))
      )
        decide();
    }),
    { dispose: () => offered?.dispose() },
  );
}
