/**
 * What the rest of the core asks of an index of a whole tree. Names alone: nothing here is preprocessed, so that several
 * definitions of one name are the rule (#if variants, architectures, statics of many files); who asks decides among them.
 */
export interface NameIndex {
  /**
   * Files whose function or macro `name` other files can mean, in order of path: headers, and .c files that define a
   * function with external linkage.
   */
  definers(name: string): readonly string[];
  /** Functions whose bodies call `name` (an identifier followed by an opening bracket). */
  callers(name: string): readonly CallSite[];
  /** Functions that initialisers (`.f = g`) or assignments (`x->f = g`) store in fields called `field`, anywhere. */
  stored(field: string): readonly string[];
}

export interface CallSite {
  readonly file: string;
  readonly function: string;
}
