import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { questionOf } from '../../../extension/core/locks/idioms.ts';
import { isNested, vocabularyOf } from '../../../extension/core/locks/vocabulary.ts';

const ROOM = join(__dirname, '../../../extension/core/locks');

/** C identifiers that the code of the room may name, by why. What a lock function does is said in grammars/locks.json alone. */
const ALLOWED: Readonly<Record<string, string>> = {
  'the language and its compilers':
    '__asm__ __typeof__ __alignof__ _Alignof __extension__ __builtin_expect __builtin_ _Generic NULL __VA_ARGS__',
  'predefined macros that decide an #if':
    '__ASSEMBLY__ __ASSEMBLER__ __cplusplus __CHECKER__ __GENKSYMS__ __KERNEL__ __GNUC__ __x86_64__ __LP64__ BUILD_VDSO BUILD_VDSO32',
  'options of the configuration': 'CONFIG_ IS_ENABLED IS_BUILTIN IS_REACHABLE MMU',
  'marks of types and variables, syntax to whoever reads a declaration':
    '__ __user __iomem __percpu __rcu __free gfp_t __free_',
  'macros of linux/cleanup.h that are statements and definitions':
    'CLASS EXTEND_CLASS DEFINE_FREE DEFINE_CLASS DEFINE_GUARD DEFINE_GUARD_COND DEFINE_LOCK_GUARD_0 DEFINE_LOCK_GUARD_1 DEFINE_LOCK_GUARD_1_COND DEFINE_LOCK_GUARD_2 scoped_guard scoped_cond_guard return_ptr no_free_ptr _T',
  'contexts of the CPU, which have no object to be named after': 'local_bh local_irq',
  'how allocators are called since they are accounted for': '_noprof',
  'an access, as the syntax of ++ is one': 'WRITE_ONCE',
  'gfp masks are constants, and what asks about one': '__GFP_ gfpflags_allow_blocking',
};
const allowed = new Set(Object.values(ALLOWED).flatMap(names => names.split(' ')));

function literals(text: string): string[] {
  const parts =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|import[^;]*?from '[^']*'[^;]*;|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"/g;
  return [...text.matchAll(parts)].map(m => m[1] ?? m[2] ?? '').filter(Boolean);
}

/** Lock functions, whatever they are called, and other identifiers of C that no word of English looks like. */
const isName = (word: string): boolean =>
  vocabularyOf(word) !== undefined || /^(?:\w*[a-z0-9]_[a-z0-9]\w*|_+\w+|[A-Z][A-Z0-9_]+)$/.test(word);

/** Words that are names of the kernel too. */
const WORDS = new Set(['current', 'min', 'max', 'sort', 'swap', 'down', 'up', 'yield', 'abs']);

describe('names in the code of the lock analysis', () => {
  const found = new Map<string, string>();
  for (const entry of readdirSync(ROOM, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    for (const word of literals(readFileSync(path, 'utf8'))) if (isName(word)) found.set(word, path.slice(ROOM.length));
  }

  it('no identifier of the kernel is in a literal, but for what the language is made of', () => {
    assert.deepEqual(
      [...found].filter(([word]) => !allowed.has(word) && !WORDS.has(word)),
      [],
    );
  });

  it('what is allowed is still needed', () => {
    assert.deepEqual(
      [...allowed].filter(word => !found.has(word) && isName(word)),
      [],
    );
    assert.ok(found.size > 30, `${found.size}`);
  });

  it('a name is seen in quotes, and in a comment not', () => {
    assert.deepEqual(literals("if (name === 'spin_lock') /* 'rtnl_lock' */ f(\"x\"); // 'y'"), ['spin_lock', 'x']);
    assert.ok(isName('spin_lock') && isName('IS_ERR') && !isName('missing-unlock') && !isName('acquire'));
  });

  it('what asks whether a pointer is an error is in the table', () => {
    assert.equal(questionOf('IS_ERR'), 'isError');
    assert.equal(questionOf('IS_ERR_OR_NULL'), 'isErrorOrNull');
    assert.equal(questionOf('PTR_ERR'), undefined);
  });

  it('a lock taken under its like is told by its name, but for the first of the kind', () => {
    assert.ok(isNested('mutex_lock_nested', []));
    assert.ok(isNested('down_write', ['inode_lock_nested']));
    assert.ok(!isNested('mutex_acquire', ['lock_sock', 'lock_sock_nested']));
  });
});
