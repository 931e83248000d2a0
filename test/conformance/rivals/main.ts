import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../../extension/core/report/documents.ts';
import { lockstep } from '../faults/checker.ts';
import type { Checker } from '../faults/judge.ts';
import { select } from '../faults/select.ts';
import { lockingText, sourceFiles } from '../faults/tree.ts';
import { providedTrees } from '../trees.ts';
import { type Checked, coccinelle, type Report, type Rival, refused, sparse } from './checkers.ts';
import { compare, type Result, tables } from './compare.ts';
import { type Indexed, indexers } from './indexers.ts';
import { type Prepared, prepared } from './prepare.ts';
import { missingPackages, timed } from './timed.ts';

/** Files with all their faults after which an analyser is let go, with what it has read. */
const FRESH = 80;

/**
 * Ours, in this process: what is shown when nothing is asked for (findings of high and medium confidence), and of that what is high. Each text is
 * checked once for both.
 */
function ours(make: () => Checker): Rival[] {
  let checker = make();
  const known = new Map<string, Checked & { readonly findings: readonly Finding[] }>();
  const checked = async (file: string, text: string): Promise<Checked & { readonly findings: readonly Finding[] }> => {
    const key = `${file}\n${text}`;
    let result = known.get(key);
    if (!result) {
      if (known.size % FRESH === FRESH - 1) checker = make();
      const began = performance.now();
      const cpu = process.cpuUsage();
      const { findings } = await checker.findings(file, text);
      const { user, system } = process.cpuUsage(cpu);
      result = {
        findings,
        reports: [],
        seconds: (performance.now() - began) / 1000,
        cpu: (user + system) / 1e6,
        mebibytes: process.resourceUsage().maxRSS / 1024,
      };
      known.set(key, result);
    }
    return result;
  };
  return (['Lockstep', 'Lockstep, high confidence'] as const).map(name => ({
    name,
    async check(file, text) {
      const result = await checked(file, text);
      const shown = result.findings.filter(
        f => !f.suppressed && (name === 'Lockstep' ? f.confidence !== 'low' : f.confidence === 'high'),
      );
      return { ...result, reports: shown.map(reportOf) };
    },
  }));
}

/** A finding as programs without confidence give them; the messages of its places belong to it. */
const reportOf = (f: Finding): Report => ({
  function: f.function,
  message: [f.kind, f.lock ?? '', f.text, ...f.related.map(r => r.message.replace(/\d+/g, 'N'))].join(' '),
});

/** sparse over every file below mm/ that defconfig builds. */
function sparseOfMm(tools: Prepared): { files: number; cpu: number; warnings: number } {
  let cpu = 0;
  let warnings = 0;
  const files = [...tools.commands].filter(([file]) => file.startsWith('mm/'));
  for (const [, args] of files) {
    const run = timed('sparse', args, { cwd: tools.folder });
    cpu += run.cpu;
    warnings += run.stderr.match(/context imbalance/g)?.length ?? 0;
  }
  return { files: files.length, cpu, warnings };
}

/**
 * Our findings of all of mm, built by defconfig or not: the command itself, as it is shipped, with the index from a cache. The
 * first time all is worked out; the second time nothing has changed, and the answer is the one that was kept.
 * Needs dist/ (npm run build).
 */
function oursOfMm(root: string): { files: number; cpu: number; again: number; findings: number } {
  const cli = join(__dirname, '../../../dist/cli.cjs');
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-cache-'));
  try {
    const env = { ...process.env, XDG_CACHE_HOME: folder };
    timed(process.execPath, [cli, 'index', root], { cwd: root, env });
    const check = () =>
      timed(process.execPath, [cli, 'check', 'mm', '--confidence', 'high', '--json'], { cwd: root, env });
    const first = check();
    const second = check();
    if (second.stdout !== first.stdout) throw new Error('the answer that was kept is another one');
    const { findings } = JSON.parse(first.stdout) as { findings: readonly unknown[] };
    return {
      files: sourceFiles(root, ['mm']).length,
      cpu: first.cpu,
      again: second.cpu,
      findings: findings.length,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const version = (command: string, flag = '--version'): string => {
  const { stdout, stderr } = spawnSync(command, [flag], { encoding: 'latin1' });
  return /\d+(?:\.\d+)+(?:p\d+)?/.exec(stdout + stderr)?.[0] ?? '';
};

const header = `# Against what reviewers use today

Written by \`npx tsx test/conformance/rivals/main.ts\`: every program on the same files, in one run, on one machine. The faults are seeded by
test/conformance/faults (one in one function, in a file that an x86-64 defconfig builds); *reported* is a report that the file without the
fault does not give and that is about the function that has it. *Elsewhere*: new reports about other functions. *As shipped*: reports on
the same files without any fault.`;

function indexTable(rows: readonly Indexed[], files: number): string {
  return [
    `| index of mm + kernel (${files} files) | seconds | CPU seconds | peak MiB |`,
    '| --- | ---: | ---: | ---: |',
    ...rows.map(r => `| ${r.name} | ${r.seconds.toFixed(2)} | ${r.cpu.toFixed(2)} | ${r.mebibytes.toFixed(0)} |`),
  ].join('\n');
}

async function main(): Promise<number> {
  const root = process.argv[2] ?? providedTrees()[0];
  if (!root) {
    console.log('no kernel tree: npm run kernel provides one');
    return 2;
  }
  const missing = missingPackages();
  if (missing.length > 0) {
    console.log(`programs to compare with are missing: apt-get install ${missing.join(' ')} libelf-dev libssl-dev`);
    return 2;
  }
  const tools = prepared(root);
  // MM=1: that comparison alone.
  if (process.env.MM) {
    const own = oursOfMm(root);
    const mm = sparseOfMm(tools);
    console.log(
      `sparse: ${mm.files} files, CPU ${mm.cpu.toFixed(1)} s; Lockstep: ${own.files} files, CPU ${own.cpu.toFixed(1)} s, again ${own.again.toFixed(1)} s`,
    );
    return 0;
  }
  const count = Number(process.env.FAULTS ?? 100);
  const seed = Number(process.env.SEED ?? 1);
  const original = (file: string): string => lockingText(root, file)!;
  const { mutants } = select([...tools.commands.keys()], file => lockingText(root, file), { count, seed });
  const files = new Set(mutants.map(m => m.file)).size;
  const scratch = mkdtempSync(join(tmpdir(), 'lockstep-rivals-'));
  try {
    const make = await lockstep(root);
    const rivals = [...(make ? ours(make) : []), sparse(tools, root, scratch), coccinelle(root, scratch)];
    const results: Result[] = [];
    for (const rival of rivals) {
      const progress = (done: number): void => {
        if (process.stderr.isTTY) process.stderr.write(`\r${rival.name}: ${done} of ${mutants.length}   `);
      };
      results.push(await compare(rival, mutants, original, progress));
    }
    const bad = mutants.flatMap(m => {
      const said = refused(tools, root, scratch, m.file, m.text);
      return said === undefined ? [] : [`${m.file}: ${m.function}: ${m.kind}: ${said}`];
    });
    const mm = sparseOfMm(tools);
    const own = make ? oursOfMm(root) : undefined;
    const listed = spawnSync('find', ['mm', 'kernel', '-name', '*.[ch]', '-type', 'f'], {
      cwd: root,
      encoding: 'utf8',
    });
    const indexed = listed.stdout.split('\n').filter(Boolean).sort();
    const text = [
      header,
      '',
      `${mutants.length} faults in ${files} files, seed ${seed}; ${bad.length} of them refused by gcc ${version('gcc')}. sparse ${version('sparse')}, ` +
        `coccinelle ${version('spatch')}, universal-ctags ${version('ctags')}, cscope ${version('cscope', '-V')}, global ${version('global')}; ` +
        `${cpus().length} CPUs (${cpus()[0]?.model.trim()}).`,
      '',
      tables(results, files),
      '',
      `sparse needs a configured tree: \`make defconfig\` and \`make prepare\` took ${tools.configureSeconds.toFixed(1)} s. Coccinelle and Lockstep need none.`,
      `sparse knows spinlocks and what is annotated, not mutexes; Coccinelle's scripts look at one function's text at a time.`,
      '',
      '| all of mm | files | CPU seconds | reports |',
      '| --- | ---: | ---: | ---: |',
      `| sparse, what defconfig builds | ${mm.files} | ${mm.cpu.toFixed(1)} | ${mm.warnings} context imbalance |`,
      ...(own
        ? [
            `| Lockstep, every .c file, index from the cache | ${own.files} | ${own.cpu.toFixed(1)} | ${own.findings} findings of high confidence |`,
            `| Lockstep, the same again, nothing changed | ${own.files} | ${own.again.toFixed(1)} | the same |`,
          ]
        : []),
      '',
      indexTable(indexers(root, indexed), indexed.length),
      '',
    ].join('\n');
    console.log(text);
    for (const line of [...bad, ...results.flatMap(r => r.failures.map(f => `${r.name}: ${f}`))]) console.log(line);
    writeFileSync(join(__dirname, '../../../docs/rivals.md'), text);
    return bad.length > 0 ? 1 : 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

void main().then(
  status => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  },
);
