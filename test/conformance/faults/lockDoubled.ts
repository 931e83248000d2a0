import { amongOthers, type Fault, type FileFacts, indent, source, type Target } from './mutant.ts';

/**
 * An acquisition stands twice in a row.
 *
 * A fault by construction: exclusive locks of the kernel do not nest, and nothing runs between the two statements. Locks
 * for reading are left alone (a second reader may get in), trylocks and `_nested` too.
 */
export function lockDoubled(facts: FileFacts, target: Target): Fault[] {
  return target.graph.locking
    .filter(
      l =>
        l.operation.effect === 'acquire' &&
        l.operation.mode === 'write' &&
        amongOthers(target, l.statement) &&
        target.graph.reached(l.lock, l.statement),
    )
    .map(l => {
      const { end, start, text } = source(facts, target, l.statement);
      const pad = indent(facts, start);
      return {
        kind: 'lock-doubled',
        edits: [{ start: end, end, text: `\n${pad}${text}` }],
        at: start,
        lock: l.lock,
        description: `${l.call.text}(${l.lock}) stands twice`,
      };
    });
}
