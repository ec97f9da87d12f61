// The worker's side of a thread: makes the service and answers calls with it.

import { parentPort, workerData } from 'node:worker_threads';
import { VarveError } from '../errors/varve-error.ts';
import {
  type AnswerMessage,
  type CallMessage,
  packError,
  STARTED_ID,
  transferListOf,
} from './thread-messages.ts';
import type { Service, ThreadEntry } from './threads.ts';

/**
 * Serves this worker thread, if it was started as `entry`; elsewhere (a simulation imports the file
 * for what it exports) it does nothing. Makes the service from the settings given to
 * `Threads.start` and answers calls until the thread is terminated. To be called once, by the
 * thread's entry file. A service that cannot be made rejects the `start` of the caller with its
 * error.
 */
export async function serveThread<Settings>(
  entry: ThreadEntry,
  makeService: (settings: Settings) => Service | Promise<Service>,
): Promise<void> {
  const port = parentPort;
  const data: unknown = workerData;
  if (port === null || !isStartOf(data, entry)) return;
  const answer = (message: AnswerMessage, transfer: readonly ArrayBuffer[] = []): void => {
    port.postMessage(message, transfer);
  };
  let methods: ReadonlyMap<string, (argument: never) => Promise<unknown>>;
  try {
    const service = await makeService(data.settings as Settings);
    methods = new Map(Object.entries(service).map(([name, call]) => [name, call.bind(service)]));
  } catch (thrown) {
    answer({ id: STARTED_ID, error: packError(thrown) });
    port.unref(); // nothing is left to serve: the worker ends
    return;
  }
  port.on('message', async ({ id, method, argument }: CallMessage) => {
    try {
      const call = methods.get(method);
      if (call === undefined) throw new VarveError('internal', `no method ${method} in the thread`);
      const value = await call(argument as never);
      answer({ id, value }, transferListOf(value));
    } catch (thrown) {
      answer({ id, error: packError(thrown) });
    }
  });
  answer({ id: STARTED_ID, value: undefined });
}

/** What `Threads.start` hands to the worker. */
function isStartOf(data: unknown, entry: ThreadEntry): data is { settings: unknown } {
  return typeof data === 'object' && data !== null && 'entry' in data && data.entry === entry;
}
