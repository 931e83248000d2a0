import { idiomTables } from '../../extension/core/syntax/idioms.ts';
import { normalise } from '../../extension/core/syntax/normalise.ts';

const tables = idiomTables(['walk_each']);

/**
 * What must be true of the normaliser's result for any text, put as what is wrong: length, every newline and carriage
 * return in place, only ASCII written, ranges within the text. undefined: nothing is.
 */
export function shapeFault(text: string): string | undefined {
  try {
    const { text: out, annotations, inactive, defines } = normalise(text, tables);
    if (out.length !== text.length) return `length ${text.length} became ${out.length}`;
    for (let at = 0; at < text.length; at++) {
      const [was, is] = [text.charCodeAt(at), out.charCodeAt(at)];
      if (was === is) continue;
      if (was === 10 || is === 10) return `a newline at ${at}`;
      if (was === 13 || is < 32 || is > 126) return `unit ${was} became ${is} at ${at}`;
    }
    for (const { name, start, end } of [...annotations, ...defines])
      if (!(start >= 0 && start < end && end <= text.length)) return `${name} from ${start} to ${end}`;
    for (const { name, start } of annotations) if (!text.startsWith(name, start)) return `${name} is not at ${start}`;
    let last = 0;
    for (const [from, to] of inactive) {
      if (from < last || to < from || to > text.length) return `inactive from ${from} to ${to}, after ${last}`;
      last = to;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
