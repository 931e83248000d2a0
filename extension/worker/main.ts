import { parentPort } from 'node:worker_threads';
import { serve } from './dispatch.ts';
import type { ToWorker } from './protocol.ts';

/** The core in a thread of its own: contracts, models and runs leave the extension host free to answer the editor. */
const port = parentPort!;
const take = serve(message => port.postMessage(message));
port.on('message', (message: ToWorker) => take(message));
