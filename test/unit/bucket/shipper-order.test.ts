// What waits for what: blocks that the store does not take, and those that were cut after them.

import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type { LocalBlock } from '../../../src/bucket/local-block.ts';
import { Shipper, type ShipperDir } from '../../../src/bucket/shipper.ts';
import { UploadQueue } from '../../../src/bucket/upload-queue.ts';
import { shipperWorld } from '../../support/shipper-world.ts';

const HOUR = 3_600_000;
const ROUND_MS = 30_000;
const YOUNG = { nowMs: 0, retentionMs: 86_400_000 };
const AWAY = new VarveError('store_unavailable', 'no answer');
const CONFLICT = new VarveError('already_exists', 'another block is there');

/** Late blocks: each of the two hours that the block at the first number is of. */
const LATE: Readonly<Record<string, number>> = { a3: 0, a5: 0, a7: 4, b5: 0 };

/** a3 and a5 are late blocks of a0's time, a7 of a4's; b has one of a0's time, too. */
function lateWorld() {
  const world = shipperWorld({ a: [0, 2, 3, 4, 5, 7], b: [5, 6] });
  const dirs = world.changed((name) => {
    const hour = LATE[name];
    return hour === undefined ? {} : { minTimeMs: hour * HOUR, maxTimeMs: (hour + 2) * HOUR };
  });
  const queue = new UploadQueue();
  const rounds = async (shipper: Shipper, count: number, of = dirs): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await shipper.round(of, YOUNG);
      await world.time.advance(ROUND_MS);
    }
  };
  const withoutA0 = dirs.map((dir) => ({
    ...dir,
    blocks: dir.blocks.filter(({ ulid }) => ulid !== world.ulidOf('a0')),
  }));
  return { ...world, dirs, withoutA0, queue, rounds, options: { ...world.options, queue } };
}

describe('a block that is not in the bucket', () => {
  it('that is refused, holds back what overlaps it in its stream and nothing else', async () => {
    const { arrived, dirs, logged, options, poisoned, queue, ulidOf } = lateWorld();
    poisoned.set('a0', CONFLICT);
    const shipper = new Shipper(options);
    const report = await shipper.round(dirs, YOUNG);
    expect(arrived).toEqual(['a2', 'a4', 'b5', 'b6', 'a7']);
    expect(report).toMatchObject({ uploaded: 5, failed: 1, waiting: 3, more: false });
    const failure = { code: 'already_exists' };
    const heldBy = { ulid: ulidOf('a0'), isGone: false, failure };
    expect(queue.explained(9)).toMatchObject([
      { ulid: ulidOf('a0'), failsAlone: true, failure, heldBy: undefined },
      { ulid: ulidOf('a3'), failsAlone: false, heldBy },
      { ulid: ulidOf('a5'), failsAlone: false, heldBy },
    ]);
    await shipper.round(dirs, YOUNG);
    expect(logged('block waits: one cut before it')).toBe(2); // each once
  });

  it('holds back along a chain of those that overlap each other', async () => {
    const world = shipperWorld({ a: [0, 2, 4, 8] });
    // 0–3, 2–5, 4–7: the first and the third do not overlap.
    const maxHours: Readonly<Record<string, number>> = { a0: 3, a2: 5, a4: 7, a8: 10 };
    const chained = world.changed((name) => ({ maxTimeMs: (maxHours[name] ?? 0) * HOUR }));
    world.poisoned.set('a0', CONFLICT);
    const shipper = new Shipper(world.options);
    await shipper.round(chained, YOUNG);
    expect(world.arrived).toEqual(['a8']);
    world.poisoned.clear();
    await shipper.round(chained, YOUNG, { retryAll: true });
    expect(world.arrived).toEqual(['a8', 'a0', 'a2', 'a4']);
  });

  it('is gone, but the log has its samples: it goes on holding until the next start', async () => {
    const { arrived, dirs, disk, logged, options, queue, rounds, ulidOf, withoutA0 } = lateWorld();
    disk.replaceFile(`/data/a/${ulidOf('a0')}/index`, Buffer.from('rotten'));
    const withLog = (blocks: readonly LocalBlock[]) =>
      blocks.map((block) => ({ ...block, coversLog: true }));
    const setAside: ShipperDir['setAside'] = (block) => disk.removeTree(block.dir);
    const damaged = dirs.map((dir) => ({ ...dir, blocks: withLog(dir.blocks), setAside }));
    const shipper = new Shipper(options);
    await shipper.round(damaged, YOUNG);
    await rounds(shipper, 5, withoutA0);
    expect(arrived).toEqual(['a2', 'a4', 'b5', 'b6', 'a7']);
    const heldBy = { ulid: ulidOf('a0'), isGone: true };
    expect(queue.explained(9)).toMatchObject([
      { ulid: ulidOf('a3'), heldBy },
      { ulid: ulidOf('a5'), heldBy },
    ]);
    expect(logged('is gone; the next start cuts it again')).toBe(2);
    await rounds(new Shipper(options), 1, withoutA0);
    expect(arrived.slice(5)).toEqual(['a3', 'a5']);
  });

  it('went before the logs were read, which cuts it again at once: nothing waits', async () => {
    const { arrived, changed, options, poisoned, time, withoutA0 } = lateWorld();
    poisoned.set('a0', CONFLICT);
    const shipper = new Shipper(options);
    const dirs = changed(() => ({ coversLog: true, minTimeMs: 0, maxTimeMs: HOUR }));
    await shipper.round(dirs, YOUNG, { logsAreRead: false });
    await time.advance(ROUND_MS);
    expect(arrived).toEqual(['b5', 'b6']);
    await shipper.round(withoutA0, YOUNG, { logsAreRead: true });
    expect(arrived.slice(2)).toEqual(['a2', 'a3', 'a4', 'a5', 'a7']);
  });

  it('is gone and the log has nothing of it: nothing waits', async () => {
    const { arrived, options, poisoned, rounds, withoutA0 } = lateWorld();
    poisoned.set('a0', CONFLICT);
    const shipper = new Shipper(options);
    await rounds(shipper, 1);
    await rounds(shipper, 1, withoutA0);
    expect(arrived.slice(5)).toEqual(['a3', 'a5']);
  });

  it('was uploaded and has left the disk: nothing waits, also when the note was lost', async () => {
    const { arrived, dirs, disk, options, rounds, ulidOf, withoutA0 } = lateWorld();
    disk.faults.add({ operation: 'write', path: /shipper/, code: 'disk_full', times: 1000 });
    const first = dirs.map((dir) => ({
      ...dir,
      blocks: dir.blocks
        .filter(({ ulid }) => ulid === ulidOf('a0'))
        .map((block) => ({ ...block, coversLog: true })),
    }));
    const shipper = new Shipper(options);
    await rounds(shipper, 1, first);
    await rounds(shipper, 1, withoutA0);
    expect(arrived).toEqual(['a0', 'a2', 'a3', 'a4', 'a5', 'b5', 'b6', 'a7']);
  });

  it('goes first when it was cut first, whatever the clock said', async () => {
    const { arrived, options, changed } = shipperWorld({ a: [0, 2] });
    // The clock went back in between: the block with the later ULID was cut before.
    const at = (segment: number) => ({ cutAt: { segment, offset: 0 } });
    const dirs = changed((name) => ({
      minTimeMs: 0,
      maxTimeMs: HOUR,
      ...at(name === 'a0' ? 9 : 8),
    }));
    await new Shipper(options).round(dirs, YOUNG);
    expect(arrived).toEqual(['a2', 'a0']);
  });
});

describe('a block that the store answers no request for', () => {
  it('ends three rounds, then others go before it, and it is tried ever more seldom', async () => {
    const { arrived, dirs, logged, options, poisoned, rounds, tried } = lateWorld();
    poisoned.set('a0', AWAY);
    const shipper = new Shipper(options);
    await rounds(shipper, 2);
    expect(arrived).toEqual([]);
    await rounds(shipper, 1);
    expect(arrived).toEqual(['a2', 'a4', 'b5', 'b6', 'a7']);
    expect(logged('the store takes other blocks and not this one')).toBe(1);
    const before = tried.length;
    await rounds(shipper, 120); // an hour
    expect(new Set(tried.slice(before))).toEqual(new Set(['a0']));
    expect(tried.length - before).toBeLessThan(8);
    poisoned.clear();
    await shipper.round(dirs, YOUNG, { retryAll: true });
    expect(arrived.slice(5)).toEqual(['a0', 'a3', 'a5']);
  });

  it('after a restart it takes three rounds again, and nothing that overlaps it has gone', async () => {
    const { arrived, options, poisoned, rounds } = lateWorld();
    poisoned.set('a0', AWAY);
    await rounds(new Shipper(options), 2);
    const shipper = new Shipper(options);
    await rounds(shipper, 2);
    expect(arrived).toEqual([]);
    await rounds(shipper, 20);
    expect(arrived).toEqual(['a2', 'a4', 'b5', 'b6', 'a7']);
  });

  it('does not count in a round’s limit, nor end it for others several at one time', async () => {
    const hours = Array.from({ length: 20 }, (_, i) => 2 * i);
    const world = shipperWorld({ a: hours, b: hours.map((hour) => hour + 1) });
    const bad = ['a0', 'a2', 'b1', 'b3', 'b5', 'b7', 'a20'];
    for (const name of bad) world.poisoned.set(name, AWAY);
    const shipper = new Shipper({ ...world.options, concurrency: 2 });
    for (let i = 0; i < 12; i++) {
      await shipper.round(world.dirs, YOUNG);
      await world.time.advance(ROUND_MS);
    }
    expect(world.arrived).toHaveLength(40 - bad.length);
  });
});

describe('a store that is away', () => {
  it('is asked for few blocks, and gets them in the order of cutting afterwards', async () => {
    const { arrived, options, poisoned, rounds, tried } = lateWorld();
    for (const name of ['a0', 'a2', 'a3', 'a4', 'a5', 'a7', 'b5', 'b6']) poisoned.set(name, AWAY);
    const shipper = new Shipper(options);
    await rounds(shipper, 120);
    expect(tried.length).toBeLessThan(1.5 * 120);
    poisoned.clear();
    await rounds(shipper, 1);
    expect(arrived).toEqual(['a0', 'a2', 'a3', 'a4', 'a5', 'b5', 'b6', 'a7']);
  });
});
