import { type Expr, isAccessor, OR_NULL } from './expr.ts';
import { ONE_OF } from './values.ts';

/** The expression as the kernel would write it. */
export function render(e: Expr): string {
  switch (e.k) {
    case 'name':
      return e.name;
    case 'new':
      return shown(e.of);
    case 'field':
      return e.base.k === 'deref' ? `${tight(e.base.base)}->${e.name}` : `${tight(e.base)}.${e.name}`;
    case 'deref':
      return `*${tight(e.base)}`;
    case 'addr':
      return `&${tight(e.base)}`;
    case 'index':
      return `${tight(e.base)}[${render(e.index)}]`;
    case 'call':
      return `${e.name}(${e.args.map(render).join(', ')})`;
    case 'num':
      return String(e.value);
    case 'op':
      if (e.op === 'type') return '…';
      if (e.op === OR_NULL || e.op === ONE_OF) return render(e.args[0]!);
      if (isAccessor(e)) return `${e.op.slice(0, -1)}${e.args.map(render).join(', ')})`;
      if (e.args.length === 1) return `${e.op}${tight(e.args[0]!)}`;
      if (e.op === '?:') return `${tight(e.args[0]!)} ? ${tight(e.args[1]!)} : ${tight(e.args[2]!)}`;
      return e.args.map(tight).join(` ${e.op} `);
  }
}

function tight(e: Expr): string {
  const bare =
    e.k === 'name' ||
    e.k === 'new' ||
    e.k === 'field' ||
    e.k === 'index' ||
    e.k === 'call' ||
    e.k === 'num' ||
    (e.k === 'op' && isAccessor(e));
  return bare ? render(e) : `(${render(e)})`;
}

/** A place or a called expression, shortened: indices and calls' arguments do not matter to a reader. */
export function shown(e: Expr): string {
  switch (e.k) {
    case 'field':
      return e.base.k === 'deref' ? `${shown(e.base.base)}->${e.name}` : `${shown(e.base)}.${e.name}`;
    case 'name':
      return e.name;
    case 'new':
      return shown(e.of);
    case 'deref':
      return `*${shown(e.base)}`;
    case 'index':
      return `${shown(e.base)}[…]`;
    case 'call':
      return `${e.name}()`;
    default:
      return '(expression)';
  }
}
