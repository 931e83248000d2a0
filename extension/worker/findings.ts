import type { ContractAnalyser, FileAnalysis } from '../core/locks/contracts.ts';
import type { FindingsDocument, RelatedPlace } from '../core/report/documents.ts';
import { suppress } from '../core/report/suppression.ts';
import { readSuppressionFile, SUPPRESSION_FILE, type SuppressionRule } from '../core/report/suppressionFile.ts';
import { InputError, type SourceTree } from '../core/text/source.ts';
import { aborted } from './errors.ts';

/** A question that takes longer lets others in so often. In milliseconds. */
const SLICE = 8;

/** Between two functions of a long answer: lets messages in when it is time to; throws AbortError once cancelled. */
export function slices(signal?: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < SLICE) return;
    await new Promise(resolve => setImmediate(resolve));
    if (signal?.aborted) throw aborted();
    last = performance.now();
  };
}

/**
 * The findings of a text, suppressions marked as `lockstep check` marks them. A `.lockstep.json` that cannot be read is
 * told of in `notices`, and suppresses nothing. Functions are worked out with pauses between them, so that a hover is not
 * kept waiting by a large file; throws AbortError once cancelled.
 */
export async function findingsOf(
  tree: SourceTree,
  analyser: ContractAnalyser,
  { file, text, barriers }: { readonly file: string; readonly text: string; readonly barriers: boolean },
  signal?: AbortSignal,
): Promise<FindingsDocument> {
  const { rules, notices } = await rulesOf(tree);
  analyser.watch([file]);
  const pause = slices(signal);
  // Another question may bring another text of the file meanwhile: what is known of this one is then of no use.
  while (!(await workedOut(analyser, await analyser.analysis(file, text), pause)));
  const document = await analyser.findings(file, text, barriers);
  const found = suppress(document, f => (f === file ? text : undefined), rules, [file]);
  return notices.length ? { ...found, notices: [...(found.notices ?? []), ...notices] } : found;
}

/** Works out the functions of a file; false when the file has been replaced before all were. */
async function workedOut(
  analyser: ContractAnalyser,
  analysis: FileAnalysis,
  pause: () => Promise<void>,
): Promise<boolean> {
  const { root } = analysis;
  for (const definition of analysis.functions()) {
    await analysis.summary(definition);
    await pause();
    if ((await analyser.analysis(root.file)).root !== root) return false;
  }
  return true;
}

async function rulesOf(
  tree: SourceTree,
): Promise<{ readonly rules: readonly SuppressionRule[]; readonly notices: readonly RelatedPlace[] }> {
  const bytes = await tree.read(SUPPRESSION_FILE);
  if (!bytes) return { rules: [], notices: [] };
  try {
    return { rules: readSuppressionFile(new TextDecoder().decode(bytes)), notices: [] };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const at = { file: SUPPRESSION_FILE, line: error.at?.line ?? 1, column: error.at?.column ?? 1 };
    return { rules: [], notices: [{ ...at, message: `nothing here is ignored: ${error.message}` }] };
  }
}
