import { describe, expect, test } from 'vitest';
import { U32Column } from '../../../src/base/bytes/columns.ts';
import { STALE_HIGH, STALE_LOW } from '../../../src/base/chunk/stale.ts';
import { writeCut } from '../../../src/head/cut.ts';
import { headStatus, mergeStatus } from '../../../src/head/tsdb-status.ts';
import {
  ADMITTED,
  ALREADY_STORED,
  DUPLICATE,
  NO_SERIES,
  TOO_OLD,
} from '../../../src/head/verdict.ts';
import { CollectingSink, floatKey } from '../../support/head/collecting-sink.ts';
import { bitsOf, HeadWorld } from '../../support/head/head-world.ts';
import { histogramSample } from '../../support/head/histogram-samples.ts';

const H = 3_600_000;
const LABELS = '__name__|up|job|api';

function admit(world: HeadWorld, slot: number, timeMs: number, value: number): number {
  const { low, high } = bitsOf(value);
  return world.head.admitFloat(slot, timeMs, low, high);
}

async function cutAll(world: HeadWorld, stored = true): Promise<CollectingSink[]> {
  const { head } = world;
  const sinks: CollectingSink[] = [];
  for (const { startMs } of [...head.windows]) {
    const snapshot = await head.openSnapshot({ kind: 'scheduled', windowStartMs: startMs });
    const sink = new CollectingSink();
    writeCut(structuredClone(snapshot), sink);
    sinks.push(sink);
    await head.closeSnapshot(snapshot.id, { stored });
  }
  return sinks;
}

describe('series of a head', () => {
  test('are found by their labels, numbered for the log, and given back', () => {
    const world = new HeadWorld();
    const slot = world.slot(LABELS);
    expect(world.slot(LABELS)).toBe(slot);
    const other = world.slot('__name__|up');
    expect(other).not.toBe(slot);
    const ids = new U32Column();
    world.head.labelIds(slot, ids);
    expect(ids.view()).toEqual(world.ids(LABELS));
    expect([world.head.walRef(slot), world.head.walRef(other)]).toEqual([1, 2]);
    expect(world.head.isLive(slot, 1)).toBe(true);
    expect(world.head.isLive(slot, 2)).toBe(false);
    expect(world.head.isLive(1000, 1)).toBe(false);
  });

  test('over the limit are not made', () => {
    const world = new HeadWorld({ maxSeries: 1 });
    world.slot('a|1');
    expect(world.slot('a|2')).toBe(NO_SERIES);
    expect(world.slot('a|1')).not.toBe(NO_SERIES);
  });

  test('of a failed sync are gone, and their references are not used again', () => {
    const world = new HeadWorld();
    const slot = world.slot(LABELS);
    admit(world, slot, 1000, 1);
    world.head.takeBatch();
    admit(world, world.slot('a|1'), 1000, 1);
    world.head.takeBackAll();
    world.memory.symbols.sweep();
    expect(world.head.seriesCount).toBe(0);
    expect(world.head.hasPending).toBe(false);
    expect(world.head.newestTimeMs).toBe(Number.NEGATIVE_INFINITY);
    expect(world.head.isLive(slot, 1)).toBe(false);
    expect(world.head.walRef(world.slot(LABELS))).toBe(3);
  });

  test('come from a replay with the references of the log', () => {
    const world = new HeadWorld();
    const ids = world.ids(LABELS);
    const slot = world.head.replaySeries(7, ids, ids.length);
    expect(world.head.replaySeries(9, ids, ids.length)).toBe(slot);
    expect(world.head.walRef(slot)).toBe(9);
    expect(world.head.hasPending).toBe(false);
    expect(world.head.walRef(world.slot('a|1'))).toBe(10);
  });

  test('of which the log has several references keep them all, as long as they live', async () => {
    const world = new HeadWorld();
    const ids = world.ids(LABELS);
    const slot = world.head.replaySeries(7, ids, ids.length);
    world.head.replaySeries(9, ids, ids.length);
    const gone = world.ids('a|1');
    world.head.replaySeries(3, gone, gone.length);
    admit(world, slot, 1000, 1);
    world.publish();
    expect(await world.head.removeEmptySeries()).toBe(1);
    expect([3, 7, 8, 9, 10].map((ref) => world.head.isLiveRef(ref))).toEqual([
      false,
      true,
      false,
      true,
      true,
    ]);
  });
});

describe('verdicts', () => {
  test('follow the newest of the stream, pending ones included', () => {
    const world = new HeadWorld({ outOfOrderWindowMs: 1000 });
    const [a, b] = [world.slot('a|1'), world.slot('a|2')];
    expect(admit(world, a, 5000, 1)).toBe(ADMITTED);
    expect(admit(world, b, 3999, 1)).toBe(TOO_OLD);
    expect(admit(world, b, 4000, 1)).toBe(ADMITTED);
    expect(admit(world, a, 5000, 1)).toBe(ALREADY_STORED);
    expect(admit(world, a, 5000, 2)).toBe(DUPLICATE);
    world.head.takeBackAll();
    expect(admit(world, world.slot('a|2'), 100, 1)).toBe(ADMITTED);
  });

  test('tell NaN payloads apart', () => {
    const world = new HeadWorld();
    const slot = world.slot('a|1');
    expect(world.head.admitFloat(slot, 1, STALE_LOW, STALE_HIGH)).toBe(ADMITTED);
    expect(world.head.admitFloat(slot, 1, STALE_LOW + 1, STALE_HIGH)).toBe(DUPLICATE);
    world.publish();
    expect(world.head.admitFloat(slot, 1, STALE_LOW, STALE_HIGH)).toBe(ALREADY_STORED);
    expect(world.head.admitFloat(slot, 0, 1, 0x7ff80000)).toBe(ADMITTED);
    expect(world.head.admitFloat(slot, 0, 2, 0x7ff80000)).toBe(DUPLICATE);
  });

  // Found by seed 4678 of the simulation: it came into a window that was cut and forgotten.
  test('the newest histogram of a series again, cut meanwhile and too old, is too old', async () => {
    const world = new HeadWorld({ outOfOrderWindowMs: 3 * H });
    const [slot, other] = [world.slot('a|1'), world.slot('a|2')];
    world.head.admitHistogram(slot, H, histogramSample(1));
    world.head.admitHistogram(slot, 2 * H, histogramSample(2));
    world.publish();
    const cut = await world.head.openSnapshot({ kind: 'scheduled', windowStartMs: 2 * H });
    await world.head.closeSnapshot(cut.id, { stored: true });
    expect(admit(world, other, 5 * H, 1)).toBe(ADMITTED);
    expect(world.head.admitHistogram(slot, 2 * H, histogramSample(2))).toBe(ADMITTED);
    world.head.takeBackAll();
    expect(admit(world, world.slot('a|2'), 5 * H + 1, 1)).toBe(ADMITTED);
    expect(world.head.admitHistogram(slot, 2 * H, histogramSample(2))).toBe(TOO_OLD);
  });

  test('a float and a histogram at one time are two samples', () => {
    const world = new HeadWorld();
    const slot = world.slot('a|1');
    expect(admit(world, slot, 1, 1)).toBe(ADMITTED);
    expect(world.head.admitHistogram(slot, 1, histogramSample(2))).toBe(DUPLICATE);
    expect(world.head.admitHistogram(slot, 2, histogramSample(2))).toBe(ADMITTED);
    expect(admit(world, slot, 2, 1)).toBe(DUPLICATE);
    world.publish();
    const gauge = histogramSample(2);
    gauge.resetHint = 3;
    expect(world.head.admitHistogram(slot, 2, gauge)).toBe(ALREADY_STORED);
    expect(world.head.admitHistogram(slot, 2, histogramSample(4))).toBe(DUPLICATE);
  });
});

describe('exemplars and metadata', () => {
  test('are taken back with their batch, and hold their symbols while they are kept', async () => {
    const world = new HeadWorld({ maxExemplars: 2 });
    const { head } = world;
    const slot = world.slot(LABELS);
    const labels = () => world.ids('trace_id|abc');
    expect(head.admitExemplar(slot, 10, 1, 0, labels(), 2)).toBe(ADMITTED);
    expect(head.admitExemplar(slot, 10, 1, 0, labels(), 2)).toBe(ALREADY_STORED);
    expect(head.admitExemplar(slot, 9, 1, 0, labels(), 2)).toBe(TOO_OLD);
    expect(head.admitMetadata(slot, 1, 0, labels().at(0)!)).toBe(true);
    expect(head.admitMetadata(slot, 1, 0, labels().at(0)!)).toBe(false);
    head.takeBackAll();
    const again = world.slot(LABELS);
    expect(head.admitMetadata(again, 1, 0, labels().at(0)!)).toBe(true);
    for (const timeMs of [10, 11, 12])
      expect(head.admitExemplar(again, timeMs, 1, 0, labels(), 2)).toBe(ADMITTED);
    const batch = head.takeBatch();
    expect(batch.exemplarTimes.view()).toEqual(Float64Array.of(10, 11, 12));
    expect(batch.exemplarEnd(0)).toBe(2);
    head.publish(batch);
    world.memory.symbols.sweep();
    expect([...head.exemplars.all()].map(({ timeMs }) => timeMs)).toEqual([11, 12]);
    expect(head.exemplars.oldestTimeMs).toBe(11);
    expect(head.metadata.count).toBe(1);
    const name = world.ids('up').at(0)!;
    expect(head.slotOfMetric(name)).toBe(again);
    const symbolTexts = [...head.exemplars.all()].map(({ labels: [id] }) =>
      world.memory.symbols.textOf(id!),
    );
    expect(symbolTexts).toEqual(['trace_id', 'trace_id']);
  });
});

describe('cutting', () => {
  test('chunks hold some 120 samples, spread evenly over the window', async () => {
    const world = new HeadWorld();
    const slot = world.slot(LABELS);
    for (let i = 0; i < 480; i++) admit(world, slot, i * 15_000, i);
    world.publish();
    const [sink] = await cutAll(world);
    expect(sink?.chunkCounts).toEqual([120, 120, 120, 120]);
    expect(world.head.seriesCount).toBe(0);
    expect(world.memory.chunks.count).toBe(0);
  });

  test('what was not stored is cut again, with what came meanwhile', async () => {
    const world = new HeadWorld();
    const slot = world.slot(LABELS);
    admit(world, slot, 10, 1);
    world.publish();
    const [failed] = await cutAll(world, false);
    expect(failed?.series.size).toBe(1);
    admit(world, slot, 5, 2);
    admit(world, slot, 20, 3);
    world.publish();
    const [sink] = await cutAll(world);
    expect([...(sink?.series.values() ?? [])].map((samples) => [...samples.keys()])).toEqual([
      [5, 10, 20],
    ]);
  });

  test('after a flush the rest of the window is a range of its own, the late part another', async () => {
    const world = new HeadWorld();
    const { head } = world;
    const slot = world.slot(LABELS);
    admit(world, slot, H, 1);
    world.publish();
    const flush = await head.openSnapshot({ kind: 'flush', windowStartMs: 0 });
    expect(flush.range).toMatchObject({ minTimeMs: 0, maxTimeMs: H + 1 });
    admit(world, slot, H - 5, 2);
    admit(world, slot, H + 5, 3);
    world.publish();
    await head.closeSnapshot(flush.id, { stored: true });
    expect(head.windows.at(0)).toMatchObject({ frontierMs: H + 1, mainSamples: 1, lateSamples: 1 });
    const late = await head.openSnapshot({ kind: 'late', windowStartMs: 0 });
    expect(late.range).toMatchObject({ minTimeMs: 0, maxTimeMs: H + 1 });
    const sink = new CollectingSink();
    writeCut(late, sink);
    const { low, high } = bitsOf(2);
    expect([...sink.series.values()]).toEqual([new Map([[H - 5, floatKey(low, high)]])]);
    await head.closeSnapshot(late.id, { stored: true });
    expect(head.seriesCount).toBe(1);
  });

  test('a restored frontier makes older samples late', () => {
    const world = new HeadWorld();
    world.head.restoreFrontier(0, H);
    const slot = world.slot(LABELS);
    admit(world, slot, 1, 1);
    admit(world, slot, H, 1);
    world.publish();
    expect(world.head.windows.at(0)).toMatchObject({ mainSamples: 1, lateSamples: 1 });
  });

  test('late samples fill chunks of at most 120, and none is lost', async () => {
    const world = new HeadWorld();
    const slot = world.slot(LABELS);
    admit(world, slot, H, 1);
    world.publish();
    const order = Array.from({ length: 1000 }, (_, i) => ((i * 617) % 1000) * 1000);
    for (const [index, timeMs] of order.entries()) {
      admit(world, slot, timeMs, timeMs);
      if (index % 7 === 0) world.publish();
    }
    world.publish();
    const [sink] = await cutAll(world);
    expect(Math.max(...(sink?.chunkCounts ?? []))).toBeLessThanOrEqual(120);
    const [samples] = [...(sink?.series.values() ?? [])];
    expect(samples?.size).toBe(1001);
  });
});

describe('the status', () => {
  test('counts series, values and pairs, the longest lists first', () => {
    const world = new HeadWorld();
    for (const labels of ['__name__|up|job|api', '__name__|up|job|db', '__name__|x|job|db'])
      admit(world, world.slot(labels), 1000, 1);
    world.publish();
    const status = headStatus(world.head);
    expect(status.headStats).toEqual({
      numSeries: 3,
      numLabelPairs: 4,
      chunkCount: 3,
      minTime: 1000,
      maxTime: 1000,
    });
    expect(status.seriesCountByMetricName).toEqual([
      { name: 'up', value: 2 },
      { name: 'x', value: 1 },
    ]);
    const both = mergeStatus([status, status], 2);
    expect(both.headStats.numSeries).toBe(6);
    expect(both.seriesCountByLabelValuePair.map(({ value }) => value)).toEqual([4, 4]);
    expect(both.memoryInBytesByLabelName.find(({ name }) => name === 'job')?.value).toBe(14);
  });
});
