// /-/ready tells the truth: 503 while the log is replayed and while requests under way are finished,
// and writers are told to come again.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeBodyV1 } from '../../src/write/wire/encode-request.ts';
import { httpCall } from '../support/e2e/http-calls.ts';
import { Processes } from '../support/e2e/processes.ts';
import { V1_HEADERS } from '../support/e2e/recording-sender.ts';
import { VarveProcess } from '../support/e2e/varve-process.ts';
import { waitFor } from '../support/e2e/waiting.ts';

const dir = mkdtempSync(join(tmpdir(), 'varve-readiness-'));
const processes = new Processes();
let varve: VarveProcess;
beforeAll(async () => {
  varve = await VarveProcess.prepare(processes, { dataDir: join(dir, 'varve') });
  await varve.start();
});
afterAll(async () => {
  await processes.endAll();
  rmSync(dir, { recursive: true, force: true });
});

/** A request of `count` series that only this `part` has. */
function bodyOf(part: number, count: number): Uint8Array {
  const timeMs = Date.now();
  return encodeBodyV1(
    Array.from({ length: count }, (_, index) => ({
      labels: [
        ['__name__', 'filling'],
        ['index', String(index)],
        ['part', String(part)],
      ] as const,
      samples: [{ timeMs, value: index }],
    })),
  );
}

function write(body: Uint8Array) {
  const url = `${varve.writeOrigin}/api/v1/write`;
  return httpCall(url, { method: 'POST', headers: V1_HEADERS, body });
}

test('while replaying: not ready, writers come again', async () => {
  for (let part = 0; part < 12; part++) {
    expect((await write(bodyOf(part, 10_000))).status).toBe(204);
  }
  await varve.kill();
  const body = bodyOf(0, 1);
  varve.launch();
  const seen: string[] = [];
  await waitFor(
    'varve is ready',
    async () => {
      const { status, text } = await httpCall(`${varve.writeOrigin}/-/ready`);
      if (status === 200) return true;
      const written = await write(body);
      seen.push(`${status} ${text}${written.status} ${written.headers['retry-after']} seconds`);
      return false;
    },
    { limitMs: 60_000, everyMs: 2, explain: () => varve.process.lastWords() },
  );
  expect(seen.length).toBeGreaterThan(0);
  expect(seen[0]).toMatch(/^503 Varve is not ready: .*replaying.*\.\n503 [1-9]\d* seconds$/);
  expect((await write(body)).status).toBe(204);
});

/** A connection that has had one answer already. */
async function usedConnection(): Promise<Socket> {
  const { hostname, port } = new URL(varve.writeOrigin);
  const socket = connect(Number(port), hostname);
  socket.setEncoding('utf8');
  socket.write('GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await nextAnswer(socket)).toMatch(/^HTTP\/1.1 200 /);
  return socket;
}

async function nextAnswer(socket: Socket): Promise<string> {
  const [text] = (await once(socket, 'data')) as [string];
  return text;
}

test('while draining: not ready, what is under way is answered', async () => {
  const [asking, writing] = await Promise.all([usedConnection(), usedConnection()]);
  const body = bodyOf(99, 10);
  const head = Object.entries(V1_HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
  writing.write(`POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n`);
  writing.write(`${head.join('')}\r\n`);
  writing.write(body.subarray(0, 20));
  asking.write('GET /-/ready HTTP/1.1\r\n');
  await sleep(200);
  varve.process.signal('SIGTERM');
  await waitFor('the drain has begun', () => varve.process.stderr.includes('msg=ending'), {
    limitMs: 5000,
    explain: () => varve.process.lastWords(),
  });
  await sleep(100);
  asking.write('Host: x\r\n\r\n');
  expect(await nextAnswer(asking)).toMatch(/^HTTP\/1.1 503 [\s\S]*Varve is not ready: /);
  writing.write(body.subarray(20));
  expect(await nextAnswer(writing)).toMatch(/^HTTP\/1.1 204 /);
  expect(await varve.process.ended).toEqual({ code: 0, signal: null });
});
