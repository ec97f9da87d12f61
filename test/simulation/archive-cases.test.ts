// The WAL archive, case by case, through the whole gateway on simulated machines.

import { describe, expect, it } from 'vitest';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import { collect } from '../../src/base/runtime/file-pieces.ts';
import { parseMeta } from '../../src/block/meta/parse.ts';
import { parseBlockDirName } from '../../src/block/paths.ts';
import { deleteBlock } from '../../src/bucket/delete-block.ts';
import { archivePrefix, blockOfKey } from '../../src/bucket/layout.ts';
import { mergeBlocks } from '../../src/compact/merge/merge-blocks.ts';
import { mergeParts } from '../../src/merge-parts.ts';
import { readLogId } from '../../src/wal/log-id.ts';
import { eachObject } from '../support/each-object.ts';
import { exactBody } from '../support/exact-body.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { RESULT_ULID, taskOf } from '../support/merge-world.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { readBlocks, readObjects } from '../support/stored-samples.ts';
import { GatewayMachine, setupOf, TSDB } from './gateway-machine.ts';
import { FAIR, OUTAGE, SimulatedStore } from './simulated-store.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A store, and the machines that come and go. */
class World {
  readonly clock = new ManualClock(Date.UTC(2026, 0, 2));
  readonly startMs = this.clock.nowMs();
  readonly store = new SimulatedStore(this.clock, new SeededRandom(1));
  #lives = 0;
  readonly #interval: string;
  machine: GatewayMachine;

  private constructor(interval: string) {
    this.#interval = interval;
    this.machine = this.build();
  }

  static async started(interval = '10s'): Promise<World> {
    const world = new World(interval);
    await world.machine.gateway.start();
    return world;
  }

  build(flags: readonly string[] = [], disk?: MemoryDisk, name = 'g'): GatewayMachine {
    const nowMs = () => this.clock.nowMs();
    const archive = [`--wal.archive-interval=${this.#interval}`, `--wal.archive-name=${name}`];
    return new GatewayMachine({
      setup: setupOf([...archive, ...flags]),
      disk: disk ?? new MemoryDisk({ nowMs }),
      clock: this.clock,
      seed: ++this.#lives,
      stretch: 1,
      store: this.store,
      onCut: () => undefined,
    });
  }

  /** Sends a sample of a series at each of these times since the start. */
  accept(...sinceStartMs: number[]): Promise<void> {
    return this.acceptOn(this.machine, ...sinceStartMs);
  }

  async acceptOn(machine: GatewayMachine, ...sinceStartMs: number[]): Promise<void> {
    const samples = sinceStartMs.map((ms) => ({ timeMs: this.startMs + ms, bits: bitsAt(ms) }));
    const body = new Uint8Array(exactBody([{ labels: [['__name__', 'm']], samples }]));
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'THANOS-TENANT': 'a',
    };
    const answer = await machine.ask('POST', '/api/v1/receive', { headers, body });
    expect(answer).toMatchObject({ status: 204 });
  }

  /** The machine is gone for ever; another restores. */
  async replace(): Promise<void> {
    this.machine.goDown('kill', undefined);
    this.store.weather = FAIR;
    this.machine = this.build(['--restore']);
    await this.machine.gateway.start();
  }

  /** Flushes, and gives the samples in the bucket, as their times since the start. */
  async stored(): Promise<number[]> {
    expect(await this.machine.ask('POST', '/-/flush')).toMatchObject({ status: 200 });
    const blocks = await readObjects(this.store.objects);
    const times = blocks.flatMap(({ samples }) => samples.map(([, , ms]) => ms - this.startMs));
    return times.sort((a, b) => a - b);
  }

  /** As minutes, because what waits for time to pass begins anew each time. */
  async minutes(count: number): Promise<void> {
    for (let minute = 0; minute < count; minute++) await this.clock.advance(MINUTE);
  }

  /** The ULIDs of the blocks on the machine's disk. */
  localBlocks(): string[] {
    return this.machine.undisturbed((disk) =>
      readBlocks(disk, `${TSDB}/a`).map(({ ulid }) => ulid),
    );
  }

  async pieces(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of eachObject(this.store.objects.list(archivePrefix('g'))))
      if (!key.endsWith('.json')) keys.push(key);
    return keys;
  }

  logged(message: string): number {
    return this.machine.logger.records.filter((one) => one.message.includes(message)).length;
  }
}

function bitsAt(ms: number): string {
  return ms.toString(16).padStart(16, '0');
}

function logIdOn(machine: GatewayMachine): string | undefined {
  return machine.undisturbed((disk) => readLogId(disk, TSDB));
}

function blocksOn(machine: GatewayMachine): string[] {
  const names = machine.undisturbed((disk) => disk.list(`${TSDB}/a`).map(({ name }) => name));
  return names.filter((name) => parseBlockDirName(name) !== undefined);
}

/** To the same path on another disk. */
function copyTree(from: GatewayMachine, to: MemoryDisk, path: string): void {
  to.makeDir(path);
  const entries = from.undisturbed((disk) => disk.list(path));
  for (const { isDirectory, name } of entries) {
    const inside = `${path}/${name}`;
    if (isDirectory) copyTree(from, to, inside);
    else
      to.replaceFile(
        inside,
        from.undisturbed((disk) => disk.readFile(inside)),
      );
  }
}

describe('what a machine had acknowledged is on the next one', () => {
  it('up to the interval', async () => {
    const world = await World.started();
    await world.accept(1, 2);
    await world.clock.advance(10 * SECOND);
    await world.accept(3);
    await world.replace();
    expect(await world.stored()).toEqual([1, 2]);
  });

  it('all of it after an orderly end', async () => {
    const world = await World.started();
    await world.accept(1, 2);
    expect(await world.machine.gateway.close()).toBe(true);
    await world.replace();
    expect(await world.stored()).toEqual([1, 2]);
  });

  it('also what was in a block that never reached the bucket, and out of the log by then', async () => {
    const world = await World.started('2m');
    for (let hour = 0; hour < 12; hour++) {
      await world.accept(hour * HOUR, hour * HOUR + 1);
      await world.clock.advance(HOUR);
      // Blocks stay on the machine from the sixth hour on, pieces get through now and then.
      if (hour >= 6) world.store.weather = hour % 2 === 0 ? OUTAGE : { ...FAIR, refused: 0.7 };
    }
    world.store.weather = FAIR;
    await world.clock.advance(2 * MINUTE);
    await world.replace();
    const times = await world.stored();
    const sent = Array.from({ length: 12 }, (_, hour) => [hour * HOUR, hour * HOUR + 1]).flat();
    expect(times).toEqual(sent);
  });

  it('and it can be read there at once, blocks that were cut before included', async () => {
    const world = await World.started();
    await world.accept(1);
    await world.stored();
    await world.clock.advance(20 * MINUTE);
    await world.accept(20 * MINUTE);
    await world.clock.advance(MINUTE);
    await world.replace();
    const query = { matchers: [], minTimeMs: 0, maxTimeMs: Number.MAX_SAFE_INTEGER };
    let count = 0;
    for await (const { chunks } of world.machine.gateway.select({ tenant: 'a', query }))
      for (const chunk of chunks) count += chunk.count;
    expect(count).toBe(2);
  });
});

describe('a block that the store never takes', () => {
  /** All of the first block that comes fails; what is behind it in the order of cutting goes on. */
  function rejectFirst(world: World, code: 'store_unavailable' | 'already_exists'): () => string {
    let first = '';
    world.store.rejects = (key) => {
      const ulid = blockOfKey(key);
      if (ulid === undefined) return undefined;
      if (first === '') first = ulid;
      return ulid === first ? new VarveError(code, 'this object is never taken') : undefined;
    };
    return () => first;
  }

  it.each(['store_unavailable', 'already_exists'] as const)(
    'takes nothing with it when the machine is lost behind a late block of its window (%s)',
    async (code) => {
      const world = await World.started('150m');
      const before = [MINUTE, 2 * MINUTE, 3 * MINUTE];
      await world.accept(...before);
      await world.clock.advance(150 * MINUTE);
      expect(await world.pieces()).toHaveLength(1); // with these samples; no block is cut yet
      const first = rejectFirst(world, code);
      await world.minutes(60);
      expect(world.localBlocks()).toEqual([first()]);
      await world.accept(90_000); // late, of the window whose block the store does not take
      await world.minutes(75);
      const [held, late] = world.localBlocks();
      expect([held, typeof late]).toEqual([first(), 'string']);
      expect(await world.pieces()).toHaveLength(1); // which names neither of the two
      expect(await readObjects(world.store.objects)).toEqual([]);
      const { data } = JSON.parse((await world.machine.ask('GET', '/api/v1/uploads')).text);
      expect(data.waiting).toMatchObject([
        { ulid: held, error: { code }, heldBy: null },
        { ulid: late, error: null, heldBy: { ulid: held, gone: false, error: { code } } },
      ]);
      world.store.rejects = () => undefined;
      await world.replace();
      // The late one came in the last interval: it may be gone with the machine.
      expect(await world.stored()).toEqual(before);
    },
  );

  it('and is set aside as damaged, takes nothing with it either', async () => {
    const world = await World.started('150m');
    const before = [MINUTE, 2 * MINUTE, 3 * MINUTE];
    await world.accept(...before);
    await world.clock.advance(150 * MINUTE);
    const first = rejectFirst(world, 'already_exists');
    await world.minutes(60);
    world.machine.undisturbed((disk) => {
      const path = `${TSDB}/a/${first()}/chunks/000001`;
      disk.replaceFile(
        path,
        disk.readFile(path).map((byte) => byte ^ 0xff),
      );
    });
    await world.accept(90_000);
    await world.minutes(75);
    expect(world.logged('damaged block set aside')).toBe(1);
    expect(world.localBlocks()).toHaveLength(1); // the late one
    expect(world.logged('is gone; the next start cuts it again')).toBe(1);
    expect(await readObjects(world.store.objects)).toEqual([]);
    await world.replace();
    expect(await world.stored()).toEqual(before);
  });

  it('holds up nothing of other windows; what waited goes when it is taken', async () => {
    const world = await World.started('10s');
    const first = rejectFirst(world, 'store_unavailable');
    const sent: number[] = [];
    for (let hour = 0; hour < 9; hour++) {
      sent.push(hour * HOUR);
      await world.accept(hour * HOUR);
      if (hour === 4) await world.accept(90_000); // late, of the first window
      await world.minutes(60);
    }
    const there = await readObjects(world.store.objects);
    const timesThere = there.flatMap(({ samples }) =>
      samples.map(([, , ms]) => ms - world.startMs),
    );
    expect(timesThere.sort((a, b) => a - b)).toEqual([2, 3, 4, 5].map((hour) => hour * HOUR));
    const [held, late] = world.localBlocks().filter((ulid) => !there.some((b) => b.ulid === ulid));
    expect(held).toBe(first());
    expect(typeof late).toBe('string');
    expect(world.logged('the store takes other blocks and not this one')).toBe(1);
    world.store.rejects = () => undefined;
    expect(await world.stored()).toEqual([...sent, 90_000].sort((a, b) => a - b));
  });
});

describe('blocks that were merged and deleted before the machine was lost', () => {
  /** Of blocks with a sample each one is made, as a compactor does; they are deleted. */
  async function mergeAway(world: World, ulids: readonly string[]): Promise<void> {
    const { objects } = world.store;
    const blocks = await Promise.all(
      ulids.map(async (ulid) => {
        const key = `${ulid}/meta.json`;
        return parseMeta(await collect(objects.get(key), 2 ** 20, key), key);
      }),
    );
    const task = taskOf(blocks, { labels: blocks[0]?.thanos?.labels ?? [], ulid: RESULT_ULID });
    const place = { bucket: objects, disk: new MemoryDisk(), workDir: '/work' };
    const outcome = await mergeBlocks(task, mergeParts(task, place));
    expect(outcome).toMatchObject({ kind: 'made', numSamples: ulids.length });
    for (const ulid of ulids) await deleteBlock(objects, ulid);
  }

  /** ULIDs in the bucket, in the order in which they were cut. */
  async function inBucket(world: World): Promise<string[]> {
    return (await readObjects(world.store.objects)).map(({ ulid }) => ulid).sort();
  }

  function rejecting(world: World, isRejected: (key: string) => boolean): void {
    world.store.rejects = (key) =>
      // Not worth another try, so that nobody waits for time to pass.
      isRejected(key) ? new VarveError('store_denied', 'not taken now') : undefined;
  }

  const isPiece = (key: string): boolean => blockOfKey(key) === undefined;

  it('and that pieces name as uploaded: their samples are not stored once more', async () => {
    const world = await World.started();
    for (const ms of [1, 2, 3]) {
      await world.accept(ms);
      await world.stored();
      await world.clock.advance(10 * SECOND);
    }
    await mergeAway(world, (await inBucket(world)).slice(0, 2));
    await world.replace();
    expect(await world.stored()).toEqual([1, 2, 3]);
  });

  it('and that pieces name, uploaded after the last of them', async () => {
    const world = await World.started();
    await world.accept(1);
    rejecting(world, (key) => !isPiece(key));
    await world.stored();
    await world.accept(2);
    await world.clock.advance(10 * SECOND);
    rejecting(world, isPiece);
    await world.stored();
    expect(await inBucket(world)).toHaveLength(2);
    await mergeAway(world, (await inBucket(world)).slice(0, 1));
    world.store.rejects = () => undefined;
    await world.replace();
    expect(await world.stored()).toEqual([1, 2]);
  });

  it('and that only a later block names', async () => {
    const world = await World.started();
    await world.accept(1);
    await world.clock.advance(10 * SECOND);
    rejecting(world, isPiece);
    await world.stored();
    await world.accept(0); // late
    await world.stored();
    expect(await inBucket(world)).toHaveLength(2);
    await mergeAway(world, (await inBucket(world)).slice(0, 1));
    world.store.rejects = () => undefined;
    await world.replace();
    expect(await world.stored()).toEqual([0, 1]);
  });
});

describe('two gateways with the same labels, which write into one bucket', () => {
  /** The second one's log is longer, and its block has the time of what only the first one has. */
  async function begun(): Promise<{ world: World; other: GatewayMachine }> {
    const world = await World.started();
    const other = world.build([], undefined, 'h');
    await other.gateway.start();
    await world.accept(5);
    for (const ms of [1, 2, 3, 8, 9]) await world.acceptOn(other, ms);
    await world.clock.advance(10 * SECOND);
    expect(await other.ask('POST', '/-/flush')).toMatchObject({ status: 200 });
    return { world, other };
  }

  it('when one is lost and restored, nothing counts as stored that only the other has', async () => {
    const { world } = await begun();
    await world.replace();
    expect(await world.stored()).toEqual([1, 2, 3, 5, 8, 9]);
  });

  it('and also when it had been restored before: its log keeps its name', async () => {
    const { world, other } = await begun();
    const named = logIdOn(world.machine);
    await world.replace();
    expect(logIdOn(world.machine)).toBe(named);
    expect(logIdOn(other)).not.toBe(named);
    expect(await world.stored()).toEqual([1, 2, 3, 5, 8, 9]);
    await world.accept(6);
    for (const ms of [10, 11, 12, 13, 14]) await world.acceptOn(other, ms);
    await world.clock.advance(10 * SECOND);
    expect(await other.ask('POST', '/-/flush')).toMatchObject({ status: 200 });
    await world.replace();
    expect(logIdOn(world.machine)).toBe(named);
    expect(await world.stored()).toEqual([1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14]);
  });

  it('a block of the other that somebody put beside its log covers nothing of it', async () => {
    const { world, other } = await begun();
    const [ulid = ''] = blocksOn(other);
    world.machine.goDown('kill', undefined);
    const disk = world.machine.remains;
    copyTree(other, disk, `${TSDB}/a/${ulid}`);
    world.machine = world.build([], disk);
    await world.machine.gateway.start();
    expect(await world.stored()).toEqual([1, 2, 3, 5, 8, 9]);
  });
});

describe('requests', () => {
  it('an idle gateway makes none; the first samples after it leave within an interval', async () => {
    const world = await World.started();
    await world.accept(1);
    await world.clock.advance(MINUTE);
    const before = await world.pieces();
    await world.clock.advance(30 * MINUTE);
    expect(await world.pieces()).toEqual(before);
    await world.accept(31 * MINUTE);
    await world.clock.advance(10 * SECOND);
    expect(await world.pieces()).toHaveLength(before.length + 1);
  });

  it('pieces go when their blocks are in the bucket', async () => {
    const world = await World.started('10m');
    let most = 0;
    for (let hour = 0; hour < 30; hour++) {
      await world.accept(hour * HOUR);
      await world.clock.advance(HOUR);
      most = Math.max(most, (await world.pieces()).length);
    }
    expect(most).toBeLessThan(15); // one an hour and more were stored
    await world.replace();
    expect(await world.stored()).toHaveLength(30);
  });
});

it('a damaged piece costs what was in it, and is named', async () => {
  const world = await World.started();
  for (let n = 1; n <= 3; n++) {
    await world.accept(n);
    await world.clock.advance(10 * SECOND);
  }
  const [, second = ''] = await world.pieces();
  const broken = Buffer.from('not a piece');
  await world.store.objects.put(second, {
    sizeBytes: broken.length,
    async *read() {
      yield broken;
    },
  });
  await world.replace();
  expect(world.logged('piece of the WAL archive is damaged')).toBe(1);
  expect(await world.stored()).toEqual([1, 3]);
  await world.clock.advance(MINUTE);
  expect(await world.pieces()).toContain(second);
});

it('a machine that comes back after its log was restored archives nothing, and says so', async () => {
  const world = await World.started();
  await world.accept(1);
  await world.clock.advance(10 * SECOND);
  const lost = world.machine;
  await world.replace();
  await world.clock.advance(10 * SECOND);
  const restored = await world.pieces();
  world.machine = world.build([], lost.remains);
  await world.machine.gateway.start();
  await world.accept(2);
  await world.clock.advance(10 * SECOND);
  expect(await world.pieces()).toEqual(restored);
  expect(world.logged('WAL not archived')).toBe(1);
});

it('a gateway whose directory is not empty does not start with --restore', async () => {
  const world = await World.started();
  await world.accept(1);
  world.machine.goDown('kill', undefined);
  const again = world.build(['--restore'], world.machine.remains);
  await expect(again.gateway.start()).rejects.toMatchObject({ code: 'bad_config' });
});
