import { join } from 'node:path';
import type { Notice } from '../core/index/tree/job.ts';
import type { IndexCounts } from '../core/index/tree/treeIndex.ts';
import { type OpenedIndex, openIndex } from '../worker/indexStore.ts';
import { cacheFolder } from '../worker/keptFiles.ts';
import { folder } from './diskTree.ts';
import type { Outcome } from './outcome.ts';

export interface IndexOptions {
  readonly folder?: readonly string[];
  readonly json?: boolean;
  /** commander's name for --no-cache. */
  readonly cache?: boolean;
}

/** Notices shown one by one; the rest are counted. */
const MOST_NOTICES = 20;

/** `lockstep index DIR`: builds or refreshes the index of a tree, and says what it holds and what it took. */
export async function index(dir: string, options: IndexOptions, signal: AbortSignal): Promise<Outcome> {
  const root = await folder(dir);
  const began = performance.now();
  const usage = process.cpuUsage();
  const notices: Notice[] = [];
  const show = progressLine();
  let opened: OpenedIndex;
  try {
    opened = await openIndex({
      root,
      ...(options.folder ? { folders: options.folder } : {}),
      ...(options.cache === false ? {} : { cache: cacheFolder() }),
      threadFile: join(__dirname, 'indexer.cjs'),
      signal,
      progress: (done, total) => show(`${megabytes(done)} of ${megabytes(total)} MB`),
      notice: notice => notices.push(notice),
    });
  } finally {
    show('');
  }
  const { user, system } = process.cpuUsage(usage);
  const { index: built, ...refreshed } = opened;
  const document = {
    version: 1,
    tree: root,
    folders: options.folder ?? [],
    counts: built.counts(),
    ...refreshed,
    seconds: round((performance.now() - began) / 1000),
    cpuSeconds: round((user + system) / 1e6),
    /** Of the whole process, at its most. */
    memoryMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    notices,
  };
  const text = options.json ? `${JSON.stringify(document, null, 2)}\n` : report(document);
  if (!opened.complete) return { text, status: 2, problem: 'stopped: the index is not whole, and not cached' };
  return { text, status: 0 };
}

interface Report {
  readonly counts: IndexCounts;
  readonly files: number;
  readonly read: number;
  readonly same: number;
  readonly removed: number;
  readonly bytes: number;
  readonly fromCache: boolean;
  readonly cacheFile: string | undefined;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly memoryMegabytes: number;
  readonly notices: readonly Notice[];
}

function report(r: Report): string {
  const lines = Object.entries(r.counts).map(([what, n]) => `${n.toLocaleString('en-US').padStart(12)}  ${what}`);
  const read =
    r.read === 0 ? 'nothing had to be read' : `${r.read} of ${r.files} files read (${megabytes(r.bytes)} MB)`;
  const unchanged = r.same > 0 ? `, ${r.same} of them with their old content` : '';
  const gone = r.removed > 0 ? `, ${r.removed} gone` : '';
  lines.push(
    '',
    `${read}${unchanged}${gone}; ${r.seconds} s, ${r.cpuSeconds} s of processor time, ${r.memoryMegabytes} MB of memory`,
    r.cacheFile === undefined ? 'not cached' : `${r.fromCache ? 'from and in' : 'cached in'} ${r.cacheFile}`,
  );
  for (const { file, message } of r.notices.slice(0, MOST_NOTICES)) lines.push(`${file}: ${message}`);
  if (r.notices.length > MOST_NOTICES) lines.push(`and ${r.notices.length - MOST_NOTICES} more such (--json has all)`);
  return `${lines.join('\n')}\n`;
}

/** One line on standard error that is written over, where that is a terminal. '' removes it. */
function progressLine(): (text: string) => void {
  let last = 0;
  return text => {
    if (!process.stderr.isTTY) return;
    const now = performance.now();
    if (text !== '' && now - last < 100) return;
    last = now;
    process.stderr.write(`\r\x1b[K${text}`);
  };
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
const round = (n: number): number => Math.round(n * 100) / 100;
