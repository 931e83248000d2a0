import type { FunctionDef, Stmt } from '../ast.ts';
import { zero } from './calls.ts';
import { code } from './code.ts';
import { value } from './expressions.ts';
import { gotosIn } from './gotos.ts';
import { accessType, repOf, sizeOfType, tsType } from './rep.ts';
import { type Line, type Linker, needsMemory, State } from './state.ts';
import { writeList } from './statements.ts';

export interface WrittenFunction {
  readonly lines: readonly Line[];
  /** It has a visible step of its own or calls one that does: a generator. */
  readonly visible: boolean;
}

/**
 * One C function as TypeScript (or the same text with its types blanked, as JavaScript): same control flow, same names.
 *
 * @param id its name in the program, unique there
 * @throws WriteError when it holds C that has no rendering; only this function is lost
 */
export function writeFunction(
  def: FunctionDef,
  id: string,
  linker: Linker,
  typescript: boolean,
  tracks = false,
): WrittenFunction {
  const hasGoto = gotosIn({ kind: 'block', body: def.body, line: def.line }).size > 0;
  const state = new State(def, linker, typescript, hasGoto, tracks);
  state.value = e => value(state, e);
  state.statements = body => writeList(state, body);
  if (def.type.variadic) state.fail(`${def.name}: a function with variable arguments of its own`, def.line);
  state.indent = 2;
  const body = state.buffered(() => {
    takeParameters(state);
    if (tracks) takeDependencies(state);
    writeList(state, def.body);
    if (repOf(def.type.returns) !== 'void' && !endsInReturn(def.body)) {
      state.push(`return ${zero(state, def.type.returns)!.text};`, def.endLine);
    }
  });
  const params = ['k', ...def.params.map(p => parameterName(state, p))];
  const types = ['Thread', ...def.params.map(p => tsType(p.type)), 'Dependencies[]'];
  if (tracks) params.push('$given');
  const signature = params.map((p, i) => `${p}${state.ty(`: ${types[i]}`)}`).join(', ');
  const returns = tsType(def.type.returns);
  const generator = state.yields;
  state.indent = 0;
  state.push(
    `function${generator ? '*' : ''} ${id}(${signature})${state.ty(generator ? `: Running<${returns}>` : `: ${returns}`)} {`,
    def.line,
  );
  const framed = generator || state.frameSize > 0 || state.ticks;
  state.indent = 1;
  if (framed) state.push(`const $ = k.enter(${linker.info(def)}, ${state.frameSize});`, def.line);
  if (framed) state.push('try {', 0);
  const outdent = framed ? 0 : 2;
  state.indent = framed ? 2 : 1;
  for (const line of hoistedLines(state)) state.push(line, 0);
  for (const line of body) state.lines.push({ text: line.text.slice(outdent), line: line.line });
  state.indent = 1;
  if (framed) {
    state.push('} finally {', 0);
    state.push('  k.leave($);', def.endLine);
    state.push('}', 0);
  }
  state.indent = 0;
  state.push('}', def.endLine);
  return { lines: state.lines, visible: generator };
}

const parameterName = (state: State, p: FunctionDef['params'][number]): string =>
  needsMemory(p) ? `${state.name(p)}$` : state.name(p);

/** Parameters whose address is taken, and structs passed by value, get a copy in the frame. */
function takeParameters(state: State): void {
  for (const p of state.def.params) {
    if (!needsMemory(p)) continue;
    const name = state.name(p);
    state.push(`const ${name}${state.ty(': Ptr')} = $ + ${state.slotOf(p)};`, p.line);
    if (repOf(p.type) === 'memory') state.push(`k.move(${name}, ${name}$, ${sizeOfType(p.type)});`, p.line);
    else state.push(`k.set(${name}, '${accessType(p.type)}', ${name}$);`, p.line);
  }
}

/** What the arguments depend on. */
function takeDependencies(state: State): void {
  state.def.params.forEach((p, i) => {
    if (!needsMemory(p)) state.push(`${state.beside(p)} = $given?.[${i}] ?? k.none;`, p.line);
  });
}

function hoistedLines(state: State): string[] {
  const lines = [...state.hoisted];
  if (!state.hoistLocals) return lines;
  for (const v of state.def.locals) {
    if (v.parameter || v.static || state.isHoisted(v)) continue;
    const name = state.name(v);
    if (needsMemory(v)) lines.push(`const ${name}${state.ty(': Ptr')} = $ + ${state.slotOf(v)};`);
    else lines.push(`let ${name}${state.ty(`: ${tsType(v.type)}`)} = ${(zero(state, v.type) ?? code('0')).text};`);
  }
  return lines;
}

function endsInReturn(body: readonly Stmt[]): boolean {
  const last = body[body.length - 1];
  if (last === undefined) return false;
  return last.kind === 'return' || (last.kind === 'block' && endsInReturn(last.body));
}
