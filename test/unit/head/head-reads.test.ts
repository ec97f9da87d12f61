// Reads on a head: what they find, that they disturb nothing, and how they end.

import { expect, test } from 'vitest';
import { labelsOfKey } from '../../../src/base/model/label-key.ts';
import { writeCut } from '../../../src/head/cut.ts';
import { HeadPostings } from '../../../src/head/head-postings.ts';
import { HeadReads } from '../../../src/head/head-reads.ts';
import { OpenReads, READ_AGE_MAX_MS, READS_OPEN_MAX } from '../../../src/head/open-reads.ts';
import { ReadCollector } from '../../../src/head/read-collector.ts';
import { endLease, newLeaseWord, ReadLease } from '../../../src/head/read-lease.ts';
import { HeadSource } from '../../../src/head/read-source.ts';
import { seriesFinder } from '../../../src/query/find-series.ts';
import { mergeSeries } from '../../../src/query/merge-series.ts';
import type { Matcher } from '../../../src/query/source.ts';
import { CollectingSink } from '../../support/head/collecting-sink.ts';
import { bitsOf, HeadWorld } from '../../support/head/head-world.ts';
import { histogramSample } from '../../support/head/histogram-samples.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { samplesOf } from '../../support/select-reading.ts';

const H = 3_600_000;
const RANGE = { minTimeMs: -1e12, maxTimeMs: 1e12 };

function world() {
  const head = new HeadWorld();
  const clock = new ManualClock();
  const reads = new HeadReads({
    epochs: head.memory.epochs,
    timers: clock,
    finder: seriesFinder,
    labels: { external: [], tenantLabelName: 'tenant_id' },
  });
  const open = (matchers: readonly Matcher[] = [], range = RANGE) => {
    const stream = { dir: '/d', identity: { tenant: 't', lifted: [] }, head: head.head };
    const other = { dir: '/e', identity: { tenant: 'other', lifted: [] }, head: head.head };
    return reads.open([other, stream], { tenant: 't', query: { ...range, matchers } });
  };
  return { head, clock, reads, open };
}

type Read = Awaited<ReturnType<ReturnType<typeof world>['open']>>;

function admit({ head }: HeadWorld, slot: number, timeMs: number, value: number): void {
  const { low, high } = bitsOf(value);
  head.admitFloat(slot, timeMs, low, high);
}

/** Each series as its label values and its samples' times. */
function contentOf(read: Read): string[] {
  const { streams, lease } = structuredClone(read);
  const source = new HeadSource(streams[0]!.snapshot!, new ReadLease(lease));
  const lines: string[] = [];
  while (source.next()) {
    const merged = mergeSeries(source.chunks({ take: () => undefined }), (error) => {
      throw error;
    });
    const values = labelsOfKey(source.key).map(({ value }) => value);
    lines.push(`${values}: ${[...samplesOf(merged).keys()]}`);
  }
  return lines;
}

test('a read has what is published, in label order, and only the tenant’s streams', async () => {
  const { head, open } = world();
  admit(head, head.slot('a|2'), 1, 1);
  admit(head, head.slot('a|10'), 2, 1);
  head.publish();
  admit(head, head.slot('a|2'), 3, 1);
  admit(head, head.slot('a|3'), 3, 1);
  const read = await open();
  expect(read.streams.map(({ dir, labels }) => [dir, labels])).toEqual([
    ['/d', [{ name: 'tenant_id', value: 't' }]],
  ]);
  expect(contentOf(read)).toEqual(['10: 2', '2: 1']);
});

test('open, late and histogram chunks are read as they were, while more is written into them', async () => {
  const { head, open } = world();
  const slot = head.slot('a|1');
  const histograms = head.slot('a|h');
  for (let i = 0; i < 10; i++) admit(head, slot, 1000 + i, i);
  for (let i = 0; i < 3; i++) {
    admit(head, slot, 500 + i, i + 0.1);
    head.head.admitHistogram(histograms, 1000 + i, histogramSample(4));
  }
  head.publish();
  const read = await open();
  for (let i = 3; i < 60; i++) {
    admit(head, slot, 1010 + i, Math.PI * i);
    admit(head, slot, 500 + i, i + 0.3);
    head.head.admitHistogram(histograms, 1000 + i, histogramSample(i % 20 === 0 ? 8 : 4));
    head.publish();
  }
  const times = [500, 501, 502, ...Array.from({ length: 10 }, (_, i) => 1000 + i)];
  expect(contentOf(read)).toEqual([`1: ${times}`, 'h: 1000,1001,1002']);
});

test('the range takes whole chunks, both ends belong to it', async () => {
  const { head, open } = world();
  const slot = head.slot('a|1');
  for (const timeMs of [1000, 2000, 2 * H, 2 * H + 1]) admit(head, slot, timeMs, 1);
  head.publish();
  const at = async (minTimeMs: number, maxTimeMs: number) =>
    contentOf(await open([], { minTimeMs, maxTimeMs }));
  expect(await at(2000, 2000)).toEqual(['1: 1000,2000']);
  expect(await at(2001, 2 * H - 1)).toEqual([]);
  expect(await at(2000, 2 * H)).toEqual([`1: 1000,2000,${2 * H},${2 * H + 1}`]);
});

test('a read that is open keeps what a cut and a removal free', async () => {
  const { head, reads, open } = world();
  admit(head, head.slot('a|1|b|x'), 1000, 1);
  head.publish();
  const read = await open();
  const snapshot = await head.head.openSnapshot({ kind: 'scheduled', windowStartMs: 0 });
  writeCut(snapshot, new CollectingSink());
  await head.head.closeSnapshot(snapshot.id, { stored: true });
  expect(head.head.seriesCount).toBe(0);
  for (let i = 0; i < 50; i++) admit(head, head.slot(`a|${i}|c|${i}`), 3 * H, i);
  head.publish();
  expect(contentOf(read)).toEqual(['1,x: 1000']);
  reads.close(read.id);
  expect(head.memory.epochs.anyOpen).toBe(false);
});

test('a read seals nothing: the cut takes one chunk with all samples', async () => {
  const { head, open } = world();
  const slot = head.slot('a|1');
  admit(head, slot, 1000, 1);
  head.publish();
  await open();
  admit(head, slot, 1001, 1);
  head.publish();
  expect(contentOf(await open())).toEqual(['1: 1000,1001']);
  const snapshot = await head.head.openSnapshot({ kind: 'scheduled', windowStartMs: 0 });
  const sink = new CollectingSink();
  writeCut(snapshot, sink);
  expect(sink.chunkCounts).toEqual([2]);
});

test('matchers are looked up in the postings; wrong ones open nothing', async () => {
  const { head, reads, open } = world();
  for (const labels of ['a|1|b|x', 'a|2|b|x', 'a|3']) admit(head, head.slot(labels), 1, 1);
  head.publish();
  expect(contentOf(await open([{ type: '=', name: 'b', value: 'x' }]))).toEqual([
    '1,x: 1',
    '2,x: 1',
  ]);
  expect(contentOf(await open([{ type: '=~', name: 'a', value: '[23]' }]))).toEqual([
    '2,x: 1',
    '3: 1',
  ]);
  expect(contentOf(await open([{ type: '=', name: 'b', value: '' }]))).toEqual(['3: 1']);
  const before = reads.count;
  await expect(open([{ type: '=~', name: 'a', value: '(' }])).rejects.toMatchObject({
    code: 'bad_parameter',
  });
  expect(reads.count).toBe(before);
});

test('the postings of a head give values, lists and all series', () => {
  const { head } = world();
  const slots = ['a|1', 'a|2', 'b|1'].map((labels) => head.slot(labels));
  const postings = new HeadPostings(head.memory, head.head.store);
  const values = [...postings.values(Buffer.from('a'))].map(({ value }) => `${Buffer.from(value)}`);
  expect(values.sort()).toEqual(['1', '2']);
  expect([...postings.values(Buffer.from('1'))]).toEqual([]);
  const all: number[] = [];
  for (const _ of postings.all({ push: (slot) => all.push(slot) })) expect.unreachable();
  expect(all).toEqual(slots);
  expect(postings.find(Buffer.from('a'), Buffer.from('3'))).toBeUndefined();
});

test('a read ends by itself after its time, and what it copies then counts for nothing', async () => {
  const { head, clock, reads, open } = world();
  admit(head, head.slot('a|1'), 1, 1);
  head.publish();
  const read = await open();
  const source = new HeadSource(read.streams[0]!.snapshot!, new ReadLease(read.lease));
  expect(source.next()).toBe(true);
  await clock.advance(READ_AGE_MAX_MS);
  expect([reads.count, head.memory.epochs.anyOpen]).toEqual([0, false]);
  const copy = () => source.chunks({ take: () => undefined });
  expect(copy).toThrow(expect.objectContaining({ code: 'overloaded' }));
  reads.close(read.id);
});

test('reads that are open are bounded, and closed together', () => {
  const { head, clock } = world();
  const reads = new OpenReads(head.memory.epochs, clock);
  for (let i = 0; i < READS_OPEN_MAX; i++) reads.open();
  expect(() => reads.open()).toThrow(expect.objectContaining({ code: 'overloaded' }));
  reads.closeAll();
  expect([reads.count, head.memory.epochs.anyOpen, clock.nextDueMs()]).toEqual([
    0,
    false,
    undefined,
  ]);
});

test('what breaks under a lease that has ended is the lease’s end, else it is what it is', () => {
  const word = newLeaseWord();
  const lease = new ReadLease(word);
  const fail = () =>
    lease.copied(() => {
      throw new Error('garbage');
    });
  expect(fail).toThrow('garbage');
  endLease(word);
  expect(lease.holds).toBe(false);
  expect(fail).toThrow(expect.objectContaining({ code: 'overloaded' }));
});

test('a series that is no more is passed over', () => {
  const { head } = world();
  const collector = new ReadCollector(head.memory, head.head.store.records, RANGE);
  const slot = head.slot('a|1');
  head.head.takeBackAll();
  collector.visit(slot);
  expect(collector.snapshot().labelCounts.length).toBe(0);
});
