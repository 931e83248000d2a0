import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskTree } from '../../extension/cli/diskTree.ts';
import { Mentions } from '../../extension/core/locks/barriers/mentions.ts';
import type { Judged, Verdict } from '../../extension/core/locks/barriers/search.ts';
import { ContractAnalyser } from '../../extension/core/locks/contracts.ts';
import { LineStarts } from '../../extension/core/locks/lines.ts';
import { loopMacros } from '../../extension/core/syntax/idioms.ts';
import { openIndex } from '../../extension/worker/indexStore.ts';
import { cacheFolder } from '../../extension/worker/keptFiles.ts';
import { measure } from './trees.ts';

const FOLDERS = ['mm', 'fs/ext4', 'kernel/locking', 'net/core', 'block', 'kernel'];

const VERDICTS: readonly Verdict[] = [
  'paired',
  'implied',
  'said',
  'device',
  'objects',
  'call',
  'elsewhere',
  'many',
  'alone',
  'unpaired',
];

const place = ({ site }: Judged): string =>
  `${site.definition.source.file}:${LineStarts.of(site.definition.source).position(site.barrier.at).line}`;

/** One line: where, what, and what became of it. */
const line = (j: Judged): string =>
  [
    place(j),
    `${j.site.definition.name}()`,
    j.site.barrier.name,
    j.verdict,
    j.other.by ? `${j.other.by.name} in ${j.other.by.definition.name}()` : '',
    `${j.other.functions} functions, ${j.files} files`,
    j.verdict === 'unpaired'
      ? j.other.unordered
          .slice(0, 3)
          .map(u => `${u.definition.name}(): ${u.first.word} then ${u.second.word}`)
          .join('; ')
      : '',
  ].join('\t');

/**
 * Takes every plain barrier away, one at a time, and looks whether another one of its file is then reported that was not
 * before.
 */
async function seeded(analyser: ContractAnalyser, all: readonly Judged[]): Promise<void> {
  const names = (judged: readonly Judged[]): string[] =>
    judged.filter(j => j.verdict === 'unpaired').map(j => `${j.site.definition.name} ${j.site.barrier.name}`);
  const by = new Map<string, { seeds: number; only: number; noticed: number }>();
  for (const { site, verdict } of all) {
    const { source } = site.definition;
    if (site.entry.device || site.entry.object !== undefined) continue;
    const end = source.text.indexOf(')', site.barrier.at) + 1;
    const blank = ' '.repeat(end - site.barrier.at);
    const text = `${source.text.slice(0, site.barrier.at)}${blank}${source.text.slice(end)}`;
    const partners = all.filter(
      j => j.other.by?.definition === site.definition && j.site.definition !== site.definition,
    );
    const files = new Set([source.file, ...partners.map(j => j.site.definition.source.file)]);
    await analyser.analysis(source.file, text);
    const after: Judged[] = [];
    for (const file of files)
      after.push(...(await analyser.judgedBarriers(file, file === source.file ? text : undefined)));
    await analyser.analysis(source.file, source.text);
    const key = site.barrier.name;
    const count = by.get(key) ?? { seeds: 0, only: 0, noticed: 0 };
    by.set(key, count);
    count.seeds++;
    const now = (j: Judged): Judged | undefined =>
      after.find(a => a.site.definition.name === j.site.definition.name && a.site.barrier.name === j.site.barrier.name);
    const lost = partners.filter(j => j.verdict === 'paired' && now(j)?.verdict !== 'paired');
    const before = names(all);
    const fresh = names(after).filter(name => !before.includes(name));
    if (lost.length) count.only++;
    if (fresh.length) count.noticed++;
    if (process.env.ALL)
      console.log(
        [
          ...[source.file, site.definition.name, site.barrier.name, verdict, `reported: ${fresh}`],
          ...lost.map(j => `${place(j)} ${j.site.barrier.name} was ${j.other.by?.name}, now ${now(j)?.verdict}`),
        ].join('\t'),
      );
  }
  console.log(
    '| taken away | seeds | the only partner found of another | another one reported |\n| --- | ---: | ---: | ---: |',
  );
  for (const [key, { seeds, only, noticed }] of [...by].sort())
    console.log(`| ${key}() | ${seeds} | ${only} | ${noticed} |`);
}

async function main(root: string, folders: readonly string[]): Promise<number> {
  const { index } = await openIndex({ root, cache: cacheFolder(), threads: 0 });
  const loops = loopMacros(readFileSync(join(root, '.clang-format'), 'utf8'));
  const began = performance.now();
  const tree = new DiskTree(root);
  const mentions = new Mentions(tree, () => index.paths());
  const analyser = new ContractAnalyser(tree, { loops, index, barriers: { index, mentions } });
  const wanted = folders.length ? folders : FOLDERS;
  const filesOf = (folder: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(f => f.endsWith('.c'))
      .map(f => `${folder}/${f}`)
      .sort();
  analyser.watch(wanted.flatMap(filesOf));
  console.log(`| folder | barriers | ${VERDICTS.join(' | ')} |`);
  console.log(`| --- | ---: | ${VERDICTS.map(() => '---: |').join(' ')}`);
  const all: Judged[] = [];
  for (const folder of wanted) {
    const judged: Judged[] = [];
    for (const file of filesOf(folder)) judged.push(...(await analyser.judgedBarriers(file)));
    const counts = VERDICTS.map(v => judged.filter(j => j.verdict === v).length);
    console.log(`| ${folder} | ${judged.length} | ${counts.join(' | ')} |`);
    all.push(...judged);
  }
  console.log(`\n${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  for (const j of new Map(all.map(j => [place(j), j])).values())
    if (process.env.ALL || j.verdict === 'unpaired') console.log(line(j));
  if (process.env.SEEDED) await seeded(analyser, [...new Map(all.map(j => [place(j), j])).values()]);
  return 0;
}

measure(__filename, main);
