// Random histories of a head and its blocks, read at any moment, against the model: a read has
// everything that was published when it was opened, and nothing that was not when it ended, although
// writes and cuts go on under it, in the very chunks that it reads.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlockWriter } from '../../../src/block/block-writer.ts';
import { ListedBlocks } from '../../../src/block/listed-blocks.ts';
import { blockAccess } from '../../../src/block/select-source.ts';
import { writeCut } from '../../../src/head/cut.ts';
import type { OpenedRead } from '../../../src/head/engine-service.ts';
import { HeadReads } from '../../../src/head/head-reads.ts';
import { planCuts } from '../../../src/head/plan.ts';
import { ReadLease } from '../../../src/head/read-lease.ts';
import { HeadSource } from '../../../src/head/read-source.ts';
import { ADMITTED } from '../../../src/head/verdict.ts';
import { seriesFinder } from '../../../src/query/find-series.ts';
import { openStreams } from '../../../src/query/open-streams.ts';
import { select } from '../../../src/query/select.ts';
import type { Matcher, SelectQuery } from '../../../src/query/source.ts';
import { floatKey } from '../../support/head/collecting-sink.ts';
import { HeadWorld } from '../../support/head/head-world.ts';
import { histogramKey, histogramSample } from '../../support/head/histogram-samples.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { type Content, contentOf } from '../../support/select-reading.ts';
import { isInRange, SelectModel, samplesOf } from './select-model.ts';

const WINDOW_MS = 1000;
const OUT_OF_ORDER_MS = 2500;
const DIR = '/data/t';
const LABELS = ['a|1', 'a|1|b|1', 'a|1|b|2', 'a|2', 'a|2|é|ü', 'a|10', 'job|x\ny'];
const FLOATS = [
  [0, 0],
  [1, 0x3ff00000],
  [2, 0x7ff00000], // the stale marker
  [0xdeadbeef, 0x7ff80001],
  [1, 0x7ff00000], // a signalling NaN
  [0xffffffff, 0xffffffff],
  [0, 0x80000000],
] as const;

const series = fc.nat(LABELS.length - 1);
const matcher: fc.Arbitrary<Matcher> = fc.record({
  type: fc.constantFrom('=', '!=', '=~', '!~'),
  name: fc.constantFrom('a', 'b', 'é', 'job', 'none', ''),
  value: fc.constantFrom('', '1', '2', '1|2', '1|', '.+', '.*', '1.*', '[^2]', 'x.y', 'ü|x'),
});
const query: fc.Arbitrary<SelectQuery> = fc.record({
  minTimeMs: fc.oneof(fc.constant(-1e6), fc.integer({ min: 0, max: 6000 })),
  maxTimeMs: fc.oneof(fc.constant(1e6), fc.integer({ min: 0, max: 9000 })),
  matchers: fc.oneof(fc.constant([]), fc.array(matcher, { maxLength: 3 })),
});
const step = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      do: fc.constant('admit' as const),
      series,
      time: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: -1500, max: 700 })),
      value: fc.nat(12),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('burst' as const),
      series,
      time: fc.integer({ min: -1500, max: 50 }),
      count: fc.integer({ min: 20, max: 300 }),
      histograms: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('publish' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('cut' as const),
      flush: fc.boolean(),
      stored: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('open' as const), query }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('finish' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A read that is under way. */
interface Reading {
  readonly query: SelectQuery;
  readonly read: OpenedRead;
  /** What was there when it was opened. */
  readonly before: Content;
}

class Runner {
  readonly counts = { reads: 0, samples: 0, doubled: 0 };
  readonly #disk = new MemoryDisk();
  readonly #listed = new ListedBlocks(this.#disk);
  readonly #model = new SelectModel();
  readonly #world = new HeadWorld({
    windowMs: WINDOW_MS,
    outOfOrderWindowMs: OUT_OF_ORDER_MS,
    seriesPerSlice: 1,
  });
  readonly #reads: HeadReads;
  readonly #steps: readonly Step[];
  readonly #pending: [string, number, string][] = [];
  readonly #open: Reading[] = [];
  #next = 0;
  #clockMs = 3000;
  #blocks = 0;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#disk.makeDir(DIR);
    const yieldNow = async (): Promise<void> => this.#world.onYield();
    this.#reads = new HeadReads({
      epochs: this.#world.memory.epochs,
      timers: { after: () => () => undefined, yieldNow },
      finder: seriesFinder,
      labels: { external: [], tenantLabelName: 'tenant_id' },
    });
    // Writes go on whenever a read or a cut lets them.
    this.#world.onYield = () => {
      const next = this.#steps[this.#next];
      if (next?.do !== 'admit' && next?.do !== 'burst' && next?.do !== 'publish') return;
      this.#next++;
      this.#write(next);
    };
  }

  async run(): Promise<void> {
    while (this.#next < this.#steps.length) await this.#step(this.#steps[this.#next++]!);
    await this.#step({ do: 'publish' });
    await this.#step({ do: 'open', query: { minTimeMs: -1e9, maxTimeMs: 1e9, matchers: [] } });
    await this.#step({ do: 'cut', flush: true, stored: true });
    while (this.#open.length > 0) await this.#step({ do: 'finish' });
    expect(this.#reads.count).toBe(0);
    expect(this.#world.memory.epochs.anyOpen).toBe(false);
  }

  async #step(next: Step): Promise<void> {
    if (next.do === 'cut') await this.#cut(next.flush, next.stored);
    else if (next.do === 'open') await this.#openRead(next.query);
    else if (next.do === 'finish') this.#finish();
    else this.#write(next);
  }

  #write(next: Extract<Step, { do: 'admit' | 'burst' | 'publish' }>): void {
    if (next.do === 'admit') this.#admit(next.series, this.#clockMs + next.time, next.value);
    if (next.do === 'burst') {
      const from = this.#clockMs + next.time;
      for (let i = 0; i < next.count; i++)
        this.#admit(
          next.series,
          from + i * 5,
          next.histograms ? 8 + (i % 60 === 0 ? 3 : 0) : i % 7,
        );
    }
    if (next.do !== 'publish') return;
    this.#world.publish();
    for (const [labels, timeMs, value] of this.#pending.splice(0))
      this.#model.publish(labels, timeMs, value);
  }

  #admit(number: number, timeMs: number, value: number): void {
    const labels = LABELS[number]!;
    this.#clockMs = Math.max(this.#clockMs, timeMs);
    const slot = this.#world.slot(labels);
    const float = FLOATS[value];
    const histogram = histogramSample(value);
    const verdict =
      float === undefined
        ? this.#world.head.admitHistogram(slot, timeMs, histogram)
        : this.#world.head.admitFloat(slot, timeMs, float[0], float[1]);
    if (verdict !== ADMITTED) return;
    const key = float === undefined ? histogramKey(histogram) : floatKey(float[0], float[1]);
    this.#pending.push([labels, timeMs, key]);
  }

  async #cut(flush: boolean, stored: boolean): Promise<void> {
    const { head } = this.#world;
    this.#world.nowMs += 3_600_000;
    const newestTimeMs = head.newestPublishedTimeMs;
    for (const planned of planCuts(head.windows, { newestTimeMs, nowMs: 0, flush })) {
      const all = this.#model.headRange(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
      const snapshot = await head.openSnapshot(planned);
      const { minTimeMs, maxTimeMs } = snapshot.range;
      const content: Content = new Map();
      for (const [labels, timeMs, value] of samplesOf(all))
        if (timeMs >= minTimeMs && timeMs < maxTimeMs)
          content.set(labels, (content.get(labels) ?? new Map()).set(timeMs, value));
      const isBlock = stored && samplesOf(content).length > 0;
      if (isBlock) this.#model.blocks.set(this.#writeBlock(snapshot), content);
      // The block is in its place and the head still has it all.
      this.#world.onYield();
      await this.#openRead({ minTimeMs: -1e9, maxTimeMs: 1e9, matchers: [] });
      this.#finish(this.#open.length - 1);
      await head.closeSnapshot(snapshot.id, { stored });
      if (stored) this.#model.forget(content);
    }
  }

  #writeBlock(snapshot: Awaited<ReturnType<HeadWorld['head']['openSnapshot']>>): string {
    const ulid = `01M832KAJWMK22126GMWC${String(this.#blocks++).padStart(5, '0')}`;
    const writer = new BlockWriter({ disk: this.#disk, dir: DIR, ulid });
    writeCut(structuredClone(snapshot), writer);
    const { minTimeMs, maxTimeMs } = snapshot.range;
    writer.finish({ minTimeMs, maxTimeMs, labels: [], source: 'receive' });
    return ulid;
  }

  async #openRead(wanted: SelectQuery): Promise<void> {
    const before = this.#model.read(wanted);
    const stream = { dir: DIR, identity: { tenant: 't', lifted: [] }, head: this.#world.head };
    const read = await this.#reads.open([stream], { tenant: 't', query: wanted });
    this.#open.push({ query: wanted, read: structuredClone(read), before });
  }

  /** Reads to its end what was opened before, the blocks as they are now. */
  #finish(at = 0): void {
    const [reading] = this.#open.splice(at, 1);
    if (reading === undefined) return;
    const { read, query: wanted, before } = reading;
    const lease = new ReadLease(read.lease);
    const warnings: string[] = [];
    const streams = read.streams.map(({ dir, snapshot }) => ({
      dir,
      head: () => new HeadSource(snapshot!, lease),
    }));
    const access = blockAccess(this.#disk, this.#listed, (path) => warnings.push(path));
    const opened = openStreams(streams, wanted, {
      ...access,
      warnings: { add: (warning) => warnings.push(warning) },
    });
    const chunks: number[] = [];
    const found = contentOf(
      select(opened.sources, {
        onDamaged: ({ message }) => warnings.push(message),
        onChunks: (all) => chunks.push(all.length),
      }),
    );
    opened.close();
    this.#reads.close(read.id);
    expect(warnings).toEqual([]);
    const after = this.#model.read(wanted);
    for (const [labels, timeMs, value] of samplesOf(found)) {
      if (!isInRange(wanted, timeMs)) continue;
      this.counts.samples++;
      check(`${labels} ${timeMs}`, value, after.get(labels)?.get(timeMs));
    }
    for (const [labels, timeMs, value] of samplesOf(before))
      check(`${labels} ${timeMs}`, found.get(labels)?.get(timeMs), value);
    this.counts.reads++;
    this.counts.doubled += chunks.filter((count) => count > 1).length;
  }
}

/** An `expect` for each sample would take most of the time. */
function check(what: string, found: string | undefined, wanted: string | undefined): void {
  if (found !== wanted) expect(`${what} = ${found}`).toBe(`${what} = ${wanted}`);
}

describe('a select over a head and its blocks', () => {
  test('finds what the model has, whatever happens under it', async () => {
    const total = { reads: 0, samples: 0, doubled: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 150, size: 'max' }),
        async (steps) => {
          const runner = new Runner(steps);
          await runner.run();
          for (const name of ['reads', 'samples', 'doubled'] as const)
            total[name] += runner.counts[name];
        },
      ),
      { numRuns: 25 },
    );
    expect(total.reads).toBeGreaterThan(100);
    expect(total.samples).toBeGreaterThan(5_000);
    expect(total.doubled).toBeGreaterThan(50);
  }, 240_000);
});
