import * as vscode from 'vscode';
import { contractMarkdown } from '../core/report/contractText.ts';
import type { FunctionContract } from '../core/report/documents.ts';
import { Command } from './contributions.ts';
import type { Engine } from './engine.ts';
import type { Log } from './log.ts';
import type { Parses } from './parses.ts';
import { settings } from './settings.ts';
import type { Sources } from './sources.ts';
import type { EditorTree } from './workspaceTree.ts';

/** A command link that reveals a place, for markdown that trusts {@link Command.reveal}. */
export function revealLink(tree: EditorTree, at: { file: string; line: number; column?: number }): string {
  const target = { uri: tree.uri(at.file).toString(), line: at.line, column: at.column };
  return commandLink(Command.reveal, target);
}

function commandLink(command: Command, argument: object): string {
  return `command:${command}?${encodeURIComponent(JSON.stringify([argument]))}`;
}

/** The contract of a function as markdown whose places are links. */
function hoverMarkdown(contract: FunctionContract, tree: EditorTree): vscode.MarkdownString {
  const text = contractMarkdown(contract, at => revealLink(tree, at));
  const target = { uri: tree.uri(contract.file).toString(), function: contract.name };
  const where = `[${contract.file}:${contract.line}](${revealLink(tree, contract)})`;
  const model = `[Show Executable Model](${commandLink(Command.showModel, target)})`;
  const markdown = new vscode.MarkdownString(`${text}\n\n${where} · ${model}`, true);
  markdown.isTrusted = { enabledCommands: [Command.reveal, Command.showModel] };
  return markdown;
}

/** Words of C that are never a function's name: no analysis for those. */
const KEYWORDS = new Set(
  'if else for while do return switch case default break continue goto sizeof typeof struct union enum typedef static const volatile inline extern void int long char short unsigned signed register auto float double bool defined'.split(
    ' ',
  ),
);

/** The lock contract on a function's name, at its definition and at its calls. */
export class ContractHover implements vscode.HoverProvider {
  constructor(
    readonly engine: Engine,
    readonly parses: Parses,
    readonly sources: Sources,
    readonly log: Log,
  ) {}

  /**
   * Works out one contract of a document ahead of the first hover: that reads the headers and the folders that calls are
   * followed into, which takes a second, and a hover should not.
   */
  async warm(document: vscode.TextDocument): Promise<void> {
    if (!settings.hover(document.uri)) return;
    try {
      const { tree, path } = await this.sources.place(document.uri);
      if (!(await this.sources.trees.kernelAround(tree.root))) return;
      const [first] = await this.parses.functions(document);
      if (first) await this.engine.contractOf(tree, path, first.name, document.getText());
    } catch (error) {
      this.log.info(`reading ahead for ${document.uri.path}: ${error instanceof Error ? error.message : error}`);
    }
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    if (!settings.hover(document.uri)) return undefined;
    const range = document.getWordRangeAtPosition(position, /[A-Za-z_]\w*/);
    if (!range) return undefined;
    const name = document.getText(range);
    if (KEYWORDS.has(name)) return undefined;
    try {
      // A name that is not called is a function's only when the file itself says so: no tree is searched for a variable.
      const called = /^\s*\(/.test(document.lineAt(range.end.line).text.slice(range.end.character));
      if (!called && !(await this.parses.functions(document)).some(f => f.name === name)) return undefined;
      const { tree, path } = await this.sources.place(document.uri);
      if (token.isCancellationRequested) return undefined;
      const contract = await this.engine.contractOf(tree, path, name, document.getText());
      if (!contract || token.isCancellationRequested) return undefined;
      // In C that is no kernel's, "does not sleep" on every function would be noise.
      if (!saysSomething(contract) && !(await this.sources.trees.kernelAround(tree.root))) return undefined;
      return new vscode.Hover(hoverMarkdown(contract, tree), range);
    } catch (error) {
      // Nobody asked for a message by resting the mouse somewhere: the log has it.
      this.log.info(`hover on ${name}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}

function saysSomething(c: FunctionContract): boolean {
  return c.maySleep || [c.requires, c.acquires, c.releases, c.takes].some(facts => facts.length > 0);
}
