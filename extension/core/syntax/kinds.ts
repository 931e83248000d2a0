/** What a token is to the normaliser. A single-character punctuator is its character code; the rest start at 128. */
export const K = {
  none: 0,
  identifier: 128,
  number: 129,
  string: 130,
  character: 131,
  /** `#if` and its relatives; the token's role says which. Other directives are no tokens. */
  directive: 132,
  control: 140,
  aggregate: 141,
  type: 142,
  qualifier: 143,
  storage: 144,
  sizeof: 145,
  typeof: 146,
  assembly: 147,
  jump: 148,
  offsetof: 149,
  case: 150,
  else: 151,
  do: 152,
  typedef: 153,
  attribute: 154,
  attributeWithArguments: 155,
  goto: 156,
  alignof: 157,
  arrow: 170,
  andAnd: 171,
  /** Any other operator of several characters. */
  operator: 172,
  ellipsis: 173,
  /** The `}` that ends struct members or enumerators: no statement begins after it. */
  aggregateEnd: 174,
  open: 40,
  close: 41,
  openIndex: 91,
  closeIndex: 93,
  openBrace: 123,
  closeBrace: 125,
  semicolon: 59,
  comma: 44,
  star: 42,
  colon: 58,
  dot: 46,
  equals: 61,
  ampersand: 38,
  question: 63,
} as const;

/** The role of a directive token. */
export const Directive = { if: 1, ifdef: 2, ifndef: 3, elif: 4, elifdef: 5, else: 6, endif: 7 } as const;

/** What stands between a pair of brackets; also the role of a bracket token once that is known. */
export const Context = {
  unknown: 0,
  top: 1,
  block: 2,
  members: 3,
  enumerators: 4,
  initialiser: 5,
  call: 6,
  parameters: 7,
  expression: 8,
  control: 9,
  index: 10,
  /** The parentheses of an invocation that became a statement of its own by an added `;`. */
  statement: 11,
} as const;

export const isOpening = (kind: number): boolean => kind === K.open || kind === K.openIndex || kind === K.openBrace;
export const isClosing = (kind: number): boolean => kind === K.close || kind === K.closeIndex || kind === K.closeBrace;
export const isTypeWord = (kind: number): boolean => kind === K.aggregate || kind === K.type || kind === K.qualifier;
/** A keyword that only a statement can begin with. */
export const isStatementWord = (kind: number): boolean =>
  kind === K.jump || kind === K.control || kind === K.goto || kind === K.do || kind === K.case || kind === K.else;
