import { MOST_STATES, type State } from './state.ts';

/** Merges states that agree on locks; beyond the bound, also such as do not. */
export function compact(states: readonly State[], at: number): State[] {
  const out = new Map<string, State>();
  for (const state of states) {
    const key = state.key;
    const known = out.get(key);
    if (known) known.merge(state, at);
    else if (out.size < MOST_STATES) out.set(key, state);
    else out.values().next().value!.join(state, at);
  }
  return [...out.values()];
}
