// Downsampling of series in memory: raw → 5m and 5m → 1h, in samples per CPU-second (of the whole
// process, so its garbage collector counts too). The data are those of the side-by-side run: 10,000
// series of a sample a minute over 52 hours, 31.2 M samples, as `thanos compact` was measured with.
//
// `node dist/bench/run.js downsample varve`. No server is started. BENCH_SERIES changes the number of
// series.

import { ChunkBuilder } from '../../src/base/chunk/chunk-builder.ts';
import type { TimedChunk } from '../../src/base/chunk/merge-chunks.ts';
import { highBitsOf, lowBitsOf } from '../../src/base/chunk/xor-cells.ts';
import type { ChunkToWrite } from '../../src/block/block-sink.ts';
import { AggregateDownsampler } from '../../src/downsample/aggregate-series.ts';
import { RawDownsampler } from '../../src/downsample/raw-series.ts';
import type { Part } from '../side-by-side/parts.ts';
import { Values } from '../side-by-side/series.ts';

const SERIES = Number(process.env.BENCH_SERIES ?? 10_000);
const SAMPLES_EACH = 52 * 60;
const STEP_MS = 60_000;
const START_MS = 1_793_836_800_000;
const FIVE_MINUTES_MS = 300_000;
const HOUR_MS = 3_600_000;
/** Series that are in memory at a time. */
const AT_A_TIME = 500;

/** Measures Varve; there is nothing to compare with on this machine. */
export const downsample: Part = async () => {
  const values = new Values(SERIES);
  const raw = new RawDownsampler(FIVE_MINUTES_MS);
  const aggregates = new AggregateDownsampler({ fromMs: FIVE_MINUTES_MS, toMs: HOUR_MS });
  const totals = { samples: 0, rawBytes: 0, windows: 0, bytes: 0, rawMicros: 0, hourMicros: 0 };
  for (let first = 0; first < SERIES; first += AT_A_TIME) {
    const group: TimedChunk[][] = [];
    for (let i = first; i < Math.min(first + AT_A_TIME, SERIES); i++)
      group.push(chunksOf(i, values));
    for (const chunks of group)
      for (const { count, lengthBytes } of chunks) {
        totals.samples += count;
        totals.rawBytes += lengthBytes;
      }
    let before = process.cpuUsage();
    const made = group.map((chunks) => raw.series(chunks).map(placed));
    totals.rawMicros += microsSince(before);
    for (const { count, lengthBytes } of made.flat()) {
      totals.windows += count;
      totals.bytes += lengthBytes;
    }
    before = process.cpuUsage();
    for (const chunks of made) aggregates.series(chunks);
    totals.hourMicros += microsSince(before);
  }
  const { samples, rawBytes, windows, bytes, rawMicros, hourMicros } = totals;
  return {
    downsample: {
      varve: {
        series: SERIES,
        samples,
        samplesPerCpuSecond: Math.round((samples / rawMicros) * 1e6),
        cpuSeconds: rawMicros / 1e6,
        bytesPerRawSample: rawBytes / samples,
        windows,
        bytesPerWindow: bytes / windows,
        windowsPerCpuSecond5mTo1h: Math.round((windows / hourMicros) * 1e6),
      },
    },
  };
};

function microsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function chunksOf(series: number, values: Values): TimedChunk[] {
  const builder = new ChunkBuilder();
  for (let i = 0; i < SAMPLES_EACH; i++) {
    const value = values.next(series);
    builder.addFloat(START_MS + i * STEP_MS, lowBitsOf(value), highBitsOf(value));
  }
  return builder.take().map(({ bytes, ...chunk }) => ({
    ...chunk,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    base: 0,
    lengthBytes: bytes.length,
  }));
}

/** A chunk that was made, to be read. */
function placed({ bytes, sampleCount, ...chunk }: ChunkToWrite): TimedChunk {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { ...chunk, count: sampleCount, view, base: 0, lengthBytes: bytes.length };
}
