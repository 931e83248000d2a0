import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { idiomTables, loopMacros } from '../../extension/core/syntax/idioms.ts';
import { normalise } from '../../extension/core/syntax/normalise.ts';
import type { CParser } from '../../extension/core/syntax/parser.ts';
import { ctagsFunctions, type Tag } from '../support/ctags.ts';
import { testParser } from '../support/parser.ts';

const root = process.env.KERNEL_TREE ?? '';
const slice = ['mm/hugetlb_vmemmap.c', 'mm/ptdump.c', 'mm/pagewalk.c', 'arch/x86/mm/dump_pagetables.c'];
const includePath = ['arch/x86/include', 'include', 'arch/x86/include/uapi', 'include/uapi'];

const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** The files of the slice and every header of the tree that one of them reaches, whatever the configuration. */
function reached(): string[] {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, bracket, name] of read(file).matchAll(/^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]/gm)) {
      const near = bracket === '"' ? [dirname(file)] : [];
      const generic = name!.startsWith('asm/') ? [name!.replace('asm/', 'asm-generic/')] : [];
      const places = [...near, ...includePath].map(folder => join(folder, name!));
      const found = [...places, ...generic.map(g => join('include', g))].find(place => existsSync(join(root, place)));
      if (found) visit(found);
    }
  };
  slice.forEach(visit);
  return [...seen];
}

/**
 * Function definitions by another program, or without it by layout: a name in a line that begins in column 0, whose
 * parameter list is followed by a `{` alone on its line.
 */
function definitions(file: string): readonly Tag[] {
  try {
    return ctagsFunctions(root, [file]).get(file) ?? [];
  } catch {
    const text = read(file);
    // What macros define is no definition here.
    const plain = text.replace(/^[ \t]*#[ \t]*define(?:[^\\\n]|\\[\s\S])*$/gm, define => define.replace(/[^\n]/g, ' '));
    const found = [
      ...plain.matchAll(/^(?:[A-Za-z_][\w \t*\n]*?[\s*])(\w+)\([^;{}()]*(?:\([^;{}()]*\)[^;{}()]*)*\)[^;{}()=]*\n\{/gm),
    ];
    return found.map(match => {
      const at = match.index + match[0].indexOf(`${match[1]!}(`);
      return { name: match[1]!, line: text.slice(0, at).split('\n').length };
    });
  }
}

describe('syntax of the kernel slice', function () {
  this.timeout(120_000);
  let parser: CParser;
  let loops: string[];
  let files: string[];

  before(async () => {
    parser = await testParser();
    loops = loopMacros(read('.clang-format'));
    files = reached();
  });

  it('reads the loop macros of the tree', () => {
    assert.ok(loops.length > 300);
    assert.ok(loops.includes('list_for_each_entry'));
  });

  it('finds every function of the slice and its headers by name and line, without an error node', () => {
    const problems: string[] = [];
    let functions = 0;
    let expected = 0;
    for (const file of files) {
      const parsed = parser.parse(read(file), { loops });
      const found = new Map(parsed.functions().map(f => [`${f.name}:${f.line}`, f]));
      functions += found.size;
      for (const f of found.values()) if (f.hasError) problems.push(`${file}:${f.line}: ${f.name} has an error node`);
      for (const { name, line } of definitions(file)) {
        expected++;
        if (!found.has(`${name}:${line}`)) problems.push(`${file}:${line}: ${name} not found`);
      }
      parsed.dispose();
    }
    console.log(`      ${files.length} files, ${functions} functions, ${expected} of an independent list`);
    assert.deepEqual(problems, []);
    assert.ok(files.length > 300 && expected > 3000);
  });

  it('makes every loop macro of mm a loop', () => {
    const names = new Set(loops);
    const tables = idiomTables(loops);
    let count = 0;
    for (const file of [
      ...files,
      ...readdirSync(join(root, 'mm'))
        .filter(n => n.endsWith('.c'))
        .map(n => `mm/${n}`),
    ]) {
      const text = read(file);
      const normalised = normalise(text, tables).text;
      // Not in a directive or comment: the name stands first in its line, behind tabs.
      for (const match of text.matchAll(/^\t+(\w+)\(/gm)) {
        const at = match.index + match[0].indexOf(match[1]!);
        if (!names.has(match[1]!) || isContinuation(text, at)) continue;
        count++;
        assert.match(normalised.slice(at, at + 7), /^(?:for\(;;|if )/, `${file}: ${match[1]} at ${at}`);
      }
    }
    console.log(`      ${count} loop macros`);
    assert.ok(count > 300);
  });
});

/** Whether the offset is within a `#define` that goes on over several lines. */
function isContinuation(text: string, at: number): boolean {
  const before = text.slice(0, at).split('\n');
  return before.length > 1 && before.at(-2)!.endsWith('\\');
}
