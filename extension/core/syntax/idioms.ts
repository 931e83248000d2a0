/** What the normaliser knows of kernel C besides its grammar: the shape of the tables in grammars/. */
export interface IdiomTables {
  /** Names that head a loop, beside those that match the for_each pattern: from the tree's .clang-format. */
  readonly loops: ReadonlySet<string>;
}

/** The tables of grammars/ with the ForEachMacros names of a tree. */
export function idiomTables(loops: readonly string[] = []): IdiomTables {
  return { loops: new Set(loops) };
}
