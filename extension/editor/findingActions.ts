import * as vscode from 'vscode';
import type { Finding } from '../core/report/documents.ts';
import { KINDS } from '../core/report/findingKinds.ts';
import { withRule } from '../core/report/suppressionEdit.ts';
import { SUPPRESSION_FILE } from '../core/report/suppressionFile.ts';
import { Command, Scheme } from './contributions.ts';
import type { FindingDiagnostics, ShownFinding } from './diagnostics.ts';
import type { Parses } from './parses.ts';
import type { Sources } from './sources.ts';

/** Where a finding is to be suppressed. */
type Where = 'line' | 'function' | 'tree';

const TITLES: Readonly<Record<Where, (shown: ShownFinding) => string>> = {
  line: ({ finding }) => `Suppress "${finding.kind}" here, with a reason…`,
  function: ({ finding }) => `Suppress "${finding.kind}" in ${finding.function}(), with a reason…`,
  tree: ({ finding }) => `Suppress "${finding.kind}" of ${finding.function}() in ${SUPPRESSION_FILE}, with a reason…`,
};

/** Quick fixes of a finding: its suppression at the line, for the function, or in the tree's `.lockstep.json`. */
export class FindingActions implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix];

  constructor(readonly diagnostics: FindingDiagnostics) {}

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { only }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    if (only && !only.intersects(vscode.CodeActionKind.QuickFix)) return [];
    return this.diagnostics.at(document, range).flatMap(shown => {
      const { line } = shown.diagnostic.range.start;
      // Within a macro a line of its own would end it; what a patch shows is not to be edited.
      const isFree = document.uri.scheme !== Scheme.patched;
      const inMacro = line > 0 && document.lineAt(line - 1).text.endsWith('\\');
      const places: Where[] = isFree ? [...(inMacro ? [] : ['line' as const]), 'function', 'tree'] : ['tree'];
      return places.map(where => {
        const action = new vscode.CodeAction(TITLES[where](shown), vscode.CodeActionKind.QuickFix);
        action.diagnostics = [shown.diagnostic];
        action.command = {
          command: Command.suppressFinding,
          title: action.title,
          arguments: [{ uri: document.uri, shown, where } satisfies Suppression],
        };
        return action;
      });
    });
  }
}

/** Argument of {@link Command.suppressFinding}. */
export interface Suppression {
  readonly uri: vscode.Uri;
  readonly shown: ShownFinding;
  readonly where: Where;
}

/** What suppressing needs. */
export interface SuppressionParts {
  readonly sources: Sources;
  readonly parses: Parses;
  readonly diagnostics: FindingDiagnostics;
}

/** Asks for the reason, and writes the suppression: the file at hand stays unsaved, `.lockstep.json` is saved. */
export async function suppressFinding(parts: SuppressionParts, { uri, shown, where }: Suppression): Promise<void> {
  const { finding } = shown;
  const given = await vscode.window.showInputBox({
    title: `Lockstep: suppress "${finding.kind}"`,
    prompt: `${KINDS[finding.kind].title}. Why is it right here?`,
    placeHolder: 'the caller unlocks, see frob_end()',
    ignoreFocusOut: true,
    validateInput: wrongReason,
  });
  const reason = given?.trim().replace(/\s+/g, ' ');
  if (!reason) return;
  if (where === 'tree') await suppressInTree(parts, uri, finding, reason);
  else await suppressInSource(parts, uri, finding, where, reason);
}

function wrongReason(text: string): string | undefined {
  if (text.trim() === '') return 'A suppression needs a reason.';
  return text.includes('*/') ? 'The reason stands in a comment: it cannot have */ in it.' : undefined;
}

async function suppressInTree(
  { sources, diagnostics }: SuppressionParts,
  uri: vscode.Uri,
  { kind, file, function: name, lock }: Finding,
  reason: string,
): Promise<void> {
  const { tree } = await sources.place(uri);
  const target = tree.uri(SUPPRESSION_FILE);
  const bytes = await tree.read(SUPPRESSION_FILE);
  const rule = { kind, file, function: name, ...(lock ? { lock } : {}), reason };
  const text = withRule(bytes && new TextDecoder().decode(bytes), rule);
  const edit = new vscode.WorkspaceEdit();
  if (!bytes) edit.createFile(target, { contents: new TextEncoder().encode(text) });
  else {
    const document = await vscode.workspace.openTextDocument(target);
    edit.replace(target, document.validateRange(new vscode.Range(0, 0, document.lineCount, 0)), text);
  }
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error(`${SUPPRESSION_FILE} could not be changed`);
  if (bytes) await (await vscode.workspace.openTextDocument(target)).save();
  diagnostics.refresh();
}

async function suppressInSource(
  { parses }: SuppressionParts,
  uri: vscode.Uri,
  finding: Finding,
  where: 'line' | 'function',
  reason: string,
): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  // Where it stands now: lines may have been written above while the reason was thought of.
  const at = lineNow(document, finding);
  const start = document.offsetAt(new vscode.Position(at, 0));
  const around = (await parses.functions(document)).find(f => f.name === finding.function && f.end > start);
  const line = where === 'function' && around ? document.positionAt(around.start).line : at;
  const indent = where === 'line' ? /^\s*/.exec(document.lineAt(at).text)![0] : '';
  const directive = where === 'line' ? 'ignore' : 'ignore-function';
  const eol = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  const comment = `${indent}/* lockstep: ${directive} ${finding.kind}: ${reason} */${eol}`;
  const edit = new vscode.WorkspaceEdit();
  edit.insert(uri, new vscode.Position(line, 0), comment);
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error(`${finding.file} could not be changed`);
}

/** The 0-based line that has a finding's text, the nearest to where it was; that itself when none has. */
function lineNow(document: vscode.TextDocument, finding: Finding): number {
  const has = (line: number) => document.lineAt(line).text.trim().replace(/\s+/g, ' ') === finding.text;
  const was = Math.min(finding.line, document.lineCount) - 1;
  for (let far = 0; far < document.lineCount; far++)
    for (const line of [was - far, was + far]) if (line >= 0 && line < document.lineCount && has(line)) return line;
  return was;
}
