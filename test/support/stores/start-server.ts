// Starting a local object store for a test: a port of its own, and waiting until it answers.

import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProcess } from '../e2e/processes.ts';

/** How long a server may take to answer after its start. */
const START_MS = 30_000;

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Resolves when the server answers at all. */
export async function answering(process: RunningProcess, url: string): Promise<void> {
  for (const begin = performance.now(); performance.now() - begin < START_MS; await sleep(50)) {
    if (process.end !== undefined) break;
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return;
  }
  throw new Error(`${process.name} does not answer\n${process.lastWords()}`);
}
