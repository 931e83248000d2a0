import assert from 'node:assert/strict';
import { type Argument, type FormatMachine, format } from '../../../extension/core/kernel/printk/format.ts';
import type { Ptr } from '../../../extension/core/machine/abi.ts';

const STRINGS: Readonly<Record<number, string>> = { [-0x7e000000]: 'pmd', [-0x7dfffff0]: 'Vmemmap' };
const PMD = -0x7e000000;
const VMEMMAP = -0x7dfffff0;
const FUNCTION = -0x7f000000;
const PHYS = -0x7d000000;

const machine: FormatMachine = {
  cstring: (p: Ptr, limit) => STRINGS[p]!.slice(0, limit),
  u64: p => (p === PHYS ? 0x1234000n : 0n),
  symbolAt: p => (p === FUNCTION ? 'walk_pmd_range+0x0' : undefined),
  warn: () => undefined,
  fault: text => {
    throw new Error(text);
  },
};

/** What lib/vsprintf.c of 6.1 prints. */
const CASES: [format: string, args: Argument[], shown: string][] = [
  ['plain % text'.replace('% ', '%% '), [], 'plain % text'],
  ['%d %i %u', [-5, 7, 4294967295], '-5 7 4294967295'],
  ['%5d|%-5d|%05d|%+d|% d', [42, 42, 42, 42, 42], '   42|42   |00042|+42| 42'],
  ['%05d|%-05d|%+05d', [-42, -42, 42], '-0042|-42  |+0042'],
  ['%.3d|%6.3d|%-6.3d|', [7, 7, 7], '007|   007|007   |'],
  // Unlike C: 0 counts beside a precision, a precision of 0 prints a zero, only signed conversions have a sign.
  ['%08.3d|%.0d|%+u|% x', [5, 0, 5, 5], '00000005|0|5|5'],
  ['%x %X %#x %#X %o %#o', [255, 255, 255, 255, 8, 8], 'ff FF 0xff 0XFF 10 010'],
  ['%#x|%#o|%#08x|%#10x|%-#10x|', [0, 0, 255, 255, 255], '0x0|0|0x0000ff|      0xff|0xff      |'],
  [
    '%lx %llx %lu %ld',
    [-1n, 0xffffea0000000000n, -1n, 0xffffffffffffffffn],
    'ffffffffffffffff ffffea0000000000 18446744073709551615 -1',
  ],
  ['%zu %zd %td %Lx', [10n, -10n, -3n, 16n], '10 -10 -3 10'],
  ['%hhx %hhd %hx %hd %hhu', [0x1ff, 0x1ff, 0x12345, 0x1ffff, -1], 'ff -1 2345 -1 255'],
  ['%u %x', [-1, -1], '4294967295 ffffffff'],
  ['%c|%3c|%-3c|', [65, 66, 67], 'A|  B|C  |'],
  ['%s|%6s|%-6s|%.2s|%6.1s|', [PMD, PMD, PMD, PMD, PMD], 'pmd|   pmd|pmd   |pm|     p|'],
  ['%s|%8s|%.3s', [0, 0, 0], '(null)|  (null)|(nu'],
  ['%s %s', [64, -12], '(efault) (efault)'],
  ['%*d|%-*d|%*d|%.*d', [5, 1, 5, 2, -5, 3, 3, 4], '    1|2    |3    |004'],
  ['%*s|%*s|', [6, PMD, -6, PMD], '   pmd|pmd   |'],
  ['%.*s|%.*s|', [2, PMD, -1, PMD], 'pm||'],
  ['%.s|%.d', [PMD, 3], 'pmd|3'],
  ['%5%|%-%', [], '%|%'],
  ['%p %px %pK', [-0x160000000000, 0x1000, 0], 'ffffea0000000000 0000000000001000 0000000000000000'],
  [
    '%20px|%-20px|%#px|%4px',
    [0x1000, 0x1000, 0x1000, 0x12345],
    '                1000|1000                |0x00000000001000|12345',
  ],
  [
    '%pS %ps %pB %30pS|',
    [FUNCTION, FUNCTION, FUNCTION, FUNCTION],
    `walk_pmd_range+0x0 walk_pmd_range walk_pmd_range+0x0 ${' '.repeat(12)}walk_pmd_range+0x0|`,
  ],
  ['%pS %ps', [0x1234, -16], '0x1234 0xfffffffffffffff0'],
  ['%pe %pe %pe %pe %pe', [-12, -517, -41, -4095, 0], '-ENOMEM -EPROBE_DEFER -41 -4095 0000000000000000'],
  ['%pa %pap %pad %pa', [PHYS, PHYS, PHYS, 0], '0x0000000001234000 0x0000000001234000 0x0000000001234000 (null)'],
  // Letters after an extension belong to it, known or not.
  ['%pGp, %pd2', [0x1000, 0x2000], '0000000000001000, 0000000000002000'],
  // A 64-bit integer given to %p keeps every bit.
  ['%px', [0x0123456789abcdefn], '0123456789abcdef'],
  // arch/x86/mm/dump_pagetables.c
  ['---[ %s ]---\n', [VMEMMAP], '---[ Vmemmap ]---\n'],
  [
    '0x%0*lx-0x%0*lx   ',
    [16, 0xffffea0000000000n, 16, 0xffffea0000200000n],
    '0xffffea0000000000-0xffffea0000200000   ',
  ],
  ['0x%0*lx-0x%0*lx   ', [16, 0n, 16, 0x1000n], '0x0000000000000000-0x0000000000001000   '],
  ['%9lu%c %s', [2n, 77, PMD], '        2M pmd'],
  ['%9lu%c %s', [0n, 69, PMD], '        0E pmd'],
  ['%-7s', [PMD], 'pmd    '],
];

describe('printk formats', () => {
  for (const [text, args, shown] of CASES)
    it(JSON.stringify(text), () => assert.equal(format(text, args, machine), shown));

  it('ends the text at a conversion that the kernel does not have, with a warning', () => {
    const warnings: string[] = [];
    const listening = { ...machine, warn: (text: string) => void warnings.push(text) };
    assert.equal(format('a %d %n %d', [1, 2, 3], listening), 'a 1 ');
    assert.equal(format('half %5', [], listening), 'half ');
    assert.equal(format('%f', [1], listening), '');
    assert.deepEqual(
      warnings.map(w => w.slice(0, 29)),
      ['Please remove unsupported %n ', 'Please remove unsupported % i', 'Please remove unsupported %f '],
    );
  });

  it('refuses a format that has more conversions than arguments', () => {
    assert.throws(() => format('%d %*d', [1, 2], machine), /no argument for %\*d/);
  });
});
