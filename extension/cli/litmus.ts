import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { MODEL } from '../core/explore/weak/lkmm.ts';
import { runLitmus } from '../core/litmus/run.ts';
import type { Colors } from '../core/report/contractText.ts';
import type { LitmusDocument } from '../core/report/documents.ts';
import { isOther, litmusText } from '../core/report/litmusText.ts';
import { decodeSource } from '../core/text/decode.ts';
import { messageOf } from '../worker/systemErrors.ts';
import type { Outcome } from './outcome.ts';

export interface LitmusOptions {
  readonly json?: boolean;
}

/** `lockstep litmus FILE…`: 0 when all are as they say of themselves, 1 when one is not, 2 when one could not be run. */
export async function litmus(
  files: readonly string[],
  options: LitmusOptions,
  signal: AbortSignal,
  colors?: Colors,
): Promise<Outcome> {
  const tests: LitmusDocument['tests'][number][] = [];
  for (const file of files) {
    const bytes = await readFile(file).catch((error: unknown) => messageOf(error));
    tests.push(
      typeof bytes === 'string'
        ? {
            ...{ name: basename(file), file, positive: 0, negative: 0, states: 0, flags: [], seconds: 0 },
            error: bytes,
          }
        : { ...(await runLitmus(basename(file), decodeSource(bytes, file), signal)), file },
    );
    if (signal.aborted) break;
  }
  const document: LitmusDocument = { version: 1, model: MODEL, tests };
  const text = options.json ? `${JSON.stringify(document)}\n` : litmusText(document, colors);
  const failed = tests.find(t => t.error !== undefined);
  if (failed) return { text, status: 2, problem: `${failed.file}: ${failed.error}` };
  return { text, status: tests.some(isOther) ? 1 : 0 };
}
