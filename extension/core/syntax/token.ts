/** One preprocessing token of C, with the place in the original source that a reader should be shown for it. */
export interface CToken {
  readonly kind: 'id' | 'num' | 'str' | 'chr' | 'punct';
  readonly text: string;
  readonly file: string;
  /** 1-based. For a token that came out of a macro: the line of the outermost invocation, so that it can be revealed. */
  readonly line: number;
  /** 1-based, UTF-16 units. */
  readonly column: number;
  /** White space stood before it (matters for #stringify). */
  readonly space: boolean;
  /** Macros that must not be expanded again in this token (C11 6.10.3.4). */
  readonly hide?: ReadonlySet<string>;
  /** A macro's name that expansion was told to keep: `##` and `#` still mean what it stands for. */
  readonly kept?: boolean;
}
