import { Edit, Language, type Node, Parser, Query, type Tree } from 'web-tree-sitter';
import { LineTable } from '../text/lines.ts';
import { continuesName } from './characters.ts';
import { type IdiomTables, idiomTables } from './idioms.ts';
import { type Normalised, normalise } from './normalise.ts';

/** A parsed text. Offsets count UTF-16 units and are those of `original`; read names and text from there. */
export interface SourceFile {
  readonly original: string;
  readonly normalised: Normalised;
  readonly lines: LineTable;
  /** The root of the tree over the normalised text. Dies with this object. */
  readonly root: Node;
  /** Function definitions in the order of the text, those in `#if` branches included. */
  functions(): readonly FunctionNode[];
  /** The original text of a node. (`node.text` is the normalised one.) */
  textOf(node: Node): string;
  /** The parse of a changed text, reusing this tree. This object is disposed of. */
  edit(newText: string): SourceFile;
  dispose(): void;
}

export interface FunctionNode {
  readonly name: string;
  /** 1-based, of the name. */
  readonly line: number;
  /** 1-based, UTF-16 units. */
  readonly column: number;
  readonly start: number;
  readonly end: number;
  readonly nameStart: number;
  /** The offset of the body's `{`. */
  readonly bodyStart: number;
  /** The parse recovered from an error somewhere within: what the tree says of this function is a guess. */
  readonly hasError: boolean;
  readonly static: boolean;
  readonly node: Node;
}

/** The bytes of web-tree-sitter.wasm and tree-sitter-c.wasm. */
export interface ParserAssets {
  readonly runtime: Uint8Array;
  readonly grammar: Uint8Array;
}

/** web-tree-sitter keeps one WebAssembly instance per program; a second one would corrupt the first. */
let runtime: Promise<void> | undefined;

const none: readonly string[] = [];

const functionQuery = '(function_definition) @function';

/**
 * Kernel C through tree-sitter, and the only owner of its trees.
 *
 * A tree lives outside the garbage collector (about 17 MiB for each MiB of source) until its SourceFile is disposed of or
 * edited; `dispose` frees those that are left.
 */
export class CParser {
  readonly #parser: Parser;
  readonly #functions: Query;
  readonly #live = new Set<ParsedFile>();
  #tables: { readonly loops: readonly string[]; readonly tables: IdiomTables };

  private constructor(language: Language) {
    this.#parser = new Parser();
    this.#parser.setLanguage(language);
    this.#functions = new Query(language, functionQuery);
    this.#tables = { loops: none, tables: idiomTables(none) };
  }

  static async create(assets: ParserAssets): Promise<CParser> {
    runtime ??= Parser.init({
      // A copy of exactly these bytes: the runtime reads the whole buffer behind a view.
      wasmBinary: assets.runtime.slice().buffer,
      locateFile: (name: string) => name,
    }).catch((error: unknown) => {
      runtime = undefined;
      throw error;
    });
    await runtime;
    return new CParser(await Language.load(assets.grammar));
  }

  /** @param options.loops names of macros that head a loop: ForEachMacros of the tree's .clang-format */
  parse(text: string, options?: { readonly loops?: readonly string[] }): SourceFile {
    const loops = options?.loops ?? none;
    if (loops !== this.#tables.loops) this.#tables = { loops, tables: idiomTables(loops) };
    return this.#file(text, this.#tables.tables, undefined);
  }

  dispose(): void {
    for (const file of this.#live) file.dispose();
    this.#functions.delete();
    this.#parser.delete();
  }

  /** How many trees are alive. */
  get live(): number {
    return this.#live.size;
  }

  #file(text: string, tables: IdiomTables, old: ParsedFile | undefined): ParsedFile {
    const normalised = normalise(text, tables);
    const lines = new LineTable(text);
    if (old) old.tree.edit(difference(old, normalised.text, lines));
    const tree = this.#parser.parse(normalised.text, old?.tree);
    old?.dispose();
    if (!tree) throw new Error('tree-sitter gave no tree: its parser has no language');
    const file: ParsedFile = new ParsedFile(text, normalised, lines, tree, {
      functions: this.#functions,
      reparse: newText => this.#file(newText, tables, file),
      gone: () => this.#live.delete(file),
    });
    this.#live.add(file);
    return file;
  }
}

interface Owner {
  readonly functions: Query;
  readonly reparse: (text: string) => SourceFile;
  readonly gone: () => void;
}

class ParsedFile implements SourceFile {
  #functions: readonly FunctionNode[] | undefined;
  #disposed = false;

  constructor(
    readonly original: string,
    readonly normalised: Normalised,
    readonly lines: LineTable,
    readonly tree: Tree,
    private readonly owner: Owner,
  ) {}

  get root(): Node {
    this.#check();
    return this.tree.rootNode;
  }

  functions(): readonly FunctionNode[] {
    this.#check();
    this.#functions ??= this.owner.functions
      .captures(this.tree.rootNode)
      .map(capture => this.#function(capture.node))
      .filter(found => found !== undefined);
    return this.#functions;
  }

  textOf(node: Node): string {
    return this.original.slice(node.startIndex, node.endIndex);
  }

  edit(newText: string): SourceFile {
    this.#check();
    return this.owner.reparse(newText);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.owner.gone();
    this.tree.delete();
  }

  #check(): void {
    if (this.#disposed)
      throw new Error('this parse was disposed of, or edited: use the SourceFile that edit() returned');
  }

  #function(node: Node): FunctionNode | undefined {
    const name = declaredName(node);
    const body = node.childForFieldName('body');
    if (!name || !body) return undefined;
    const [from, to] = wordAround(this.original, name.startIndex, name.endIndex);
    const { line, column } = this.lines.position(from);
    return {
      name: this.original.slice(from, to),
      line,
      column,
      start: node.startIndex,
      end: node.endIndex,
      nameStart: from,
      bodyStart: body.startIndex,
      hasError: node.hasError,
      static: node.children.some(child => child.type === 'storage_class_specifier' && this.textOf(child) === 'static'),
      node,
    };
  }
}

/** The whole word: of a head without a name of its own (`FIXTURE(x, y) {`) the normaliser splits the macro's. */
function wordAround(text: string, start: number, end: number): [number, number] {
  let from = start;
  let to = end;
  while (from > 0 && continuesName(text.charCodeAt(from - 1))) from--;
  while (to < text.length && continuesName(text.charCodeAt(to))) to++;
  return [from, to];
}

/** The identifier at the heart of a definition's declarator: through pointers, parentheses and parameter lists. */
function declaredName(definition: Node): Node | undefined {
  let at = definition.childForFieldName('declarator');
  while (at && at.type !== 'identifier') {
    const declarator = at;
    at =
      declarator.childForFieldName('declarator') ??
      declarator.namedChildren.find(child => /declarator$|^identifier$/.test(child.type)) ??
      null;
  }
  return at ?? undefined;
}

/** The one changed stretch between two normalised texts, found from both ends. */
function difference(old: ParsedFile, text: string, lines: LineTable): Edit {
  const before = old.normalised.text;
  const shorter = Math.min(before.length, text.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === text.charCodeAt(start)) start++;
  let tail = 0;
  while (
    tail < shorter - start &&
    before.charCodeAt(before.length - 1 - tail) === text.charCodeAt(text.length - 1 - tail)
  ) {
    tail++;
  }
  const oldEnd = before.length - tail;
  const newEnd = text.length - tail;
  return new Edit({
    startIndex: start,
    oldEndIndex: oldEnd,
    newEndIndex: newEnd,
    startPosition: point(lines, start),
    oldEndPosition: point(old.lines, oldEnd),
    newEndPosition: point(lines, newEnd),
  });
}

function point(lines: LineTable, offset: number): { row: number; column: number } {
  const { line, column } = lines.position(offset);
  return { row: line - 1, column: column - 1 };
}
