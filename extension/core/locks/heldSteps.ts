import type { Effect } from './effects.ts';
import type { HeldClass } from './evidence.ts';
import type { FieldTypes } from './fieldTypes.ts';
import type { Flow } from './flow.ts';
import type { State } from './state.ts';
import { vocabularyOf } from './vocabulary.ts';

/** What is held before a step on every path. Objects of equal `key` say the same. */
export interface HeldStep {
  readonly key: string;
  readonly held: readonly HeldClass[];
  readonly released: readonly string[];
}

interface Point {
  readonly at: number;
  /** It takes or lets go a lock: what stands after it in the statement is under other locks. */
  readonly changes: boolean;
  ways: { held: Map<string, HeldClass>; released: Set<string> } | undefined;
  step: HeldStep | undefined;
}

const NOTHING: HeldStep = { key: '', held: [], released: [] };

/** The classes held along a function, and the places where it takes locks of known class. `flow` has run. */
export class HeldSteps {
  private readonly points: Point[] = [];
  readonly takings: Effect[] = [];
  /** Effects of every call that takes, lets go or asserts a lock. */
  readonly touched: Effect[] = [];

  constructor(
    flow: Flow,
    private readonly types: FieldTypes,
  ) {
    const byOffset = new Map<number, Point>();
    const taken = new Set<string>();
    flow.observe({
      step: (state, step) => {
        let point = byOffset.get(step.at);
        if (!point) {
          const effect = step.op === 'call' ? vocabularyOf(step.name)?.effect : undefined;
          const changes = effect === 'acquire' || effect === 'release' || effect === 'downgrade';
          byOffset.set(step.at, (point = { at: step.at, changes, ways: undefined, step: undefined }));
        }
        this.meet(point, state);
      },
      release: (_, effect) => void this.touched.push(effect),
      require: (_, effect) => void this.touched.push(effect),
      acquire: (_, effect) => {
        this.touched.push(effect);
        const lockClass = this.classOf(effect);
        if (!lockClass) return;
        const key = `${effect.at} ${lockClass} ${effect.mode}`;
        if (taken.has(key)) return;
        taken.add(key);
        this.takings.push(effect);
      },
    });
    this.points = [...byOffset.values()].sort((a, b) => a.at - b.at);
  }

  classOf(effect: Effect): string | undefined {
    return knownClass(effect, this.types);
  }

  private meet(point: Point, state: State): void {
    const held = new Map<string, HeldClass>();
    for (const e of state.held) {
      const lockClass = this.classOf(e);
      if (!lockClass || e.maybe) continue;
      held.set(lockClass, { lockClass, mode: e.mode });
    }
    const released = new Set<string>();
    for (const e of state.released) {
      const lockClass = this.classOf(e);
      if (lockClass) released.add(lockClass);
    }
    const known = point.ways;
    if (!known) {
      point.ways = { held, released };
      return;
    }
    for (const [name, one] of known.held) {
      const other = held.get(name);
      if (!other) known.held.delete(name);
      else if (other.mode !== one.mode) known.held.set(name, { lockClass: name, mode: 'read' });
    }
    for (const name of released) known.released.add(name);
  }

  /**
   * What is held at an offset. `statement`: where its statement, or the head of the `if` or loop it stands in, begins;
   * without one, the offset is a step's own, or the next step tells.
   */
  at(offset: number, statement = offset): HeldStep {
    const { points } = this;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (points[middle]!.at <= offset) low = middle + 1;
      else high = middle;
    }
    const before = points[low - 1];
    const inStatement = before !== undefined && before.at >= statement && (before.at === offset || !before.changes);
    const point = inStatement ? before : points[low];
    return point ? this.told(point) : NOTHING;
  }

  private told(point: Point): HeldStep {
    if (!point.step) {
      const held = [...point.ways!.held.values()];
      const released = [...point.ways!.released];
      const key = `${held.map(h => `${h.lockClass}/${h.mode}`).sort()}|${released.sort()}`;
      point.step = { key, held, released };
    }
    return point.step;
  }
}

/** The class of what an effect is on; of `&EXT4_I(inode)->f`, whose type no declaration gives, by the only struct that has such a field. */
export function knownClass({ lockClass, expr }: Effect, types: FieldTypes): string | undefined {
  if (lockClass) return types.canonical(lockClass);
  if (expr.k !== 'addr' || expr.base.k !== 'field' || expr.base.base.k !== 'deref') return undefined;
  const owner = types.ownerOf(expr.base.name);
  return owner && `${owner}.${expr.base.name}`;
}
