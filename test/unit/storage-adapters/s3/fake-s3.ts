// A server that says to S3's requests what a test wants it to say, and the adapter on it.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Config } from '../../../../src/base/config/bucket-s3.ts';
import type { Clock } from '../../../../src/base/runtime/clock.ts';
import { NodeClock } from '../../../../src/base/runtime/node-clock.ts';
import { NodeTimers } from '../../../../src/base/runtime/node-timers.ts';
import type { Timers } from '../../../../src/base/runtime/timers.ts';
import type { StoreRequest } from '../../../../src/bucket/bucket.ts';
import { openS3 } from '../../../../storage-adapters/s3/open-s3.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { s3Options } from './s3-options.ts';

/** What arrived. */
export interface Arrived {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What is said: a status, headers, a body. */
export interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface FakeS3Options {
  readonly config?: Partial<S3Config>;
  readonly world?: { readonly clock?: Clock; readonly timers?: Timers };
  /** Answers before the body was read, or not at all. */
  readonly atOnce?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** An XML error as S3 writes it. */
export function errorBody(code: string, message = 'said'): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}

/** Starts both. `stop` ends them. */
export async function fakeS3(
  answer: (request: Arrived) => Said,
  { config = {}, world = {}, atOnce }: FakeS3Options = {},
) {
  const arrived: Arrived[] = [];
  const server = createServer(async (request, response) => {
    if (atOnce?.(request, response) === true) return;
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece);
    } catch {
      return; // the adapter cut its request off
    }
    const { method = '', url = '', headers } = request;
    const one = { method, url, headers, body: Buffer.concat(pieces) };
    arrived.push(one);
    const { status = 200, headers: said = {}, body = '' } = answer(one);
    response.writeHead(status, said);
    response.end(method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const logger = new MemoryLogger();
  const told: StoreRequest[] = [];
  const opening = {
    ...{ clock: new NodeClock(), timers: new NodeTimers(), ...world },
    ...{ disk: new MemoryDisk(), random: new SeededRandom(1), logger },
  };
  const options = s3Options({ endpoint: `127.0.0.1:${port}`, insecure: true, ...config });
  const opened = openS3(options, opening);
  const bucket = opened.observedBy((request) => told.push(request));
  const stop = async () => {
    await bucket.close();
    server.close();
    server.closeAllConnections();
  };
  return { arrived, bucket, logger, told, port, stop };
}
