import { InputError, readingError } from '../core/text/source.ts';
import type { ErrorMessage } from './protocol.ts';

/** An error as plain data; {@link toError} makes it an error of the same kind again. */
export function fromError(thrown: unknown): ErrorMessage {
  const error = readingError(thrown);
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  // Subclasses of InputError have names of their own; what matters on the other side is whose mistake it is.
  if (error instanceof InputError) return { name: 'InputError', message, ...(error.at ? { at: error.at } : {}) };
  return { name, message, ...(stack ? { stack } : {}) };
}

export function toError({ name, message, stack, at }: ErrorMessage): Error {
  if (name === 'InputError') return new InputError(message, at);
  const error = new Error(message);
  error.name = name;
  if (stack) error.stack = stack;
  return error;
}

/** What a cancelled question is answered with. */
export function aborted(): Error {
  const error = new Error('cancelled');
  error.name = 'AbortError';
  return error;
}
