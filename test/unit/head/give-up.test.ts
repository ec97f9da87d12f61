import { expect, test } from 'vitest';
import { Head } from '../../../src/head/head.ts';
import { HEAD_DEFAULTS } from '../../../src/head/head-options.ts';
import { bitsOf, HeadWorld } from '../../support/head/head-world.ts';
import { histogramSample } from '../../support/head/histogram-samples.ts';

/** Everything that heads of an engine share, and what of it is in use. */
function inUse({ memory }: HeadWorld): readonly number[] {
  return [
    memory.arena.usedBytes,
    memory.symbols.stats.count,
    memory.symbols.records.count,
    memory.chunks.count,
    memory.pairs.count,
    memory.appenders.count,
    memory.epochs.limboCount,
  ];
}

/** A head in the same memory, with everything in it that a replay can bring. */
function fill(world: HeadWorld): Head {
  const head = new Head(world.memory, {
    ...HEAD_DEFAULTS,
    timers: { yieldNow: async () => undefined },
    clock: { nowMs: () => 0 },
  });
  const slotOf = (labels: string, ref: number): number => {
    const ids = world.ids(labels);
    return head.replaySeries(ref, ids, ids.length);
  };
  const publish = (): void => {
    head.publish(head.takeBatch(), 0);
    world.memory.symbols.sweep();
  };
  for (let i = 0; i < 50; i++) {
    const slot = slotOf(`__name__|m${i % 5}|i|${i}`, 1 + i);
    for (let t = 0; t < 200; t++) {
      const { high, low } = bitsOf(t * 1.1 + i);
      head.admitFloat(slot, 1000 * (t % 7 === 0 ? t + 1_000_000 : t), low, high);
    }
    publish();
    const labels = world.ids(`trace|${i}`);
    head.admitExemplar(slot, 5000, 0, 0, labels, labels.length);
    const [unit = 0, help = 0] = world.ids(`seconds|help ${i}`);
    head.admitMetadata(slot, 1, unit, help);
    publish();
  }
  const slot = slotOf('__name__|h', 99);
  for (let t = 0; t < 30; t++) head.admitHistogram(slot, t * 1000, histogramSample(t));
  publish();
  // What a failure finds pending.
  const ids = world.ids('__name__|pending');
  const fresh = head.createSeries(ids, ids.length);
  head.admitFloat(fresh, 1, 0, 0);
  const labels = world.ids('trace|pending');
  head.admitExemplar(fresh, 5000, 0, 0, labels, labels.length);
  return head;
}

test('a head that is given up leaves nothing in the memory of its engine', async () => {
  const world = new HeadWorld();
  const before = inUse(world);
  for (let attempt = 0; attempt < 3; attempt++) {
    const head = fill(world);
    expect(inUse(world)).not.toEqual(before);
    await expect(head.giveUp('EIO')).rejects.toBe('EIO');
    expect(inUse(world)).toEqual(before);
  }
});

test('the heads beside it keep what is theirs', async () => {
  const world = new HeadWorld();
  const slot = world.slot('__name__|m1|i|1');
  world.head.admitFloat(slot, 1000, 0, 0);
  world.publish();
  const before = inUse(world);
  await expect(fill(world).giveUp('EIO')).rejects.toBe('EIO');
  expect(inUse(world)).toEqual(before);
  expect(world.slot('__name__|m1|i|1')).toBe(slot);
});
