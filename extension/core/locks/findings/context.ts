import type { Finding } from '../../report/documents.ts';
import { distance, type Effect } from '../effects.ts';
import { HAS_LOCAL, lockKey } from '../expr.ts';
import { handlerHead, handlerName } from '../idioms.ts';
import type { Definition } from '../scan.ts';
import { vocabulary } from '../vocabulary.ts';
import { draft, named, places, related } from './draft.ts';
import type { Observed } from './observed.ts';

/** What a callee says it needs, where this function has just let it go. */
export function unmetRequirements(seen: Observed): Finding[] {
  const { definition } = seen;
  const out = new Map<number, Finding>();
  for (const { held, gone, what, doubt } of seen.requires) {
    if (what.entry.effect !== 'assert' || out.has(what.at)) continue;
    const key = lockKey(what.expr);
    const before = gone.get(key);
    if (!before || before.maybe || held.some(h => lockKey(h.expr) === key)) continue;
    out.set(
      what.at,
      draft(
        definition,
        'requires-not-held',
        what.at,
        // A local may have meant another object when it was let go; far down, another name may mean this one.
        what.expr.has & HAS_LOCAL || distance(what) > 3
          ? 'low'
          : distance(what) > 1 ||
              held.some(h => h.maybe) ||
              doubt ||
              seen.requires.some(r => r.what.at === what.at && r.held.some(h => lockKey(h.expr) === key))
            ? 'medium'
            : 'high',
        `${[...what.via, what.primitive].join(' → ')}() needs ${named(what)}, which has been let go`,
        what,
        [
          ...places(definition, before, 'taken, and let go since'),
          related(what.origin.source, what.origin.at, 'asserted here'),
        ],
      ),
    );
  }
  return [...out.values()];
}

const headOf = (d: Definition): string => d.source.text.slice(d.start, d.bodyStart);
/** What it takes needs no irqsave. */
const isHandler = (d: Definition): boolean => handlerName.test(d.name) || handlerHead.test(headOf(d));

/** An interrupt handler by its type, and no thread function: those run with interrupts on. */
function isHardHandler(d: Definition): boolean {
  if (!/\birqreturn_t\b/.test(headOf(d)) || /thread/.test(d.name)) return false;
  return !new RegExp(`threaded_irq\\((?:[^,;]*,){2,3}\\s*${d.name}\\s*,`).test(d.source.text);
}

const OFF = [...vocabulary]
  .filter(([, e]) => e.context === 'irqs-off' || e.context === 'hardirq')
  .map(([name]) => name);
const SAYS_OFF = new RegExp(`\\b(?:${OFF.join('|')})\\s*\\(`);

/** It warns itself when it is called with interrupts on. */
const saysOff = (d: Definition): boolean => SAYS_OFF.test(d.source.text.slice(d.bodyStart, d.end));

/** Handed to another function as an argument: it may be called in any context. */
const isPassed = (d: Definition): boolean => new RegExp(`[(,]\\s*&?${d.name}\\s*[,)]`).test(d.source.text);

/** Who may sleep, or turns interrupts on without looking what they were, has them on when it is called. */
const isOn = ({ summary, acquires }: Observed): boolean =>
  summary.sleeps.length > 0 || acquires.some(a => /_irq$/.test(a.what.effect.primitive));

const turnsOff = (e: Effect): boolean => e.entry.irq === 'off';

/**
 * A lock that the file takes with interrupts off, taken with interrupts on: an interrupt on this CPU that wants it waits
 * for what it has interrupted. Known of the file alone, so that evidence and finding stand side by side.
 *
 * @param callers functions of the file that call a function
 */
export function irqUnsafe(all: readonly Observed[], callers: (name: string) => readonly Observed[]): Finding[] {
  const safe = new Map<string, { effect: Effect; definition: Definition }[]>();
  const plain = new Map<string, { effect: Effect; seen: Observed }[]>();
  for (const seen of all) {
    for (const { held, what, doubt } of seen.acquires) {
      const { effect } = what;
      if (what.passing) continue;
      const { lockClass, entry } = effect;
      if (
        !lockClass ||
        distance(effect) > 1 ||
        !entry.atomic ||
        entry.nests ||
        !/spin|read_lock|write_lock/.test(effect.primitive)
      )
        continue;
      const inHandler = entry.effect === 'acquire' && isHardHandler(seen.definition);
      if (entry.irq === 'off' || inHandler) {
        const list = safe.get(lockClass);
        if (list) list.push({ effect, definition: seen.definition });
        else safe.set(lockClass, [{ effect, definition: seen.definition }]);
      } else if (!doubt && entry.bh !== 'off' && entry.effect === 'acquire' && !held.some(turnsOff)) {
        const list = plain.get(lockClass);
        if (list) list.push({ effect, seen });
        else plain.set(lockClass, [{ effect, seen }]);
      }
    }
  }
  const out: Finding[] = [];
  for (const [lockClass, uses] of plain) {
    const evidence = safe.get(lockClass);
    if (!evidence) continue;
    const done = new Set<number>();
    for (const { effect, seen } of uses) {
      const { definition } = seen;
      // Who hands the lock out is told of where it is called.
      if (seen.exits.some(e => e.state.held.some(h => h.at === effect.at))) continue;
      if (done.has(effect.at) || inInterrupt(seen, callers, 0)) continue;
      done.add(effect.at);
      const others = new Set(
        uses.filter(u => u.seen !== seen && !inInterrupt(u.seen, callers, 0)).map(u => u.effect.at),
      ).size;
      const known = new Set(evidence.map(e => `${e.definition.name}${e.effect.at}`)).size;
      const isHandled = evidence.some(e => e.effect.entry.irq !== 'off');
      const isSelf = evidence.some(e => e.definition === definition);
      out.push(
        draft(
          definition,
          'irq-unsafe',
          effect.at,
          isPassed(definition)
            ? 'low'
            : (known >= 2 || isSelf) && others === 0
              ? // Of what other files call nobody knows who calls it; a reader waits for writers alone.
                effect.mode === 'write' && (isOn(seen) || (!definition.static && isHandled))
                ? 'high'
                : 'medium'
              : known > others
                ? 'medium'
                : 'low',
          isHandled
            ? `${named(effect)} is taken with interrupts on; an interrupt handler takes it too, and would wait for what it has interrupted`
            : `${named(effect)} is taken with interrupts on; elsewhere it is taken with them off, so an interrupt may want it`,
          effect,
          [
            related(
              evidence[0]!.definition.source,
              evidence[0]!.effect.at,
              `${evidence[0]!.effect.primitive}() of the same lock in ${evidence[0]!.definition.name}()`,
            ),
          ],
        ),
      );
    }
  }
  return out;
}

/** Whether a function runs with interrupts off, as far as this file shows: it is a handler, or all its callers are. */
function inInterrupt(seen: Observed, callers: (name: string) => readonly Observed[], depth: number): boolean {
  const { definition } = seen;
  if (isHandler(definition) || saysOff(definition)) return true;
  if (!definition.static || depth > 3) return false;
  const all = callers(definition.name);
  return all.some(c => c !== seen && (c.calledOff.has(definition.name) || inInterrupt(c, callers, depth + 1)));
}
