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
  it('names an encoding that no compiler reads, in either order of bytes', () => {
    const text = 'int f(void)\n{\n\treturn 0;\n}\n';
    const wide = (width: 2 | 4, little: boolean): Uint8Array => {
      const view = new DataView(new ArrayBuffer((text.length + 1) * width));
      for (const [i, c] of [0xfeff, ...bytes(text)].entries())
        if (width === 2) view.setUint16(i * 2, c, little);
        else view.setUint32(i * 4, c, little);
      return new Uint8Array(view.buffer);
    };
    for (const little of [true, false]) {
      fails(wide(2, little), /^mm\/x\.c: it is UTF-16; kernel source is UTF-8 or Latin-1\. Convert it first\.$/);
      fails(wide(4, little), /^mm\/x\.c: it is UTF-32;/);
      fails(wide(2, little).slice(2), /^mm\/x\.c: not C source: byte \d is NUL/);
      fails(wide(4, little).slice(4), /^mm\/x\.c: not C source: byte \d is NUL/);
    }
  });
  it('refuses lines that end in CR alone, and takes a CR among others as the space that it is', () => {
    fails(bytes('int a;\rint b;\r'), /^mm\/x\.c: its lines end in CR alone; kernel source has LF/);
    for (const text of ['int a;\r', 'int a;\rint b;\n', '\r\n', '\r'])
      assert.equal(decodeSource(bytes(text), 'a.c'), text);
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
