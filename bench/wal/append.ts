// The log's share of a request: encoding, framing, compressing and syncing batches of 5,000 samples,
// and reading the same log back. What compression costs and saves is the question behind its default.
//
// Prints CPU nanoseconds a sample, bytes a sample and the durations of syncs.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { performance } from 'node:perf_hooks';
import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
import type { RecordCompression } from '../../src/wal/record-compression.ts';
import { replayWal } from '../../src/wal/replay.ts';
import { clearSamples, encodeSamples, makeSampleColumns } from '../../src/wal/samples-record.ts';
import { WalLog } from '../../src/wal/wal-log.ts';

const SAMPLES = 5_000;
const BATCHES = 600;
/** Requests that share a sync under load. */
const PER_SYNC = 4;

const columns = makeSampleColumns();
const record = new ByteWriter();
const halves = new DataView(new ArrayBuffer(8));

/** One request: neighbouring series, scraped within a second; two thirds counters, one third noise. */
function fill(batch: number): void {
  clearSamples(columns);
  for (let i = 0; i < SAMPLES; i++) {
    const counter = Math.floor(batch * 15 + i);
    halves.setFloat64(0, i % 3 === 0 ? Math.sin(batch * 1000 + i) : counter);
    columns.refs.push(1 + i + (batch % 2) * SAMPLES);
    columns.times.push(1_790_000_000_000 + batch * 7_500 + (i % 900));
    columns.highs.push(halves.getUint32(0));
    columns.lows.push(halves.getUint32(4));
  }
}

function encode(): void {
  record.clear();
  encodeSamples(columns, record);
}

async function run(compression: RecordCompression): Promise<void> {
  const dir = mkdtempSync(`${tmpdir()}/varve-bench-`);
  const disk = new NodeDisk();
  const syncs: number[] = [];
  let bytes = 0;
  const log = new WalLog({
    disk,
    dir: `${dir}/wal`,
    clock: performanceClock,
    compression,
    observer: {
      synced: (facts) => {
        syncs.push(facts.durationMs);
        bytes += facts.bytes;
      },
      failed: (error) => {
        throw error;
      },
    },
  });
  let encodeMs = 0;
  let appendMs = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    fill(batch);
    const start = performance.now();
    encode();
    const encoded = performance.now();
    log.append(record.view());
    encodeMs += encoded - start;
    appendMs += performance.now() - encoded;
    if (batch % PER_SYNC === PER_SYNC - 1) await log.sync();
  }
  await log.close();
  const total = SAMPLES * BATCHES;
  const perSample = (ms: number): string => ((ms * 1e6) / total).toFixed(1).padStart(5);
  syncs.sort((a, b) => a - b);
  const at = (part: number): string => (syncs.at(Math.floor(syncs.length * part)) ?? 0).toFixed(2);
  const replayed = await replay(disk, `${dir}/wal`);
  console.log(
    `${compression.padEnd(6)}  encode ${perSample(encodeMs)} ns  append ${perSample(appendMs)} ns  ` +
      `${(bytes / total).toFixed(2)} bytes a sample  sync p50 ${at(0.5)} p99 ${at(0.99)} ms  ` +
      `replay ${perSample(replayed)} ns a sample`,
  );
  rmSync(dir, { recursive: true });
}

const performanceClock = { monotonicMs: () => performance.now() };

async function replay(disk: NodeDisk, dir: string): Promise<number> {
  let count = 0;
  const nothing = (): void => undefined;
  const start = performance.now();
  await replayWal({
    disk,
    dir,
    sink: {
      series: nothing,
      samples: ({ refs }) => {
        count += refs.length;
      },
      histograms: nothing,
      exemplars: nothing,
      metadata: nothing,
      tombstones: nothing,
    },
  });
  if (count !== SAMPLES * BATCHES) throw new Error(`${count} samples were read back`);
  return performance.now() - start;
}

for (const round of ['warm-up', 'measured']) {
  console.log(round);
  await run('none');
  await run('snappy');
}
