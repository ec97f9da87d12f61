// The WAL archive, case by case, through the whole gateway on simulated machines.

import { describe, expect, it } from 'vitest';
import { archivePrefix } from '../../src/bucket/layout.ts';
import { exactBody } from '../support/exact-body.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { readObjects } from '../support/stored-samples.ts';
import { GatewayMachine, setupOf } from './gateway-machine.ts';
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

  build(flags: readonly string[] = [], disk?: MemoryDisk): GatewayMachine {
    const nowMs = () => this.clock.nowMs();
    const archive = [`--wal.archive-interval=${this.#interval}`, '--wal.archive-name=g'];
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
  async accept(...sinceStartMs: number[]): Promise<void> {
    const samples = sinceStartMs.map((ms) => ({ timeMs: this.startMs + ms, bits: bitsAt(ms) }));
    const body = new Uint8Array(exactBody([{ labels: [['__name__', 'm']], samples }]));
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'THANOS-TENANT': 'a',
    };
    const answer = await this.machine.ask('POST', '/api/v1/receive', { headers, body });
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

  async pieces(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.store.objects.list(archivePrefix('g')))
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
