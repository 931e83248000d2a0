import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { idiomTables, loopMacros } from '../../extension/core/syntax/idioms.ts';
import { normalise } from '../../extension/core/syntax/normalise.ts';
import type { CParser } from '../../extension/core/syntax/parser.ts';
import { decodeSource } from '../../extension/core/text/decode.ts';
import { ownTokens } from '../support/cTokens.ts';
import { testParser } from '../support/parser.ts';

const root = process.env.KERNEL_TREE ?? '';
const read = (file: string) => decodeSource(new Uint8Array(readFileSync(join(root, file))), file);
const folders = [
  'mm',
  'kernel/locking',
  'kernel/sched',
  'fs/ext4',
  'net/core',
  'block',
  'include/linux',
  'arch/x86/mm',
];

/** What a rule of core/syntax writes over a token, and over what. Nothing else may stand where the original had a token. */
const RULES: readonly (readonly [rule: string, was: RegExp, is: RegExp])[] = [
  ['loops.ts: the head of a loop', /^\w+$/, /^(?:for\(;;|if|while)$/],
  ['arguments.ts: a type, or a piece of a statement, as a name', /^\S+$/, /^_\w*$|^_+$/],
  ['arguments.ts: statements as operands', /^;$/, /^,$/],
  ['attributes.ts: alignof as a call', /alignof/, /^x/],
  ['attributes.ts: assembly without its operands', /asm|"/, /^(?:asm|"")$/],
  ['functionHeads.ts: the comma after the name opens the parameters', /^,$/, /^\($/],
  ['functionHeads.ts: a name cut into a type and a name', /^\w{3,}$/, /^\w \w+$/],
  ['invocations.ts: an end in the place of the last argument', /^(?:,|\w+)$/, /^\)$/],
  ['invocations.ts: an end in the place of the last argument', /^\)$/, /^;$/],
  ['numbers.ts: digits that begin a name', /^\d\w*$/, /^_\w*$/],
  ['structure.ts: a range of cases', /^\.\.\.$/, /^\|$/],
  ['structure.ts: the address of a label', /^&&$/, /^&$/],
];

interface Change {
  readonly file: string;
  readonly line: number;
  readonly was: string;
  readonly is: string;
}

/** Tokens of the original that another stands in place of, in part or whole. Those blanked are none. */
function changes(file: string, text: string, out: string): { changed: Change[]; kept: number; blanked: number } {
  const changed: Change[] = [];
  let kept = 0;
  let blanked = 0;
  let line = 1;
  let at = 0;
  for (const { kind, text: was, start } of ownTokens(text)) {
    for (; at < start; at++) if (text.charCodeAt(at) === 10) line++;
    const is = out.slice(start, start + was.length);
    if (is === was) kept++;
    else if (is.trim() === '') blanked++;
    else if (kind !== 'directive') changed.push({ file, line, was, is: is.trim() });
  }
  return { changed, kept, blanked };
}

describe('tokens of the normalised text', function () {
  this.timeout(300_000);
  const files = folders.flatMap(folder =>
    readdirSync(join(root, folder))
      .filter(name => /\.[ch]$/.test(name))
      .map(name => `${folder}/${name}`),
  );
  let tables: ReturnType<typeof idiomTables>;
  let loops: string[];
  before(() => {
    loops = loopMacros(readFileSync(join(root, '.clang-format'), 'utf8'));
    tables = idiomTables(loops);
  });

  it('stand where they stood, or are blanked, or are what a rule writes', () => {
    const odd: string[] = [];
    const total = { kept: 0, blanked: 0, changed: 0 };
    for (const file of files) {
      const text = read(file);
      const out = normalise(text, tables).text;
      assert.equal(out.length, text.length, file);
      const { changed, kept, blanked } = changes(file, text, out);
      total.kept += kept;
      total.blanked += blanked;
      total.changed += changed.length;
      for (const { line, was, is } of changed)
        if (!RULES.some(([, over, by]) => over.test(was) && by.test(is)))
          odd.push(`${file}:${line}: ${JSON.stringify(was)} became ${JSON.stringify(is)}`);
    }
    console.log(
      `      ${files.length} files, tokens: ${total.kept} as they were, ${total.blanked} blanked, ${total.changed} written over`,
    );
    assert.ok(total.kept > 1_000_000);
    assert.deepEqual(odd.slice(0, 20), []);
  });

  it('have only ASCII written over them, and newlines stay', () => {
    const odd: string[] = [];
    for (const file of files) {
      const text = read(file);
      const out = normalise(text, tables).text;
      for (let at = 0; at < text.length; at++) {
        const [was, is] = [text.charCodeAt(at), out.charCodeAt(at)];
        // Only ASCII is ever written, and newlines stay.
        if (was !== is && (is > 126 || is < 32 || was === 10))
          odd.push(`${file} at ${at}: ${JSON.stringify(text.slice(at, at + 10))}`);
      }
    }
    assert.deepEqual(odd, []);
  });

  it('have the same line and column in the tree as in the original', async () => {
    const parser: CParser = await testParser();
    let leaves = 0;
    for (const file of files.filter((_f, i) => i % 8 === 0)) {
      const text = read(file);
      const parsed = parser.parse(text, { loops });
      const starts = [0];
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
      const cursor = parsed.root.walk();
      let last = 0;
      walk: for (;;) {
        if (cursor.gotoFirstChild()) continue;
        const { startIndex, endIndex, startPosition } = cursor;
        leaves++;
        assert.ok(
          startIndex >= last && endIndex <= text.length,
          `${file}: ${startIndex} to ${endIndex}, after ${last}`,
        );
        assert.equal(starts[startPosition.row]! + startPosition.column, startIndex, `${file} at ${startIndex}`);
        assert.ok(startIndex < (starts[startPosition.row + 1] ?? text.length + 1), `${file} at ${startIndex}`);
        last = startIndex;
        while (!cursor.gotoNextSibling()) if (!cursor.gotoParent()) break walk;
      }
      cursor.delete();
      parsed.dispose();
    }
    console.log(`      ${leaves} leaves`);
    assert.ok(leaves > 100_000);
  });
});
