/**
 * Thrown through translated code to end the run: the thread hit a bug, or a loop never ends. The event that tells why
 * has been recorded before.
 */
export class Stop extends Error {
  override readonly name = 'Stop';
  constructor(
    readonly kind: 'bug' | 'limit',
    message: string,
    readonly at: { readonly file: string; readonly line: number; readonly function: string },
  ) {
    super(message);
  }
}
