/**
 * Putting a machine back to where it was: `Journal` for what is large and changes little, `Checkpoint` for all else.
 */

/** Remembers what maps and sets held before they were changed, once `begin` was called. */
export class Journal {
  private active = false;
  private readonly maps: UndoMap<unknown, unknown>[] = [];
  private readonly keys: unknown[] = [];
  /** What the key stood for; ABSENT: it was not there. */
  private readonly values: unknown[] = [];

  begin(): void {
    this.active = true;
    this.forget();
  }

  /** Undoes all changes since `begin`, the last one first. */
  undo(): void {
    this.active = false;
    for (let i = this.maps.length - 1; i >= 0; i--) {
      const map = this.maps[i]!;
      if (this.values[i] === ABSENT) map.delete(this.keys[i]);
      else map.set(this.keys[i], this.values[i]);
    }
    this.active = true;
    this.forget();
  }

  changing<K, V>(map: UndoMap<K, V>, key: K): void {
    if (!this.active) return;
    this.maps.push(map as UndoMap<unknown, unknown>);
    this.keys.push(key);
    this.values.push(map.has(key) ? map.get(key) : ABSENT);
  }

  private forget(): void {
    this.maps.length = 0;
    this.keys.length = 0;
    this.values.length = 0;
  }
}

const ABSENT = Symbol('absent');

/**
 * A map whose changes a journal can undo. The order of its keys is not put back: nothing may depend on it.
 */
export class UndoMap<K, V> extends Map<K, V> {
  // Not a field initialiser: Map's constructor may call `set` before there are any.
  constructor(private readonly journal: Journal) {
    super();
  }

  override set(key: K, value: V): this {
    this.journal.changing(this, key);
    return super.set(key, value);
  }

  override delete(key: K): boolean {
    this.journal.changing(this, key);
    return super.delete(key);
  }

  override clear(): void {
    for (const key of this.keys()) this.journal.changing(this, key);
    super.clear();
  }
}

/** Whatever answers to this stays itself: it is not looked into, and puts itself back. */
export interface Kept {
  readonly isKept: true;
}

const isKept = (value: object): boolean =>
  (value as Partial<Kept>).isKept === true || typeof value === 'function' || Object.isFrozen(value);

type Saved =
  | {
      readonly t: 'map';
      readonly of: Map<unknown, unknown>;
      readonly entries: readonly (readonly [unknown, unknown])[];
    }
  | { readonly t: 'set'; readonly of: Set<unknown>; readonly values: readonly unknown[] }
  | { readonly t: 'array'; readonly of: unknown[]; readonly values: readonly unknown[] }
  | {
      readonly t: 'object';
      readonly of: Record<string, unknown>;
      readonly fields: readonly (readonly [string, unknown])[];
    };

/**
 * What plain objects, arrays, maps and sets held, everything that can be reached from a root. They are put back in place:
 * who has a reference to one of them sees it as it was. Frozen objects cannot have changed.
 *
 * @throws Error for what it cannot put back (typed arrays, weak maps): state must not be kept in such
 */
export class Checkpoint {
  private readonly saved: Saved[] = [];

  constructor(root: unknown) {
    const seen = new Set<object>();
    const left: unknown[] = [root];
    while (left.length > 0) {
      const value = left.pop();
      if (typeof value === 'function' || typeof value !== 'object' || value === null) continue;
      if (seen.has(value) || isKept(value)) continue;
      seen.add(value);
      if (value instanceof UndoMap) left.push(...value.keys(), ...value.values());
      else if (value instanceof Map) {
        this.saved.push({ t: 'map', of: value, entries: [...value] });
        left.push(...value.keys(), ...value.values());
      } else if (value instanceof Set) {
        this.saved.push({ t: 'set', of: value, values: [...value] });
        left.push(...value);
      } else if (Array.isArray(value)) {
        this.saved.push({ t: 'array', of: value, values: [...value] });
        left.push(...value);
      } else if (ArrayBuffer.isView(value) || value instanceof WeakMap)
        throw new Error('state that cannot be put back: use maps, sets, arrays and plain objects');
      else {
        const fields = Object.entries(value);
        this.saved.push({ t: 'object', of: value as Record<string, unknown>, fields });
        for (const [, field] of fields) left.push(field);
      }
    }
  }

  restore(): void {
    for (const saved of this.saved) {
      if (saved.t === 'object') for (const [name, value] of saved.fields) saved.of[name] = value;
      else if (saved.t === 'array') {
        const { of, values } = saved;
        of.length = values.length;
        for (let i = 0; i < values.length; i++) of[i] = values[i];
      } else if (saved.t === 'map') {
        saved.of.clear();
        for (const [key, value] of saved.entries) saved.of.set(key, value);
      } else {
        saved.of.clear();
        for (const value of saved.values) saved.of.add(value);
      }
    }
  }
}
