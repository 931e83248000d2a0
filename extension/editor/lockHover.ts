import * as vscode from 'vscode';
import { callersMarkdown, fieldMarkdown, type Link, lockMarkdown } from '../core/report/lockText.ts';
import { Command } from './contributions.ts';
import type { Engine } from './engine.ts';
import { revealLink } from './hover.ts';
import type { Log } from './log.ts';
import type { Parses } from './parses.ts';
import { nameAt } from './places.ts';
import { settings } from './settings.ts';
import type { Sources } from './sources.ts';

/**
 * On a lock: its class, what it protects by evidence, its order. On a field or global: the locks usually held at its
 * accesses. On a function: who calls it holding what. A provider beside the contract's, because it reads whole files: VS
 * Code shows what comes first at once.
 */
export class LockHoverProvider implements vscode.HoverProvider {
  constructor(
    readonly engine: Engine,
    readonly parses: Parses,
    readonly sources: Sources,
    readonly log: Log,
  ) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    if (!settings.lockHover(document.uri)) return undefined;
    const at = nameAt(document, position);
    if (!at) return undefined;
    try {
      const { tree, path } = await this.sources.place(document.uri);
      if (!(await this.sources.trees.kernelAround(tree.root)) || token.isCancellationRequested) return undefined;
      const text = document.getText();
      const link: Link = place => revealLink(tree, place);
      const own = (await this.parses.functions(document)).find(f => f.name === at.name);
      const called = /^\s*\(/.test(document.lineAt(at.range.end.line).text.slice(at.range.end.character));
      let markdown: string | undefined;
      if (own || called) {
        const callers = await this.engine.callersHolding(tree, path, at.name, text);
        markdown = callers && callersMarkdown(callers, link);
      } else {
        const offset = document.offsetAt(at.range.start);
        const hover = await this.engine.lockAt(tree, { file: path, name: at.name, offset, text });
        markdown = hover && (hover.kind === 'lock' ? lockMarkdown(hover, link) : fieldMarkdown(hover, link));
      }
      if (!markdown || token.isCancellationRequested) return undefined;
      return new vscode.Hover(trusted(markdown), at.range);
    } catch (error) {
      // Nobody asked for a message by resting the mouse somewhere: the log has it.
      this.log.info(`locks at ${at.name}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}

function trusted(text: string): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(text, true);
  markdown.isTrusted = { enabledCommands: [Command.reveal] };
  return markdown;
}
