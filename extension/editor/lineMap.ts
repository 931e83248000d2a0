/** Pairs of 1-based lines: model, then C. */
export type LineMap = readonly (readonly [number, number])[];

/** The C line behind a model line: that of the nearest mapped line at or above it. */
export function toC(map: LineMap, line: number): number | undefined {
  let best: readonly [number, number] | undefined;
  for (const pair of map) if (pair[0] <= line && (!best || pair[0] >= best[0])) best = pair;
  return best?.[1];
}

/** The model lines of a C line; of the nearest mapped line above it in the function when it has none of its own. */
export function toModel(map: LineMap, line: number): number[] {
  let best = -1;
  for (const [, c] of map) if (c <= line && c > best) best = c;
  return map.filter(([, c]) => c === best).map(([m]) => m);
}
