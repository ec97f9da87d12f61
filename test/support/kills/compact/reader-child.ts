// A process that reads the bucket again and again while compactors work on it and are killed, and
// ends with an error when an answer is wrong. For test/crash/compact-kills*.test.ts, compiled.
//
// It learns from the manifest what was put there: lines that begin a put, and lines that end one.
// Tells on stdout when a look begins and what it saw; with `rest` on stdin the next look is of a
// bucket in which nothing is left to do, and the last one.

import { readFileSync } from 'node:fs';
import type { BucketDocument } from '../../../../src/base/config/bucket-document.ts';
import { nodeRuntime } from '../../../../src/base/runtime/node-runtime.ts';
import { BlocksReader } from '../../../../src/bucket-reader.ts';
import type { SelectedSeries } from '../../../../src/query/series-batch.ts';
import { openBucket } from '../../../../storage-adapters/open-bucket.ts';
import { plainAggregate } from '../../aggregate-samples.ts';
import { MemoryLogger } from '../../memory-logger.ts';
import { samplesOfChunk } from '../../selected-samples.ts';
import { type Found, Oracle } from './oracle.ts';
import type { PutBlock } from './put-block.ts';

/** What the process is started with, as JSON. */
export interface ReaderOrder {
  readonly bucket: BucketDocument;
  readonly manifest: string;
}

/** A line of the manifest. */
export interface ManifestLine {
  readonly state: 'begun' | 'done';
  readonly put: PutBlock;
}

const order = JSON.parse(process.argv[2] ?? '') as ReaderOrder;
const runtime = nodeRuntime();
const bucket = await openBucket(order.bucket, { ...runtime, logger: new MemoryLogger() });
const reader = new BlocksReader({ bucket, clock: runtime.clock });
const oracle = new Oracle();
let isRest = false;
process.stdin.on('data', () => {
  isRest = true;
});

const told = { begun: 0, done: 0 };

/** Whole lines only: another process may be writing the last one. */
function linesOf(state: ManifestLine['state']): readonly PutBlock[] {
  const text = readFileSync(order.manifest, 'utf8');
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  const puts = lines
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ManifestLine)
    .filter((line) => line.state === state)
    .map(({ put }) => put);
  const fresh = puts.slice(told[state]);
  told[state] = puts.length;
  return fresh;
}

async function read<T>(
  resolutionMs: number,
  of: (series: SelectedSeries) => readonly T[],
): Promise<Map<string, readonly T[]>> {
  const range = { minTimeMs: 0, maxTimeMs: Number.MAX_SAFE_INTEGER };
  const selection = reader.select({ ...range, matchers: [], resolutionMs });
  const all = new Map<string, readonly T[]>();
  for await (const series of selection) {
    const [tenant] = series.streamLabels;
    const n = series.labels.find(({ name }) => name === 'n');
    const name = `${tenant?.value} ${n?.value}`;
    if (all.has(name)) throw new Error(`${name} comes twice`);
    all.set(name, of(series));
  }
  const [warning] = selection.warnings;
  if (warning !== undefined) throw new Error(`${resolutionMs}: ${warning}`);
  return all;
}

function countsOf({ chunks }: SelectedSeries): readonly (readonly [number, number])[] {
  return chunks.flatMap(({ count, ...chunk }) => {
    const { count: windows = [] } = plainAggregate({ ...chunk, sampleCount: count });
    return windows.map(({ timeMs, value }) => [timeMs, value] as const);
  });
}

async function look(isAtRest: boolean): Promise<void> {
  for (const put of linesOf('done')) oracle.mustHave(put);
  const raw = await read(0, ({ chunks }) => chunks.flatMap(samplesOfChunk));
  const fiveMinutes = await read(300_000, countsOf);
  const oneHour = await read(3_600_000, countsOf);
  for (const put of linesOf('begun')) oracle.mayHave(put);
  const found: Found = { raw, fiveMinutes, oneHour };
  const counts = oracle.check(found, { isAtRest });
  process.stdout.write(`${JSON.stringify({ end: counts })}\n`);
}

for (let isLast = false; !isLast; ) {
  isLast = isRest;
  process.stdout.write('{"begin":true}\n');
  await look(isLast);
  // Lets stdin be read.
  await runtime.timers.sleep(50);
}
process.exit(0);
