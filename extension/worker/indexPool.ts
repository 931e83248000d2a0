import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { type JobFile, type JobResult, LexJob } from '../core/index/tree/job.ts';
import { fileReader } from './indexFiles.ts';

/** Less than this is read by the thread that asks: starting threads, and warming them up, costs more. */
const WORTH_THREADS = 64 << 20;

interface Thread {
  readonly worker: Worker;
  taken: { resolve: (result: JobResult) => void; reject: (error: Error) => void } | undefined;
}

/**
 * Reads and lexes the files of a tree, in threads when there is much to read and `threadFile` is there, else here, giving
 * other work its turn between jobs.
 */
export class IndexPool {
  private readonly threads: Thread[] = [];
  private own: LexJob | undefined;

  constructor(
    private readonly root: string,
    private readonly most: number,
    private readonly threadFile: string | undefined,
  ) {}

  /** @returns how many jobs can be under way at once */
  begin(bytes: number): number {
    if (this.most < 1 || bytes < WORTH_THREADS || !this.threadFile || !existsSync(this.threadFile)) return 1;
    while (this.threads.length < this.most) {
      const thread: Thread = { worker: new Worker(this.threadFile, { workerData: this.root }), taken: undefined };
      const end = (error: Error): void => {
        thread.taken?.reject(error);
        thread.taken = undefined;
        const at = this.threads.indexOf(thread);
        if (at >= 0) this.threads.splice(at, 1);
      };
      thread.worker.on('message', (result: JobResult) => {
        const { taken } = thread;
        thread.taken = undefined;
        taken?.resolve(result);
      });
      thread.worker.on('error', end);
      thread.worker.on('exit', () => end(new Error('a thread of the index has ended')));
      this.threads.push(thread);
    }
    return this.threads.length;
  }

  async lex(files: readonly JobFile[]): Promise<JobResult> {
    const free = this.threads.find(thread => !thread.taken);
    if (free) {
      try {
        return await new Promise<JobResult>((resolve, reject) => {
          free.taken = { resolve, reject };
          free.worker.postMessage(files);
        });
      } catch {
        // A thread that ended (out of memory, say) is no reason to do without its files.
      }
    }
    this.own ??= new LexJob();
    const result = this.own.run(files, fileReader(this.root), Date.now());
    await new Promise(resolve => setImmediate(resolve));
    return result;
  }

  async close(): Promise<void> {
    const ending = this.threads.splice(0);
    await Promise.all(ending.map(thread => thread.worker.terminate()));
  }
}
