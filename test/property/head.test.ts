// Random histories of a head against the model: verdicts, and what every cut holds.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeCut } from '../../src/head/cut.ts';
import { type CutRange, planCuts } from '../../src/head/plan.ts';
import { CollectingSink, floatKey } from '../support/head/collecting-sink.ts';
import { HeadWorld } from '../support/head/head-world.ts';
import { histogramKey, histogramSample } from '../support/head/histogram-samples.ts';
import { HeadModel } from './head-model.ts';

const WINDOW_MS = 1000;
const OUT_OF_ORDER_MS = 2500;
const LABELS = ['a|1', 'a|1|b|1', 'a|1|b|2', 'a|2', 'a|2|é|ü', 'job|x'];
const FLOATS = [
  [0, 0],
  [1, 0x3ff00000],
  [2, 0x7ff00000],
  [0xdeadbeef, 0x7ff80001],
  [0xffffffff, 0xffffffff],
  [0, 0x80000000],
] as const;

type Step =
  | { readonly do: 'admit'; readonly series: number; readonly time: number; readonly value: number }
  | {
      readonly do: 'burst';
      readonly series: number;
      readonly time: number;
      readonly count: number;
      readonly every: number;
      readonly histograms: boolean;
    }
  | { readonly do: 'take' | 'publish' | 'takeBack' }
  | { readonly do: 'cut'; readonly flush: boolean; readonly stored: boolean; readonly at: number };

const admit = fc.record({
  do: fc.constant('admit' as const),
  series: fc.nat(LABELS.length - 1),
  // Near what was there last, with jumps back and forth.
  time: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: -900, max: 700 })),
  value: fc.nat(11),
});
// Enough samples of one series to fill chunks and grow blocks, in order or late.
const burst = fc.record({
  do: fc.constant('burst' as const),
  series: fc.nat(LABELS.length - 1),
  time: fc.integer({ min: -1500, max: 50 }),
  count: fc.integer({ min: 20, max: 400 }),
  every: fc.integer({ min: 1, max: 9 }),
  histograms: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: admit },
  { weight: 2, arbitrary: burst },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('takeBack' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('cut' as const),
      flush: fc.boolean(),
      stored: fc.boolean(),
      at: fc.nat(5000),
    }),
  },
);

class Runner {
  readonly world = new HeadWorld({
    windowMs: WINDOW_MS,
    outOfOrderWindowMs: OUT_OF_ORDER_MS,
    seriesPerSlice: 1,
  });
  readonly model = new HeadModel(OUT_OF_ORDER_MS);
  #clockMs = 1000;
  #steps: readonly Step[];
  #next = 0;
  #closing = false;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    // Background work lets the history go on: everything up to the next cut.
    this.world.onYield = () => {
      for (let i = 0; i < 3; i++) {
        const next = this.#steps[this.#next];
        if (next === undefined || next.do === 'cut') return;
        // While chunks are being forgotten, a verdict depends on how far that is.
        if (this.#closing && next.do !== 'take' && next.do !== 'publish') return;
        this.#next++;
        this.#simple(next);
      }
    };
  }

  async run(): Promise<void> {
    while (this.#next < this.#steps.length) {
      const next = this.#steps[this.#next++];
      if (next === undefined) break;
      if (next.do === 'cut') await this.#cut(next.flush, next.stored, next.at);
      else this.#simple(next);
    }
    this.#simple({ do: 'take' });
    while (this.model.batches.length > 0) this.#simple({ do: 'publish' });
    await this.#cut(true, false, 0);
    await this.#cut(true, true, 0);
    // A take-back during the last removal may have left a series without samples.
    await this.world.head.removeEmptySeries();
    expect(this.world.head.seriesCount).toBe(0);
    expect(this.world.head.chunkCount).toBe(0);
    // Nothing leaks: all that is left is the symbol `__name__`.
    const { memory } = this.world;
    expect(memory.symbols.stats).toEqual({ count: 1, bytes: 8 });
    expect(memory.pairs.count + memory.chunks.count).toBe(0);
    expect(memory.arena.usedBytes).toBe(16);
  }

  #simple(next: Step): void {
    const { head } = this.world;
    if (next.do === 'admit') this.#admit(next.series, next.time, next.value);
    if (next.do === 'burst') {
      const from = this.#clockMs + next.time;
      for (let i = 0; i < next.count; i++) {
        const value = next.histograms ? 6 + (i % 50 === 0 ? 3 : 0) : (i * 7) % FLOATS.length;
        this.#admit(next.series, from + i * next.every - this.#clockMs, value);
      }
    }
    if (next.do === 'take') {
      this.#batches.push(head.takeBatch());
      this.model.take();
    }
    if (next.do === 'publish') {
      const batch = this.#batches.shift();
      if (batch === undefined) return;
      head.publish(batch, this.world.nowMs);
      this.model.publish();
    }
    if (next.do === 'takeBack') {
      head.takeBackAll();
      this.#batches.length = 0;
      this.model.takeBackAll();
    }
    this.world.memory.symbols.sweep();
    expect(head.seriesCount).toBeGreaterThanOrEqual(this.model.series.size);
  }
  readonly #batches: ReturnType<HeadWorld['head']['takeBatch']>[] = [];

  #admit(series: number, time: number, value: number): void {
    const labels = LABELS[series]!;
    const timeMs = this.#clockMs + time;
    this.#clockMs = Math.max(this.#clockMs, timeMs);
    const slot = this.world.slot(labels);
    if (value < FLOATS.length) {
      const [low, high] = FLOATS[value]!;
      const verdict = this.world.head.admitFloat(slot, timeMs, low, high);
      const sample = { timeMs, key: floatKey(low, high) };
      expect(verdict).toBe(this.model.admit(labels, sample, false));
      return;
    }
    const histogram = histogramSample(value);
    const verdict = this.world.head.admitHistogram(slot, timeMs, histogram);
    const sample = { timeMs, key: histogramKey(histogram) };
    expect(verdict).toBe(this.model.admit(labels, sample, true));
  }

  async #cut(flush: boolean, stored: boolean, at: number): Promise<void> {
    const { head } = this.world;
    this.world.nowMs += at * 1000;
    const newestTimeMs = head.newestPublishedTimeMs;
    const ranges = planCuts(head.windows, { newestTimeMs, nowMs: this.world.nowMs, flush });
    for (const planned of ranges) {
      const { minTimeMs, maxTimeMs } = planned;
      const all = this.model.content(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
      const snapshot = await head.openSnapshot(planned);
      const { range } = snapshot;
      expect(range.minTimeMs).toBeLessThanOrEqual(minTimeMs);
      expect(range.maxTimeMs).toBeGreaterThanOrEqual(planned.kind === 'late' ? 0 : maxTimeMs);
      const expected = inRange(all, range);
      // Ingest goes on while the job runs.
      this.world.onYield();
      const sink = new CollectingSink();
      const summary = writeCut(structuredClone(snapshot), sink);
      expect(sink.overlaps).toEqual([]);
      expect(new Map([...sink.series].sort())).toEqual(new Map([...expected].sort()));
      expect(summary.samples).toBe([...expected.values()].reduce((n, s) => n + s.size, 0));
      const sorted = [...sink.symbolBytes].sort(Buffer.compare);
      expect(sink.symbolBytes).toEqual(sorted);
      const lists = sink.labelLists.map((list) => list.map((n) => String.fromCharCode(n)).join(''));
      expect(lists).toEqual([...new Set(lists)].sort());
      if (stored) this.model.forgetChunks(expected);
      this.#closing = true;
      await head.closeSnapshot(snapshot.id, { stored });
      this.#closing = false;
      if (stored) this.model.removeEmpty();
    }
    if (!stored) return;
    const again = planCuts(head.windows, { newestTimeMs, nowMs: this.world.nowMs, flush: false });
    for (const range of again)
      expect(this.model.content(range.minTimeMs, range.maxTimeMs).size).toBeGreaterThan(0);
  }
}

function inRange(
  content: ReadonlyMap<string, ReadonlyMap<number, string>>,
  range: CutRange,
): Map<string, Map<number, string>> {
  const result = new Map<string, Map<number, string>>();
  for (const [labels, samples] of content) {
    const inside = [...samples].filter(([t]) => t >= range.minTimeMs && t < range.maxTimeMs);
    if (inside.length > 0) result.set(labels, new Map(inside));
  }
  return result;
}

describe('a head', () => {
  test('decides and cuts as the model does, whatever happens in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 250, size: 'max' }), (steps) =>
        new Runner(steps).run(),
      ),
      { numRuns: 80 },
    );
  });
});
