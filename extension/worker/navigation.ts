import type { CallsOf, SymbolAt } from '../core/index/symbols.ts';
import type { IndexSymbol } from '../core/index/tree/symbols.ts';
import type { TreeIndex } from '../core/index/tree/treeIndex.ts';
import { calleesIn, callersIn, symbolOf } from '../core/locks/callSites.ts';
import type { ContractAnalyser } from '../core/locks/contracts.ts';
import { localDeclaration } from '../core/locks/localNames.ts';
import type { SourceTree } from '../core/text/source.ts';
import type { NameAt } from '../editor/engine.ts';

/** Answers of one question: a name that half the kernel defines helps nobody. */
const MOST = 60;
/** Files that are read to tell the columns of calls. */
const MOST_READ = 60;

/** An entry of the index as the editor has it. Prototypes and exports define nothing. */
export function symbolsOf(s: IndexSymbol): SymbolAt {
  const kind =
    s.kind === 'prototype' ? 'function' : s.kind === 'declaration' || s.kind === 'export' ? 'variable' : s.kind;
  const container = s.container ?? s.conditions.join(' && ');
  return {
    name: s.name,
    kind,
    file: s.file,
    line: s.line,
    column: 1,
    endLine: s.endLine,
    ...(container ? { container } : {}),
  };
}

/**
 * Where a name is defined: a local or parameter of the function it stands in, else a function or macro that the file
 * can mean by it, else, with an index, whatever is called so, the nearest first. Several answers are #if variants, or
 * namesakes that only types could tell apart.
 */
export async function definitionsOf(
  tree: SourceTree,
  analyser: ContractAnalyser,
  { file, name, offset, text }: NameAt,
  index?: TreeIndex,
): Promise<readonly SymbolAt[]> {
  const analysis = await analyser.analysis(file, text);
  const before = analysis.root.text.slice(0, offset).trimEnd();
  if (before.endsWith('.') || before.endsWith('->')) return placed(tree, indexed(index, file, name, true));
  const around = analysis.functions().find(d => d.start <= offset && offset < d.end);
  const local = around && localDeclaration(around, name, offset);
  if (local) return [{ ...local, name, kind: 'variable' }];
  if (/\b(?:struct|union|enum)$/.test(before)) {
    const tags = indexed(index, file, name, false).filter(s => /^(?:struct|union|enum)$/.test(s.kind));
    if (tags.length) return placed(tree, tags);
  }
  const found = (await analysis.definitions(name)).map(symbolOf);
  return found.length ? found : placed(tree, indexed(index, file, name, false));
}

/** Definitions in the index: of one file's own alone if there are any, else headers before others, the nearest first. */
function indexed(index: TreeIndex | undefined, file: string, name: string, fields: boolean): readonly SymbolAt[] {
  const found = (index?.symbols(name) ?? []).filter(
    s =>
      (s.kind === 'field') === fields &&
      !/^(?:prototype|declaration|export)$/.test(s.kind) &&
      !(s.static && s.file !== file && s.file.endsWith('.c')),
  );
  const own = found.filter(s => s.file === file);
  const rank = (path: string) => {
    let same = 0;
    while (same < path.length && path[same] === file[same]) same++;
    return (path.startsWith('include/') ? 1000 : path.endsWith('.h') ? 500 : 0) + same;
  };
  const near = own.length ? own : found.sort((a, b) => rank(b.file) - rank(a.file));
  return near.slice(0, MOST).map(symbolsOf);
}

/** The same with columns, which the index does not keep. */
async function placed(tree: SourceTree, symbols: readonly SymbolAt[]): Promise<SymbolAt[]> {
  const columnOf = await columns(
    tree,
    symbols.map(s => s.file),
  );
  return symbols.map(s => ({ ...s, column: columnOf(s.file, s.line, s.name) }));
}

/** Reads files, and tells the column of a word in a line of one of them; 1 where it does not stand there any more. */
async function columns(
  tree: SourceTree,
  files: Iterable<string>,
): Promise<(file: string, line: number, word: string) => number> {
  const texts = new Map<string, readonly string[]>();
  for (const file of files) {
    if (texts.has(file) || texts.size >= MOST_READ) continue;
    const bytes = await tree.read(file);
    if (bytes) texts.set(file, new TextDecoder().decode(bytes).split('\n'));
  }
  return (file, line, word) => 1 + Math.max(0, texts.get(file)?.[line - 1]?.search(new RegExp(`\\b${word}\\b`)) ?? 0);
}

/** Calls of a function: of the file's text, and of all that is indexed, as far as its linkage lets them mean it. */
export async function callersOf(
  tree: SourceTree,
  analyser: ContractAnalyser,
  { file, name, text }: { readonly file: string; readonly name: string; readonly text?: string | undefined },
  index?: TreeIndex,
): Promise<readonly CallsOf[]> {
  const { root } = await analyser.analysis(file, text);
  const own = callersIn(root, name);
  const defined = root.definitions.get(name) ?? [];
  const isOwn = file.endsWith('.c') && defined.length > 0 && defined.every(d => d.static || d.kind === 'macro');
  if (!index || isOwn) return own;
  const namesakes = new Set(index.symbols(name).flatMap(s => (s.static && s.file.endsWith('.c') ? [s.file] : [])));
  const groups = new Map<string, { file: string; function: string; macro: boolean; lines: number[] }>();
  for (const call of index.callersOf(name)) {
    if (call.file === file || namesakes.has(call.file)) continue;
    const key = `${call.file} ${call.function}`;
    const group = groups.get(key);
    if (group) group.lines.push(call.line);
    else groups.set(key, { file: call.file, function: call.function, macro: call.macro, lines: [call.line] });
  }
  const columnOf = await columns(
    tree,
    [...groups.values()].map(g => g.file),
  );
  const others = [...groups.values()].map(group => {
    const symbol = index.symbols(group.function).find(s => s.file === group.file && s.endLine >= group.lines[0]!);
    const line = symbol?.line ?? group.lines[0]!;
    return {
      symbol: {
        ...(symbol ? symbolsOf(symbol) : { name: group.function, file: group.file, line }),
        kind: group.macro ? ('macro' as const) : ('function' as const),
        column: columnOf(group.file, line, group.function),
      },
      at: group.lines.map(at => ({ file: group.file, line: at, column: columnOf(group.file, at, name) })),
    };
  });
  return [...own, ...others];
}

/** What a function of a file calls by name and where that is defined; names defined nowhere at hand are left out. */
export async function calleesOf(
  analyser: ContractAnalyser,
  file: string,
  name: string,
  text?: string,
): Promise<readonly CallsOf[]> {
  const analysis = await analyser.analysis(file, text);
  const out: CallsOf[] = [];
  for (const definition of analysis.functions()) {
    if (definition.name !== name) continue;
    for (const [callee, at] of calleesIn(definition)) {
      const [found] = await analysis.definitions(callee);
      if (found) out.push({ symbol: symbolOf(found), at });
    }
  }
  return out;
}
