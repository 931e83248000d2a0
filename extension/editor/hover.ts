import * as vscode from 'vscode';
import type { FunctionContract } from '../core/report/documents.ts';
import { Command } from './contributions.ts';
import type { Engine } from './engine.ts';
import type { Log } from './log.ts';
import { settings } from './settings.ts';
import type { Sources } from './sources.ts';
import type { EditorTree } from './workspaceTree.ts';

/** A command link that reveals a place, for markdown that trusts {@link Command.reveal}. */
export function revealLink(tree: EditorTree, at: { file: string; line: number; column?: number }): string {
  const target = { uri: tree.uri(at.file).toString(), line: at.line, column: at.column };
  return `command:${Command.reveal}?${encodeURIComponent(JSON.stringify([target]))}`;
}

/** The contract of a function as markdown whose places are links. */
export async function contractMarkdown(
  engine: Engine,
  contract: FunctionContract,
  tree: EditorTree,
): Promise<vscode.MarkdownString> {
  const text = await engine.contractMarkdown(contract, at => revealLink(tree, at));
  const markdown = new vscode.MarkdownString(text, true);
  markdown.isTrusted = { enabledCommands: [Command.reveal] };
  return markdown;
}

/** Words of C that are never a function's name: no analysis for those. */
const KEYWORDS = new Set(
  'if else for while do return switch case default break continue goto sizeof typeof struct union enum typedef static const volatile inline extern void int long char short unsigned signed register auto float double bool'.split(
    ' ',
  ),
);

/** The lock contract on a function's name, at its definition and at its calls. */
export class ContractHover implements vscode.HoverProvider {
  constructor(
    readonly engine: Engine,
    readonly sources: Sources,
    readonly log: Log,
  ) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    if (!settings.hover(document.uri)) return undefined;
    const range = document.getWordRangeAtPosition(position, /[A-Za-z_]\w*/);
    if (!range) return undefined;
    const name = document.getText(range);
    // A function's name is followed by `(`, or is taken as an address: then the analyser must know it by name.
    const after = document.lineAt(range.end.line).text.slice(range.end.character);
    if (KEYWORDS.has(name) || !/^\s*(\(|[,;)}\]]|$)/.test(after)) return undefined;
    try {
      const { tree, path } = await this.sources.place(document.uri);
      if (token.isCancellationRequested) return undefined;
      const contract = await this.engine.contractOf(tree, path, name, document.getText());
      if (!contract || token.isCancellationRequested) return undefined;
      return new vscode.Hover(await contractMarkdown(this.engine, contract, tree), range);
    } catch (error) {
      // Nobody asked for a message by resting the mouse somewhere: the log has it.
      this.log.info(`hover on ${name}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}
