import type { TraceDocument } from '../core/report/documents.ts';
import { InputError } from '../core/text/source.ts';

const LISTS = ['threads', 'events', 'locks', 'output', 'unmodelled', 'invariants', 'tables'] as const;

/** Reads a saved trace; throws InputError that says what is wrong with the file. */
export function readTrace(text: string, file: string): TraceDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(
      `no JSON (${error instanceof Error ? error.message : error}). Pick a trace that Save Trace wrote.`,
      {
        file,
      },
    );
  }
  if (typeof value !== 'object' || value === null)
    throw new InputError('no trace. Pick one that Save Trace wrote.', { file });
  const trace = value as Record<string, unknown>;
  if (trace['version'] !== 1)
    throw new InputError(
      `a trace of version ${String(trace['version'])}; this Lockstep reads version 1. Run the scenario again.`,
      {
        file,
      },
    );
  const missing = LISTS.find(name => !Array.isArray(trace[name]));
  if (missing || typeof trace['scenario'] !== 'string' || typeof trace['end'] !== 'object')
    throw new InputError(`no trace: "${missing ?? 'scenario'}" is missing. Pick one that Save Trace wrote.`, { file });
  return value as TraceDocument;
}
