import type { Expr, Initialiser, LocalVariable, Stmt } from '../ast.ts';
import { initialDependencies, initialise, scalarInit } from './blocks.ts';
import { zero } from './calls.ts';
import { arg, code } from './code.ts';
import { literal } from './convert.ts';
import { branching, dependencies } from './dependencies.ts';
import { effect, test, value } from './expressions.ts';
import { type Structured, structure } from './gotos.ts';
import { repOf, tsType } from './rep.ts';
import { type Jump, needsMemory, type State } from './state.ts';

/** Statements of one C block, in order; labels among them are structured first. */
export function writeList(state: State, list: readonly Stmt[]): void {
  if (!list.some(s => s.kind === 'label')) {
    for (const s of list) writeStatement(state, s);
    return;
  }
  const structured = structure(list);
  if ('unfit' in structured) {
    const label = list.find(s => s.kind === 'label' && s.name === structured.unfit);
    state.fail(`goto ${structured.unfit}: it jumps into the middle of a loop made by another goto`, label?.line ?? 0);
  }
  for (const s of structured.body) writeStructured(state, s);
}

function writeStructured(state: State, s: Structured): void {
  if (s.kind === 'forward') {
    state.push(`${s.name}: {`, s.line);
    within(state, { kind: 'forward', label: s.name }, () => {
      for (const inner of s.body) writeStructured(state, inner);
    });
    state.push('}', 0);
  } else if (s.kind === 'backward') {
    state.push(`${s.name}: for (;;) {`, s.line);
    within(state, { kind: 'backward', label: s.name }, () => {
      state.tick(s.line);
      for (const inner of s.body) writeStructured(state, inner);
      state.push('break;', 0);
    });
    state.push('}', 0);
  } else writeStatement(state, s);
}

function within(state: State, jump: Jump, body: () => void): void {
  state.jumps.push(jump);
  state.indent++;
  body();
  state.indent--;
  state.jumps.pop();
}

/** A body that C may write without braces. */
function writeBody(state: State, s: Stmt): void {
  state.indent++;
  if (s.kind === 'block') writeList(state, s.body);
  else writeList(state, [s]);
  state.indent--;
}

export function writeStatement(state: State, s: Stmt): void {
  switch (s.kind) {
    case 'expr':
      writeEffect(state, s);
      return;
    case 'declare':
      declare(state, s.variable, s.init, s.line);
      return;
    case 'if':
      controlling(state, !leaves(s), () => {
        state.push(`if (${condition(state, s.test)}) {`, s.line);
        writeBody(state, s.then);
        if (s.else) writeElse(state, s.else);
        else state.push('}', 0);
      });
      return;
    case 'while':
    case 'do':
    case 'for':
      controlling(state, true, () => writeLoop(state, s));
      return;
    case 'switch':
      controlling(state, true, () => writeSwitch(state, s));
      return;
    case 'case':
      state.fail('a case label that is not directly inside its switch', s.line);
      break;
    case 'label':
      return; // where it jumps from has been structured already
    case 'goto':
      jumpTo(state, s.name, s.line);
      return;
    case 'break':
    case 'continue':
      leave(state, s.kind, s.line);
      return;
    case 'return':
      if (state.inExpression) state.fail('a return out of a statement expression', s.line);
      state.push(s.value === undefined ? 'return;' : returned(state, s.value), s.line);
      return;
    case 'block':
      if (s.body.length === 0) return;
      state.push('{', s.line);
      state.indent++;
      writeList(state, s.body);
      state.indent--;
      state.push('}', 0);
      return;
    case 'asm':
      state.yields = true;
      state.push(
        `yield* k.unmodelled('inline assembly: ${s.text.replace(/[\\'\n]/g, ' ').slice(0, 60)}', ${s.line});`,
        s.line,
      );
      return;
  }
}

const returned = (state: State, e: Parameters<typeof value>[1]): string => {
  const v = e.type.kind === 'void' ? effect(state, e) : value(state, e);
  if (e.type.kind === 'void') return `${v.text};\n  return;`;
  return state.tracks ? `return k.gives(${arg(v)}, ${dependencies(state, e)});` : `return ${v.text};`;
};

/** A condition that a branch is taken by. */
const condition = (state: State, e: Expr): string => branching(state, e, test(state, e)).text;

/** What a statement's own condition decides ends with it, unless that jumps away from what follows (`if (…) return`). */
function controlling(state: State, ends: boolean, write: () => void): void {
  if (!state.tracks || !ends) {
    write();
    return;
  }
  const before = state.temp('Dependencies');
  state.push(`${before} = k.control;`, 0);
  write();
  state.push(`k.control = ${before};`, 0);
}

/** A statement that may jump away from what follows it. */
function leaves(s: Stmt): boolean {
  switch (s.kind) {
    case 'goto':
    case 'break':
    case 'continue':
    case 'return':
      return true;
    case 'block':
      return s.body.some(leaves);
    case 'if':
      return leaves(s.then) || (s.else !== undefined && leaves(s.else));
    default:
      return false;
  }
}

function writeEffect(state: State, s: Extract<Stmt, { kind: 'expr' }>): void {
  // A statement expression whose value nobody uses is a block.
  if (
    s.expr.kind === 'statement' ||
    (s.expr.kind === 'cast' && s.expr.type.kind === 'void' && s.expr.arg.kind === 'statement')
  ) {
    const inner = s.expr.kind === 'statement' ? s.expr : s.expr.arg;
    if (inner.kind === 'statement') {
      writeStatement(state, { kind: 'block', body: inner.body, line: s.line });
      return;
    }
  }
  const c = effect(state, s.expr);
  if (/^[\w$.]+$|^-?\d+n?$/.test(c.text)) return; // `(void)x`: nothing happens
  state.push(`${c.text.startsWith('{') || c.text.startsWith('function') ? `(${c.text})` : c.text};`, s.line);
}

function writeElse(state: State, s: Stmt): void {
  if (s.kind !== 'if') {
    state.push('} else {', s.line);
    writeBody(state, s);
    state.push('}', 0);
    return;
  }
  state.push(`} else if (${condition(state, s.test)}) {`, s.line);
  writeBody(state, s.then);
  if (s.else) writeElse(state, s.else);
  else state.push('}', 0);
}

function declare(state: State, variable: LocalVariable, init: Initialiser | undefined, line: number): void {
  if (variable.static) return;
  const name = state.name(variable);
  if (needsMemory(variable)) {
    const address = code(name);
    if (!state.hoistLocals) state.push(`const ${name}${state.ty(': Ptr')} = $ + ${state.slotOf(variable)};`, line);
    // The frame is zero when the function starts; a loop may come here again.
    if (init)
      for (const step of initialise(
        state,
        address,
        variable.type,
        init,
        line,
        state.jumps.length === 0 && !state.hoistLocals,
      ))
        state.push(`${step.text};`, line);
    return;
  }
  const given = init && scalarInit(state, variable.type, init);
  if (state.hoistLocals || state.isHoisted(variable)) {
    if (given) state.push(`${name} = ${arg(given)};`, line);
    if (state.tracks && given) state.push(`${state.beside(variable)} = ${initialDependencies(state, init)};`, line);
    return;
  }
  const initial = given ?? zero(state, variable.type)!;
  state.push(`let ${name}${state.ty(`: ${tsType(variable.type)}`)} = ${arg(initial)};`, line);
  if (state.tracks) state.push(`${state.beside(variable)} = ${initialDependencies(state, init)};`, line);
}

function writeLoop(state: State, s: Extract<Stmt, { kind: 'while' | 'do' | 'for' }>): void {
  const jump: Jump = { kind: 'loop', label: undefined };
  if (s.kind === 'for') {
    writeFor(state, s, jump);
    return;
  }
  const { condition, stepped } = loopTest(state, s.test);
  const body = loopBody(state, s.body, jump, s.line, stepped || condition === '0');
  const spins = state.tracks && isIdle(s.body) && !changes(s.test);
  if (spins) state.push('k.spins = true;', 0);
  state.push(s.kind === 'while' ? `${label(jump)}while (${condition}) {` : `${label(jump)}do {`, s.line);
  state.lines.push(...body);
  state.push(s.kind === 'while' ? '}' : `} while (${condition});`, s.kind === 'while' ? 0 : s.test.line);
  if (spins) state.push('k.spins = false;', 0);
}

/** What makes a round of a waiting loop longer and does nothing else. */
const IDLE = /^(cpu_relax|barrier|cond_resched|ndelay|udelay)$/;

const READS =
  /^(__)?(READ_ONCE|smp_load_acquire|atomic\w*_read(_acquire)?|test_bit|rcu_dereference\w*|rcu_access_pointer)$/;

/** A loop's body that leaves everything as it is. */
function isIdle(s: Stmt): boolean {
  if (s.kind === 'block') return s.body.every(isIdle);
  return (
    s.kind === 'expr' && s.expr.kind === 'call' && s.expr.callee.kind === 'function' && IDLE.test(s.expr.callee.name)
  );
}

/** An expression that writes something, or calls what may. */
function changes(e: Expr): boolean {
  switch (e.kind) {
    case 'assign':
    case 'incdec':
    case 'statement':
      return true;
    case 'call':
      return !e.primitive || !READS.test(e.primitive.name) || e.args.some(changes);
    default:
      return [
        ...('arg' in e ? [e.arg] : []),
        ...('left' in e ? [e.left, e.right] : []),
        ...('base' in e ? [e.base] : []),
        ...('test' in e ? [e.test, ...(e.then ? [e.then] : []), e.else] : []),
      ].some(changes);
  }
}

function writeFor(state: State, s: Extract<Stmt, { kind: 'for' }>, jump: Jump): void {
  const first = s.init[0];
  const inline = s.init.length === 1 && first?.kind === 'expr' ? effect(state, first.expr).text : '';
  const outside = inline === '' && s.init.length > 0;
  if (outside) {
    state.push('{', s.line);
    state.indent++;
    for (const i of s.init) writeStatement(state, i);
  }
  const { condition, stepped } = s.test ? loopTest(state, s.test) : { condition: '', stepped: false };
  const step = s.step ? effect(state, s.step).text : '';
  const body = loopBody(state, s.body, jump, s.line, stepped);
  state.push(`${label(jump)}for (${inline}; ${condition}; ${step}) {`, s.line);
  state.lines.push(...body);
  state.push('}', 0);
  if (outside) {
    state.indent--;
    state.push('}', 0);
  }
}

/** A loop's condition, and whether testing it is a visible step, so that the step limit ends the loop anyway. */
function loopTest(state: State, e: Expr): { condition: string; stepped: boolean } {
  const outer = state.yields;
  state.yields = false;
  const text = condition(state, e);
  const stepped = state.yields;
  state.yields = outer || stepped;
  return { condition: text, stepped };
}

const label = (jump: Jump): string => (jump.label === undefined ? '' : `${jump.label}: `);

function loopBody(state: State, body: Stmt, jump: Jump, line: number, stepped: boolean): State['lines'] {
  return state.buffered(() => {
    state.jumps.push(jump);
    if (!stepped) {
      state.indent++;
      state.tick(line);
      state.indent--;
    }
    writeBody(state, body);
    state.jumps.pop();
  });
}

function writeSwitch(state: State, s: Extract<Stmt, { kind: 'switch' }>): void {
  const body = s.body.kind === 'block' ? s.body.body : [s.body];
  const jump: Jump = { kind: 'switch', label: undefined };
  const wide = repOf(s.value.type) === 'bigint';
  // Declarations before and between cases belong to the whole block.
  for (const inner of body) if (inner.kind === 'declare' && !state.hoistLocals) state.hoist(inner.variable);
  const lines = state.buffered(() => {
    state.jumps.push(jump);
    state.indent++;
    for (let i = 0; i < body.length; ) {
      const first = body[i]!;
      if (first.kind !== 'case') {
        i++; // unreachable: before the first case
        continue;
      }
      writeCase(state, first, s, wide);
      i++;
      let end = i;
      while (end < body.length && body[end]!.kind !== 'case') end++;
      state.indent++;
      writeList(state, body.slice(i, end));
      state.indent--;
      i = end;
    }
    state.indent--;
    state.jumps.pop();
  });
  state.push(`${label(jump)}switch (${branching(state, s.value, value(state, s.value)).text}) {`, s.line);
  state.lines.push(...lines);
  state.push('}', 0);
}

function writeCase(
  state: State,
  c: Extract<Stmt, { kind: 'case' }>,
  s: Extract<Stmt, { kind: 'switch' }>,
  wide: boolean,
): void {
  if (c.value === undefined) {
    state.push('default:', c.line);
    return;
  }
  const last = c.to ?? c.value;
  if (last - c.value > 255n) state.fail('a case range of more than 256 values', c.line);
  for (let v = c.value; v <= last; v++) {
    const text = literal(wide ? v : BigInt.asIntN(64, v), s.value.type);
    const named = c.name === undefined || c.to !== undefined ? undefined : state.linker.constant(c.name, text);
    state.push(`case ${named ?? text}:`, c.line);
  }
}

/** C's break and continue, labelled when a loop that the writer made, or a switch, stands in between. */
function leave(state: State, kind: 'break' | 'continue', line: number): void {
  for (let i = state.jumps.length - 1, between = false; i >= 0; i--) {
    const jump = state.jumps[i]!;
    if (jump.kind === 'expression') break;
    if (jump.kind === 'loop' || (jump.kind === 'switch' && kind === 'break')) {
      if (between) jump.label ??= state.label();
      state.push(`${kind}${between ? ` ${jump.label}` : ''};`, line);
      return;
    }
    if (jump.kind === 'backward') between = true;
  }
  state.fail(`a ${kind} out of a statement expression`, line);
}

function jumpTo(state: State, name: string, line: number): void {
  for (let i = state.jumps.length - 1; i >= 0; i--) {
    const jump = state.jumps[i]!;
    if (jump.kind === 'expression') break;
    if (jump.label !== name || (jump.kind !== 'forward' && jump.kind !== 'backward')) continue;
    state.push(`${jump.kind === 'forward' ? 'break' : 'continue'} ${name};`, line);
    return;
  }
  state.fail(`goto ${name}: it jumps into a block`, line);
}
