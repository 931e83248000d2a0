import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContractAnalyser } from '../../extension/core/locks/contracts.ts';
import { guardDefinitions, guardFunctions } from '../../extension/core/locks/guardClasses.ts';
import { heldLines } from '../../extension/core/locks/heldLines.ts';
import { type Definition, type Scanned, scan } from '../../extension/core/locks/scan.ts';
import { guardOf, guards, vocabulary, vocabularyOf } from '../../extension/core/locks/vocabulary.ts';
import { loopMacros } from '../../extension/core/syntax/idioms.ts';
import type { SourceTree } from '../../extension/core/text/source.ts';
import { providedTrees } from '../conformance/trees.ts';

/** Headers whose functions are the kernel's locking interfaces. */
const HEADERS =
  /^include\/linux\/(?:spinlock\w*|rwlock\w*|mutex|rwsem|percpu-rwsem|semaphore|seqlock|local_lock\w*|bit_spinlock|list_bl|rcupdate\w*|rcutree|srcu|preempt|irqflags|bottom_half|hardirq|ww_mutex|rtmutex|lockref|osq_lock|hwspinlock|mmap_lock|cpu|cpuhplock|rtnetlink|tty_ldisc|refcount|lockdep|highmem-internal|pagemap|console)\.h$/;
/** Names that say that a lock changes hands. */
const VERB =
  /(?:^|_)(?:un|try)?lock(?:_|$)|(?:^|_)trylock|(?:^|_)(?:down|up)_(?:read|write)(?:_|$)|^(?:down|up)(?:_|$)|seqcount_(?:begin|end)|sequnlock|preempt_(?:dis|en)able|local_(?:irq|bh)_(?:dis|en)able|irq_(?:save|restore)$/;
/** Names that the verb is in, of functions that take and let go of nothing. */
const NO_LOCKS: readonly [RegExp, string][] = [
  [
    /init|_key$|_class$|alloc|free|destroy|bust|(?:un)?register|request|get_id|_fini$/,
    'makes a lock, finds one or ends its life',
  ],
  [/is_(?:read_|write_)?locked|is_held|_held$|_held_type$|is_contended|needbreak|isheld|_locked$|is_dead/, 'asks'],
  [
    /trace|lockdep|_acquire\w*$|_release$|_contended|_acquired|bogus|_blocked$|might_lock|recursive$|_cmp_fn$/,
    'bookkeeping',
  ],
  [
    /^lock_(?:set|is|pin|unpin|repin|sync|acquire|release|downgrade|map|cmp)|^rcu_(?:read_)?lock_(?:acquire|release)/,
    'bookkeeping',
  ],
  [/^(?:spinlock_check|in_lock_functions|lock_system_sleep|rtnl_lock_is)/, 'no operation on a lock'],
  [/strict$|_special$|(?:un)?lock_wait$|^smp_mb__|wake_up_|lockname/i, 'part of another operation'],
  [/^read_seqbegin_or_lock|^need_seqretry|^done_seqretry/, 'takes it or not by a number: the caller passes it on'],
];

function files(root: string, folder: string, ending: RegExp): string[] {
  const at = join(root, folder);
  if (!existsSync(at)) return [];
  return readdirSync(at, { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory()
      ? files(root, `${folder}/${entry.name}`, ending)
      : ending.test(entry.name)
        ? [`${folder}/${entry.name}`]
        : [],
  );
}

const SOURCES = 'include arch/x86/include kernel mm lib net/core drivers/hwspinlock drivers/tty fs/ext4'.split(' ');

const other = providedTrees().find(path => path.endsWith('6.12'));

for (const version of ['6.1', '6.12'] as const) {
  const root = (version === '6.1' ? process.env.KERNEL_TREE : other) ?? '';
  if (!existsSync(join(root, 'Kbuild'))) continue;

  describe(`the lock vocabulary against Linux ${version}`, function () {
    this.timeout(180_000);
    const scanned = new Map<string, Scanned>();
    const definitions = new Map<string, Definition[]>();

    before(() => {
      for (const folder of SOURCES) {
        for (const file of files(root, folder, /\.[ch]$/)) {
          const source = scan(file, readFileSync(join(root, file), 'utf8'), undefined);
          scanned.set(file, source);
          for (const [name, list] of source.definitions) {
            const known = definitions.get(name);
            if (known) known.push(...list);
            else definitions.set(name, [...list]);
          }
        }
      }
    });

    const effectOf = (name: string): string | undefined => vocabularyOf(name)?.effect;
    const LOCKS = /^(?:acquire|release|downgrade)$/;
    const leading = new Map<string, boolean>();

    /** Whether some definition of `name` comes, by calls, to a listed operation on a lock. */
    function leads(name: string, depth = 0): boolean {
      if (vocabularyOf(name)) return LOCKS.test(effectOf(name)!);
      const known = leading.get(name);
      if (known !== undefined || depth > 6) return known ?? false;
      leading.set(name, false);
      const found = (definitions.get(name) ?? []).some(d => {
        const body = d.source.text.slice(d.bodyStart, d.end).replace(/\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"/g, ' ');
        return [...body.matchAll(/\b[A-Za-z_]\w*/g)].some(([word]) => word !== name && leads(word, depth + 1));
      });
      leading.set(name, found);
      return found;
    }

    /** Functions that a header declares or defines, and macros: names with whether the head is annotated. */
    function interfaces(source: Scanned): Map<string, boolean> {
      const out = new Map<string, boolean>();
      const ANNOTATED = /\b__(?:cond_)?(?:acquires|releases)\s*\(/;
      for (const [name, list] of source.definitions)
        out.set(
          name,
          list.some(d => d.kind === 'function' && ANNOTATED.test(d.source.text.slice(d.nameStart, d.bodyStart))),
        );
      const bare = source.text.replace(/\/\*[\s\S]*?\*\//g, ' ');
      for (const [all, name] of bare.matchAll(
        /^(?:extern |static |void |int |bool |unsigned |long |asmlinkage |__must_check )[^;{}()=]*?\b(\w+)\s*\([^;{}]*?\)[^;{}=]*;/gm,
      ))
        if (!out.get(name!)) out.set(name!, ANNOTATED.test(all));
      return out;
    }

    it('every locking interface is listed, or its C leads to what is', () => {
      const counts = { listed: 0, inferred: 0, excepted: 0, annotated: 0 };
      const missing: string[] = [];
      for (const [file, source] of scanned) {
        if (!HEADERS.test(file)) continue;
        for (const [name, annotated] of interfaces(source)) {
          if (!annotated && (!VERB.test(name) || /^_?_?[A-Z]/.test(name))) continue;
          if (annotated) counts.annotated++;
          if (vocabularyOf(name)) counts.listed++;
          else if (leads(name)) counts.inferred++;
          else if (!annotated && NO_LOCKS.some(([pattern]) => pattern.test(name))) counts.excepted++;
          else missing.push(`${file} ${name}`);
        }
      }
      console.log(`      ${JSON.stringify(counts)}`);
      assert.deepEqual(missing, []);
      assert.ok(counts.listed > 150 && counts.inferred > 30, JSON.stringify(counts));
    });

    it('no wrapper is listed whose C shows all that it does', () => {
      const wrappers: string[] = [];
      for (const name of [
        'mmap_read_lock',
        'inode_lock',
        'task_lock',
        'hlist_bl_lock',
        'console_lock',
        'dma_resv_lock',
        'lock_task_sighand',
        'lock_sock',
        'lock_sock_fast',
      ]) {
        assert.equal(vocabularyOf(name), undefined, name);
        if (definitions.has(name)) {
          assert.ok(leads(name), name);
          wrappers.push(name);
        }
      }
      assert.ok(wrappers.length >= 5, wrappers.join(' '));
    });

    if (version === '6.1')
      it('what is listed for where no definition is reached is what the definition is inferred to do', async () => {
        const tree: SourceTree = {
          label: version,
          read: async path =>
            existsSync(join(root, path)) ? new Uint8Array(readFileSync(join(root, path))) : undefined,
          list: async path => (existsSync(join(root, path)) ? readdirSync(join(root, path)) : undefined),
        };
        const analyser = new ContractAnalyser(tree, { loops: [] });
        const odd: string[] = [];
        let compared = 0;
        for (const [name, entry] of vocabulary) {
          if (!entry.fallback) continue;
          const d = definitions.get(name)?.find(one => one.kind === 'function' && one.source.file.endsWith('.c'));
          if (!d) continue;
          const contract = await analyser.requireContract(d.source.file, name);
          const facts = entry.effect === 'acquire' ? contract.acquires : contract.releases;
          const [fact] = facts;
          const says = String(entry.lock).replace(/^.*->|&/, '');
          const lock = typeof entry.lock === 'number' ? /^\w+$/ : new RegExp(`\\b${says}$`);
          compared++;
          if (facts.length !== 1 || !lock.test(fact!.lock) || fact!.mode !== entry.mode)
            odd.push(`${name}: ${JSON.stringify(facts.map(f => [f.lock, f.mode]))}`);
          if (entry.sleeps && !contract.maySleep) odd.push(`${name}: never sleeps`);
        }
        assert.deepEqual(odd, []);
        assert.ok(compared >= 15, `${compared}`);
      });

    it('what allocates by a mask has an argument for it', () => {
      const without: string[] = [];
      let seen = 0;
      for (const [name, { effect }] of vocabulary) {
        // mempool_resize() has a mask of its own.
        if (effect !== 'alloc' || name === 'mempool_resize') continue;
        for (const d of definitions.get(name) ?? []) {
          if (d.kind !== 'function') continue;
          seen++;
          if (!/gfp|flags|priority/.test(d.source.text.slice(d.nameStart, d.bodyStart)))
            without.push(`${d.source.file} ${name}`);
        }
      }
      assert.deepEqual(without, []);
      assert.ok(seen > 40, `${seen}`);
    });

    it('guard classes: listed as the tree defines them, or followed', () => {
      const counts = { listed: 0, followed: 0 };
      const odd: string[] = [];
      for (const [file, source] of scanned) {
        if (file === 'include/linux/cleanup.h' || /selftest/.test(file)) continue;
        for (const { macro, args } of guardDefinitions(source)) {
          if (!/^DEFINE_(?:LOCK_)?GUARD/.test(macro)) continue;
          const name = macro.endsWith('_COND') ? `${args[0]}${args[1]}` : args[0]!;
          const guard = guardOf(name);
          const calls = [
            ...args
              .slice(1)
              .join(' ')
              .matchAll(/\b\w+(?=\()/g),
          ].map(([call]) => call);
          if (!guard) {
            const made = guardFunctions(source);
            if (['constructor', 'destructor'].every(f => made.has(`class_${name}_${f}`))) counts.followed++;
            else odd.push(`${file} ${name}: neither listed nor followed`);
            continue;
          }
          counts.listed++;
          if (!calls.includes(guard.acquire)) odd.push(`${file} ${name} calls ${calls}, not ${guard.acquire}`);
          if (!guard.base && !calls.includes(guard.release))
            odd.push(`${file} ${name} calls ${calls}, not ${guard.release}`);
          if (guard.base !== (macro.endsWith('_COND') ? args[0] : undefined))
            odd.push(`${file} ${name}: base ${guard.base}`);
          const isZero = /==\s*0/.test(args.at(-1)!);
          if (guard.conditional && (guard.conditional === 'zero') !== isZero)
            odd.push(`${file} ${name}: ${guard.conditional}`);
        }
      }
      console.log(`      ${JSON.stringify(counts)}`);
      assert.deepEqual(odd, []);
      if (version === '6.12') {
        assert.ok(counts.listed >= guards.size - 2, `${counts.listed} of ${guards.size}`);
        assert.ok(counts.followed >= 8, `${counts.followed}`);
      }
    });

    if (version === '6.12') {
      it('what a guard() of a real file takes is held on the next line, and by nobody after the function', async () => {
        const tree: SourceTree = {
          label: version,
          read: async path =>
            existsSync(join(root, path)) ? new Uint8Array(readFileSync(join(root, path))) : undefined,
          list: async path => (existsSync(join(root, path)) ? readdirSync(join(root, path)) : undefined),
        };
        const analyser = new ContractAnalyser(tree, {
          loops: loopMacros(readFileSync(join(root, '.clang-format'), 'utf8')),
        });
        const missed: string[] = [];
        let [sites, functions] = [0, 0];
        for (const file of [
          'sound/core/timer.c',
          'sound/core/pcm_native.c',
          'sound/core/init.c',
          'kernel/irq/msi.c',
          'drivers/gpio/gpio-sim.c',
          'kernel/ptrace.c',
          'sound/core/control.c',
          'sound/core/rawmidi.c',
          'sound/core/seq/seq_clientmgr.c',
          'drivers/gpio/gpiolib.c',
        ]) {
          const text = readFileSync(join(root, file), 'utf8');
          const lines = text.split('\n');
          const held = await heldLines(analyser, file, { text });
          const guarded = new Set<string>();
          const { functions: read } = await analyser.contracts(file);
          const starts = read.map(f => f.line);
          for (const [i, line] of lines.entries()) {
            const [, name] = /^\t+guard\((\w+)\)\(.*\);$/.exec(line) ?? [];
            const guard = name ? guardOf(name) : undefined;
            if (!guard) continue;
            // In a branch of #if that is not taken.
            const head = lines.slice(0, i).findLastIndex(l => /^\w.*\(/.test(l));
            if (!starts.some(start => Math.abs(start - 1 - head) <= 2)) continue;
            const around = held.find(f => f.first <= i + 1 && i + 1 <= f.last);
            const next = around?.lines.filter(l => l.line > i + 1).sort((a, b) => a.line - b.line)[0];
            // The last statement of its scope has nothing after it.
            if (around && !next) continue;
            sites++;
            if (around) guarded.add(around.name);
            if (!next?.held.some(h => h.line === i + 1 && h.primitive === guard.acquire && !h.maybe))
              missed.push(`${file}:${i + 1} ${line.trim()}`);
          }
          for (const name of guarded) {
            functions++;
            const contract = await analyser.requireContract(file, name);
            for (const exit of contract.exits)
              for (const fact of exit.held)
                if (/\bguard\(/.test(lines[fact.line - 1] ?? ''))
                  missed.push(`${file}:${exit.line} ${name} leaves ${fact.lock}`);
          }
        }
        console.log(`      ${sites} guards in ${functions} functions`);
        assert.deepEqual(missed, []);
        assert.ok(sites > 80 && functions > 60);
      });
    }

    if (version === '6.1') {
      it('every name listed is in one of the trees', () => {
        const names = new Set(vocabulary.keys());
        const roots = other ? [root, other] : [root];
        for (const one of roots) {
          for (const folder of [...SOURCES, 'fs', 'drivers/base', 'block', 'arch/x86']) {
            for (const file of files(one, folder, /\.[chS]$/)) {
              for (const [word] of readFileSync(join(one, file), 'utf8').matchAll(/\b[A-Za-z_]\w*/g))
                names.delete(word);
            }
          }
        }
        if (roots.length === 2) assert.deepEqual([...names], []);
        else assert.ok(names.size < 80, [...names].join(' '));
      });
    }
  });
}
