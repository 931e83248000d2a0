import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskTree } from '../../extension/cli/diskTree.ts';
import type { Judged, Verdict } from '../../extension/core/locks/barriers/search.ts';
import { ContractAnalyser } from '../../extension/core/locks/contracts.ts';
import { LineStarts } from '../../extension/core/locks/lines.ts';
import { loopMacros } from '../../extension/core/syntax/idioms.ts';
import { cacheFolder } from '../../extension/worker/indexCache.ts';
import { openIndex } from '../../extension/worker/indexStore.ts';
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

async function main(root: string, folders: readonly string[]): Promise<number> {
  const { index } = await openIndex({ root, cache: cacheFolder(), threads: 0 });
  const loops = loopMacros(readFileSync(join(root, '.clang-format'), 'utf8'));
  const began = performance.now();
  const analyser = new ContractAnalyser(new DiskTree(root), { loops, index, barriers: { index } });
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
  return 0;
}

measure(__filename, main);
