import type { Node } from 'web-tree-sitter';
import type { CParser } from '../syntax/parser.ts';
import { buildGraph } from './cfg.ts';
import type { OptionValues } from './condition.ts';
import type { Expr } from './expr.ts';
import type { Graph } from './graph.ts';
import type { Definition } from './scan.ts';
import { ownerOf } from './summary.ts';
import { vocabularyOf } from './vocabulary.ts';

/**
 * Graphs of definitions, one small parse each, so that what does not parse costs only itself. Trees are freed at once;
 * graphs are kept for as long as the scan that the definition belongs to.
 */
export class Bodies {
  private readonly graphs = new WeakMap<Definition, Graph>();

  constructor(
    private readonly parser: CParser,
    private readonly loops: readonly string[],
    private readonly config: OptionValues | undefined,
  ) {}

  graph(definition: Definition): Graph {
    let graph = this.graphs.get(definition);
    if (!graph) this.graphs.set(definition, (graph = this.build(definition)));
    return graph;
  }

  private build(definition: Definition): Graph {
    const { kind, source, start, bodyStart, end } = definition;
    if (kind === 'function') {
      const text = blanked(source.text, start, end, source.blanks);
      return this.parse(definition, text, start, bodyStart - start);
    }
    const body = source.text
      .slice(bodyStart, end)
      .replace(/\\(\r?\n)/g, ' $1')
      .replace(/\/\/.*/g, m => ' '.repeat(m.length));
    const isStatement = /^\s*(?:do\b|if\b|for\b|while\b|switch\b|\{)/.test(body);
    const head = isStatement ? 'void f(void) {' : 'int f(void) { return ';
    return this.parse(definition, `${head}${body};}`, bodyStart - head.length, head.indexOf('{'));
  }

  private parse(definition: Definition, text: string, offset: number, brace: number): Graph {
    const file = this.parser.parse(text, { loops: this.loops });
    try {
      const body = bodyAt(file.root, brace);
      return buildGraph(body ?? file.root, {
        owner: ownerOf(definition),
        params: definition.params ?? [],
        offset,
        original: text,
        isTransparent: name => vocabularyOf(name)?.effect === 'value',
        option: name => {
          const value = this.config?.value(name.replace(/^CONFIG_/, ''));
          return this.config && Number(value !== undefined && value !== 'n');
        },
        isNoReturn: name => vocabularyOf(name)?.effect === 'noreturn',
      });
    } finally {
      file.dispose();
    }
  }

  /** The value of an object-like macro that is an expression; undefined when it is none. */
  constant(definition: Definition): Expr | undefined {
    const exit = this.graph(definition).entry.steps.find(step => step.op === 'exit');
    return exit?.op === 'exit' ? exit.value : undefined;
  }
}

function bodyAt(root: Node, brace: number): Node | undefined {
  let node: Node | null = root.descendantForIndex(brace, brace + 1);
  while (node && node.type !== 'compound_statement') node = node.parent;
  return node ?? undefined;
}

/** A piece of a file with what #if leaves out, and the directives, replaced by blanks at equal length. */
function blanked(text: string, start: number, end: number, blanks: readonly (readonly [number, number])[]): string {
  let out = '';
  let at = start;
  for (const [from, to] of blanks) {
    if (to <= at || from >= end) continue;
    const [a, b] = [Math.max(from, at), Math.min(to, end)];
    out += text.slice(at, a) + text.slice(a, b).replace(/[^\r\n]/g, ' ');
    at = b;
  }
  return out + text.slice(at, end);
}
