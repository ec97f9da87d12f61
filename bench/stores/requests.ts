// What the object store is asked for: requests and bytes for each uploaded block and for an hour in
// which nothing happens, by operation, for each store. As Varve's own ledger counts them, which the
// stores bill by.
//
// `node dist/bench/run.js store-requests`. BENCH_IDLE_SECONDS is for how long it looks at a Varve
// that nobody writes to; the figures an hour are made of that.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeBodyV1 } from '../../src/write/wire/encode-request.ts';
import type { Part } from '../side-by-side/parts.ts';
import { type Running, VARVE } from '../side-by-side/servers.ts';
import type { Figures, PartFigures } from '../side-by-side/targets.ts';
import { programPath, STORES, type StoreKind } from './stores.ts';

const IDLE_SECONDS = Number(process.env.BENCH_IDLE_SECONDS ?? 90);
const SERIES = 2_000;
const SAMPLES_EACH = 120;
const STEP_MS = 15_000;
const WINDOW_MS = 7_200_000;
/** Index, one chunk file, meta.json. */
const FILES_OF_BLOCK = 3;

/** A row of /api/v1/objstore/requests. */
interface Row {
  readonly purpose: string;
  readonly class: string;
  readonly operation: string;
  readonly requests: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** Uploads a block to each store that is there. */
export const storeRequests: Part = async ({ dir, nowMs }) => {
  const figures: Record<string, Figures> = {};
  for (const kind of STORES) {
    if (kind.program !== undefined && programPath(kind.program) === undefined) {
      console.error(`${kind.program} is not installed and left out`);
      continue;
    }
    figures[kind.name] = await ofStore(kind, join(dir, kind.name.replace(/\W+/g, '-')), nowMs);
  }
  return { 'store-requests': { ...figures, varve: worstOf(figures) } };
};

async function ofStore(kind: StoreKind, dir: string, nowMs: number): Promise<Figures> {
  mkdirSync(dir, { recursive: true });
  const store = await kind.start(join(dir, 'store'));
  Object.assign(process.env, store.env);
  const flags = [`--objstore.config=${JSON.stringify(store.config)}`];
  const varve = await VARVE.start(join(dir, 'varve'), flags);
  try {
    // What is asked once a process (may it, does it know checksums) is no cost of a block.
    await send(varve, nowMs - WINDOW_MS);
    await flush(varve);
    await send(varve, nowMs);
    const before = await requests(varve);
    const blocks = await flush(varve);
    const uploading = difference(await requests(varve), before);
    const idleBefore = await requests(varve);
    await sleep(IDLE_SECONDS * 1000);
    const idling = difference(await requests(varve), idleBefore);
    const perHour = 3600 / IDLE_SECONDS;
    print(kind.name, uploading, 1 / blocks, 'a block');
    print(kind.name, idling, perHour, 'an idle hour');
    return {
      blocks,
      requestsPerFile: sum(uploading, ['write', 'read']) / blocks / FILES_OF_BLOCK,
      listsPerBlock: sum(uploading, ['list']) / blocks,
      sentBytesPerBlock: bytes(uploading, 'sentBytes') / blocks,
      receivedBytesPerBlock: bytes(uploading, 'receivedBytes') / blocks,
      requestsPerIdleHour: sum(idling, ['write', 'read', 'list', 'delete']) * perHour,
      listsPerIdleHour: sum(idling, ['list']) * perHour,
    };
  } finally {
    await varve.process.end('SIGTERM');
    await store.end();
    for (const name of Object.keys(store.env)) delete process.env[name];
  }
}

/** Series of one window of two hours that is over. */
async function send({ writePort }: Running, nowMs: number): Promise<void> {
  const startMs = Math.floor(nowMs / WINDOW_MS) * WINDOW_MS - WINDOW_MS;
  const step = 40;
  for (let first = 0; first < SERIES; first += step) {
    const series = Array.from({ length: step }, (_, i) => ({
      labels: [
        ['__name__', 'bench_metric'],
        ['series', String(first + i).padStart(6, '0')],
      ] as [string, string][],
      samples: Array.from({ length: SAMPLES_EACH }, (_sample, at) => ({
        timeMs: startMs + at * STEP_MS,
        value: Math.sqrt(first + i) * at,
      })),
    }));
    const answer = await fetch(`http://127.0.0.1:${writePort}${VARVE.writeUrl}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
      },
      body: new Uint8Array(encodeBodyV1(series)),
    });
    if (answer.status !== 204) throw new Error(`${answer.status}: ${await answer.text()}`);
  }
}

/** Cuts and uploads; how many blocks that were. */
async function flush({ adminPort }: Running): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/-/flush`, { method: 'POST' });
  const text = await answer.text();
  const blocks = Number(/(\d+) uploaded, 0 not uploaded/.exec(text)?.[1] ?? 0);
  if (blocks === 0) throw new Error(`nothing was uploaded: ${text}`);
  return blocks;
}

async function requests({ adminPort }: Running): Promise<readonly Row[]> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/api/v1/objstore/requests`);
  const { data } = (await answer.json()) as { data: { totals: readonly Row[] } };
  return data.totals;
}

function difference(after: readonly Row[], before: readonly Row[]): readonly Row[] {
  return after.flatMap((row) => {
    const same = before.find(
      (one) =>
        one.purpose === row.purpose && one.class === row.class && one.operation === row.operation,
    );
    const rest = {
      ...row,
      requests: row.requests - (same?.requests ?? 0),
      sentBytes: row.sentBytes - (same?.sentBytes ?? 0),
      receivedBytes: row.receivedBytes - (same?.receivedBytes ?? 0),
    };
    return rest.requests === 0 ? [] : [rest];
  });
}

function sum(rows: readonly Row[], classes: readonly string[]): number {
  const counted = rows.filter((row) => classes.includes(row.class));
  return counted.reduce((total, row) => total + row.requests, 0);
}

function bytes(rows: readonly Row[], field: 'sentBytes' | 'receivedBytes'): number {
  return rows.reduce((total, row) => total + row[field], 0);
}

function print(store: string, rows: readonly Row[], factor: number, unit: string): void {
  if (rows.length === 0) console.log(`${store}: no request ${unit}`);
  for (const row of rows) {
    const shown = [row.requests, row.sentBytes, row.receivedBytes].map((n) => round(n * factor));
    const [count, sent, received] = shown;
    const what = `${row.class} ${row.operation} (${row.purpose})`;
    console.log(`${store}: ${count} × ${what} ${unit}, ${sent} bytes sent, ${received} received`);
  }
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Of each figure that has a target, the worst of all stores. */
function worstOf(figures: PartFigures): Figures {
  const most = (name: string): number =>
    Math.max(...Object.values(figures).map((one) => Number(one[name] ?? 0)));
  return {
    requestsPerFile: most('requestsPerFile'),
    listsPerIdleHour: most('listsPerIdleHour'),
  };
}
