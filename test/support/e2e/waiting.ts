// Waiting for the world, always with a limit.

import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly limitMs: number;
  readonly everyMs?: number;
  /** Added to the message when it takes too long. */
  readonly explain?: () => string;
}

/** Asks until the answer is not undefined or false; an error counts as "not yet". */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  { limitMs, everyMs = 100, explain }: WaitOptions,
): Promise<T> {
  const endMs = performance.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = answer;
    } catch (thrown) {
      last = thrown;
    }
    if (performance.now() > endMs) {
      const why = explain === undefined ? '' : `\n${explain()}`;
      throw new Error(`${what}: not within ${limitMs} ms (last: ${String(last)})${why}`);
    }
    await sleep(everyMs);
  }
}

/** TCP ports of 127.0.0.1 that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port was given');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
