import { parentPort, workerData } from 'node:worker_threads';
import { type JobFile, LexJob } from '../core/index/tree/job.ts';
import { fileReader } from './indexFiles.ts';

/** A thread that reads and lexes files for an index; `workerData` is the tree's folder. */
const port = parentPort!;
const job = new LexJob();
const read = fileReader(workerData as string);
port.on('message', (files: readonly JobFile[]) => {
  const result = job.run(files, read, Date.now());
  const { words, names, lengths } = result.batch;
  port.postMessage(result, [words.buffer, names.buffer, lengths.buffer] as ArrayBuffer[]);
});
