// The whole way on the engine with the real head and the real log, over a disk that fails at random:
// what was answered as written is in the head, and again after a crash and a replay; bodies of a real
// Prometheus are taken whole, and twice.

import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineMemory } from '../../../src/head/engine-memory.ts';
import { Head } from '../../../src/head/head.ts';
import { HEAD_DEFAULTS } from '../../../src/head/head-options.ts';
import { ReplaySink } from '../../../src/head/replay-sink.ts';
import { Coverage } from '../../../src/wal/coverage.ts';
import { replayWal } from '../../../src/wal/replay.ts';
import { WalLog } from '../../../src/wal/wal-log.ts';
import { Ingest } from '../../../src/write/ingest.ts';
import { LABEL_LIMITS } from '../../../src/write/label-parser.ts';
import type { WriteOutcome } from '../../../src/write/outcome.ts';
import { Streams } from '../../../src/write/streams.ts';
import { DEFAULT_WIRE_LIMITS } from '../../../src/write/wire/limits.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { body, labels, type TestSeries } from '../../support/write-bodies.ts';
import { settle } from '../../support/write-world.ts';

const NOW_MS = Date.UTC(2027, 0, 1);
const DIR = '/data/a/wal';

/** An engine with one tenant on `disk`, after the replay of what is there. */
async function engine(disk: MemoryDisk, nowMs = NOW_MS) {
  const memory = new EngineMemory({ random: new SeededRandom(5) });
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
  const timers = { yieldNow: async () => undefined };
  const head = new Head(memory, { ...HEAD_DEFAULTS, clock, timers });
  const sink = new ReplaySink(head, new Coverage(), nowMs);
  const report = await replayWal({ disk, dir: DIR, sink });
  expect(report.damages).toEqual([]);
  const streams = new Streams({
    symbols: memory.symbols,
    factory: { open: () => Promise.reject(new Error('opened at the start')) },
    blockLabels: [],
    streamsPerTenantMax: 64,
  });
  const log = new WalLog({ disk, dir: DIR, clock });
  streams.adopt('a', [], { head, log });
  const ingest = new Ingest({
    memory,
    streams,
    clock,
    wireLimits: DEFAULT_WIRE_LIMITS,
    labelLimits: LABEL_LIMITS,
    cacheBytesMax: 1 << 20,
  });
  const write = (version: 1 | 2, bytes: ArrayBuffer): Promise<WriteOutcome> =>
    ingest.write({ tenant: 'a', version, body: bytes });
  return { head, ingest, write, log };
}

const sample = fc.record({
  job: fc.constantFrom('a', 'b', 'c', 'd'),
  time: fc.integer({ min: 0, max: 30 }).map((step) => NOW_MS - 60_000 + step),
  kind: fc.constantFrom('float', 'histogram'),
  value: fc.integer({ min: 1, max: 2 }),
});
const request = fc.record({
  version: fc.constantFrom(1 as const, 2 as const),
  samples: fc.array(sample, { minLength: 1, maxLength: 6 }),
  fails: fc.constantFrom('no', 'no', 'sync', 'write'),
  waits: fc.boolean(),
});

describe('an engine over a disk that fails', () => {
  let failures = 0;

  it('keeps what it answered, through a crash and a replay too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 15 }), async (requests) => {
        const disk = new MemoryDisk();
        const first = await engine(disk);
        const answers: [ArrayBuffer, 1 | 2, Promise<WriteOutcome>][] = [];
        for (const { version, samples, fails, waits } of requests) {
          if (fails !== 'no') disk.faults.add({ operation: fails, path: /./, code: 'disk_failed' });
          const bytes = body(version, samples.map(seriesOf));
          answers.push([bytes.slice(0), version, first.write(version, bytes)]);
          if (waits) await settle();
        }
        const written: [ArrayBuffer, 1 | 2, number][] = [];
        for (const [bytes, version, answer] of answers) {
          const outcome = await answer;
          if (outcome.error !== undefined)
            expect(outcome.error.code).toMatch(/^(sync|disk)_failed$/);
          if (outcome.error !== undefined) failures++;
          else {
            written.push([bytes, version, outcome.written.samples + outcome.written.histograms]);
          }
        }
        disk.faults.clear();
        for (const world of [first, await engine(disk.crash())]) {
          for (const [bytes, version, count] of written) {
            const again = await world.write(version, bytes.slice(0));
            expect(again.error).toBeUndefined();
            expect(again.stats.alreadyStored).toBe(count);
          }
        }
      }),
      { numRuns: 60 },
    );
    expect(failures).toBeGreaterThan(0);
  });
});

function seriesOf({ job, time, kind, value }: SampleShape): TestSeries {
  const pairs = labels({ __name__: 'up', job });
  return kind === 'float'
    ? { labels: pairs, samples: [{ time, value }] }
    : { labels: pairs, histograms: [{ time, count: value }] };
}

interface SampleShape {
  readonly job: string;
  readonly time: number;
  readonly kind: string;
  readonly value: number;
}

describe('bodies of a real Prometheus', () => {
  const golden = new URL('../../golden/data/remote-write/', import.meta.url);
  const names = readdirSync(golden).filter((name) => name.endsWith('.bin'));

  it.each(['v1', 'v2'])('%s: all is written, and written once', async (prefix) => {
    const version = prefix === 'v1' ? 1 : 2;
    const bodies = names
      .filter((name) => name.startsWith(prefix))
      .sort()
      .map((name) => new Uint8Array(readFileSync(new URL(name, golden))).buffer);
    expect(bodies.length).toBeGreaterThan(3);
    const disk = new MemoryDisk();
    const world = await engine(disk, Date.UTC(2030, 0, 1));
    let count = 0;
    for (const bytes of bodies) {
      const outcome = await world.write(version, bytes.slice(0));
      expect(outcome).toMatchObject({ refused: [] });
      expect(outcome.error).toBeUndefined();
      count += outcome.written.samples + outcome.written.histograms;
    }
    expect(count).toBeGreaterThan(1000);
    const replayed = await engine(disk.crash(), Date.UTC(2030, 0, 1));
    for (const its of [world, replayed]) {
      let stored = 0;
      for (const bytes of bodies)
        stored += (await its.write(version, bytes.slice(0))).stats.alreadyStored;
      expect(stored).toBe(count);
    }
  });
});
