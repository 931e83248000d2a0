import assert from 'node:assert/strict';
import { decodeSource } from '../../../extension/core/text/decode.ts';
import { InputError } from '../../../extension/core/text/source.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const fails = (input: Uint8Array, message: RegExp, line?: number) =>
  assert.throws(
    () => decodeSource(input, 'mm/x.c'),
    (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, message);
      assert.equal(error.at?.file, 'mm/x.c');
      assert.equal(error.at?.line, line);
      assert.ok(!error.message.includes('\n'));
      return true;
    },
  );

describe('decoding source', () => {
  it('accepts an empty file, CRLF, non-ASCII text and form feeds', () => {
    assert.equal(decodeSource(new Uint8Array(), 'mm/x.c'), '');
    const text = 'int a;\r\n\f/* é — 🙂 */\r\nint b;\r\n';
    assert.equal(decodeSource(bytes(text), 'mm/x.c'), text);
  });
  it('drops a byte order mark', () => {
    assert.equal(decodeSource(Uint8Array.of(0xef, 0xbb, 0xbf, 0x78), 'mm/x.c'), 'x');
  });
  it('replaces invalid UTF-8', () => {
    assert.equal(decodeSource(Uint8Array.of(0x2f, 0x2f, 0xe9, 0x0a), 'mm/x.c'), '//\ufffd\n');
  });
  it('refuses a binary', () => {
    fails(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 0, 0), /^mm\/x\.c: not C source.*NUL/);
    fails(
      Uint8Array.from({ length: 64 }, (_, at) => 1 + (at % 7)),
      /control characters/,
    );
  });
  it('refuses a 5 MB line and names it', () => {
    fails(bytes(`int a;\nint b;\n${'1,'.repeat(2_500_000)}\nint c;\n`), /^mm\/x\.c:3: .*5000000 characters/, 3);
  });
});
