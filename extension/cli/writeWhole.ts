import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../core/text/source.ts';
import { messageOf } from '../worker/systemErrors.ts';

/** Writes a file as a whole or not at all. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = join(dirname(file), `.${process.pid}.lockstep`);
  try {
    await writeFile(temporary, text);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new InputError(`${file}: it cannot be written (${messageOf(error)})`, { file });
  }
}
