import { identifiers, type ScenarioOutline } from './scenarioOutline.ts';

/** A function or a variable with an initialiser (an ops table) and the identifiers that it mentions. */
export interface Definition {
  readonly name: string;
  readonly kind: 'function' | 'table';
  readonly mentions: readonly string[];
}

/**
 * The definitions of one source file. `functions` are the extents that the parser found (UTF-16 offsets); file-scope
 * tables are found between them, since a function reached through `&ops` is reached all the same.
 */
export function definitions(
  text: string,
  functions: readonly { name: string; start: number; end: number; bodyStart: number }[],
): Definition[] {
  const found: Definition[] = functions.map(f => ({
    name: f.name,
    kind: 'function',
    mentions: identifiers(text.slice(f.bodyStart, f.end)),
  }));
  let between = '';
  let at = 0;
  for (const f of [...functions].sort((a, b) => a.start - b.start)) {
    between += `${text.slice(at, Math.max(at, f.start))};`;
    at = Math.max(at, f.end);
  }
  between += text.slice(at);
  for (const m of between.matchAll(/\b(\w+)\s*(?:\[[^\]]*\]\s*)?=\s*\{([^;]*)\}\s*;/g))
    found.push({ name: m[1]!, kind: 'table', mentions: identifiers(m[2]!) });
  return found;
}

/**
 * Names of the functions that a scenario's threads reach, by mention: a name is reached when a thread body, a reached
 * function or a reached ops table mentions it. Wider than what one run executes, never narrower within the sources.
 */
export function reached(outline: ScenarioOutline, sources: readonly (readonly Definition[])[]): ReadonlySet<string> {
  const byName = new Map<string, Definition[]>();
  for (const d of sources.flat()) byName.set(d.name, [...(byName.get(d.name) ?? []), d]);
  const done = new Set<string>();
  const functions = new Set<string>();
  const queue = outline.threads.flatMap(t => [...t.names]);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (done.has(name)) continue;
    done.add(name);
    for (const d of byName.get(name) ?? []) {
      if (d.kind === 'function') functions.add(name);
      queue.push(...d.mentions);
    }
  }
  return functions;
}
