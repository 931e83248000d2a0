import table from '../../../grammars/locks.json' with { type: 'json' };

/**
 * Names with a meaning of their own to who reads C, and patterns of names that are evidence: all of them as
 * grammars/locks.json has them. Apart from the vocabulary, so that whoever reads expressions needs nothing else of it.
 */
const { idioms, patterns } = table;

/** What is asked of a pointer that may be an error; also the operators that such questions become. */
export const IS_ERROR = 'isError';
export const IS_ERROR_OR_NULL = 'isErrorOrNull';

const questions: ReadonlyMap<string, string> = new Map([
  ...idioms[IS_ERROR].map(name => [name, IS_ERROR] as const),
  ...idioms[IS_ERROR_OR_NULL].map(name => [name, IS_ERROR_OR_NULL] as const),
]);

/** The operator that a call of `name` is, if it asks whether a pointer is an error. */
export const questionOf = (name: string): string | undefined => questions.get(name);

/** Functions that make a pointer of an errno. */
export const errorPointers: ReadonlySet<string> = new Set(
  table.entries.filter(entry => entry.effect === 'error').flatMap(entry => entry.names),
);

/** Macros whose arguments are a pointer to a struct and the name of its member: the value is the member. */
export const memberMacros: ReadonlySet<string> = new Set(idioms.member);

/** Names of functions that run in interrupt context, or with interrupts off. */
export const handlerName = new RegExp(patterns.handlers.join('|'));

/** What the head of such a function names. */
export const handlerHead = new RegExp(patterns.handlerHeads.join('|'));

/** Names of functions that take a lock for their caller. */
export const handsOutName = new RegExp(patterns.handsOut.join('|'), 'i');

/** Names of functions that stand around what takes or lets go a lock. */
export const wrapperName = new RegExp(patterns.wrappers.join('|'), 'i');
