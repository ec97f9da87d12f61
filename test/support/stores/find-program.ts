// Object stores for tests are programs that package managers install: where they are looked for.

import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProcess } from '../e2e/processes.ts';

/** How long a server may take to answer after its start. */
const START_MS = 30_000;

/** The program's path; its bare name when it is nowhere, so that starting it says so. */
export function findProgram(name: string): string {
  const folders = [
    ...(process.env.PATH ?? '').split(':'),
    join(process.env.VARVE_PEERS ?? '/work/peers', 'bin'),
    join(homedir(), 'go', 'bin'),
    '/work/peers/bin',
    '/work/peers/azurite/node_modules/.bin',
  ];
  const paths = folders.filter((folder) => folder !== '').map((folder) => join(folder, name));
  return paths.find((path) => existsSync(path)) ?? name;
}

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
