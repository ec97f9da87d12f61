// A block that is gone from the disk while a later one of the same window stands: the samples that
// only it had are in the log, and must be found by a read, be cut again once, and no later start
// may take the later block to have them.

import { expect, it } from 'vitest';
import { ChunkReader } from '../../src/base/chunk/chunk-reader.ts';
import { EngineMachine, TSDB } from '../support/engine-machine.ts';
import { type ExactSample, exactBody } from '../support/exact-body.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { readBlocks } from '../support/stored-samples.ts';

const DIR = `${TSDB}/a`;
const BUCKET = '/data/bucket';
const HOUR = 3_600_000;
const SECOND = 1000;
let seed = 100;

class World {
  readonly clock = new ManualClock();
  readonly startMs = this.clock.nowMs();
  machine = this.#build(new MemoryDisk());

  async send(...sinceStartMs: number[]): Promise<void> {
    const samples = sinceStartMs.map((ms): ExactSample => {
      return { timeMs: this.startMs + ms, bits: Math.abs(ms).toString(16).padStart(16, '0') };
    });
    const body = exactBody([{ labels: [['__name__', 'm']], samples }]);
    expect((await this.machine.write('a', body)).written.samples).toBe(samples.length);
  }

  /** Cuts all; the ULIDs of the blocks that are new. */
  async flush(): Promise<string[]> {
    const before = new Set(this.blocks().map(({ ulid }) => ulid));
    expect((await this.machine.cutRound(true)).failed).toBe(0);
    await this.clock.advance(SECOND); // so that ULIDs are in the order of cutting
    return this.blocks().flatMap(({ ulid }) => (before.has(ulid) ? [] : [ulid]));
  }

  async restart(harm: (disk: MemoryDisk) => void = () => undefined): Promise<void> {
    this.machine.goDown('kill', undefined);
    const disk = this.machine.remains;
    harm(disk);
    this.machine = this.#build(disk);
    await this.machine.start();
  }

  blocks() {
    return readBlocks(this.machine.disk, DIR);
  }

  /** Of all blocks in the bucket: each sample's time since the start. */
  async uploaded(): Promise<number[]> {
    await this.machine.ship();
    return this.#times(readBlocks(this.machine.disk, BUCKET));
  }

  stored(): number[] {
    return this.#times(this.blocks());
  }

  async read(): Promise<number[]> {
    const query = { matchers: [], minTimeMs: 0, maxTimeMs: Number.MAX_SAFE_INTEGER };
    const times: number[] = [];
    const reader = new ChunkReader();
    for await (const { chunks } of this.machine.select('a', query)) {
      for (const { bytes, count, encoding } of chunks) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        reader.open({ encoding, view, base: 0, lengthBytes: bytes.length, count });
        while (reader.next()) times.push(reader.timeMs - this.startMs);
      }
    }
    return times;
  }

  #times(blocks: ReturnType<World['blocks']>): number[] {
    return blocks
      .flatMap(({ samples }) => samples.map(([, , timeMs]) => timeMs - this.startMs))
      .sort((a, b) => a - b);
  }

  #build(disk: MemoryDisk): EngineMachine {
    return new EngineMachine({
      disk,
      clock: this.clock,
      seed: seed++,
      blockLabels: [],
      retentionMs: 30 * 24 * HOUR,
      walCompression: false,
      onCut: () => undefined,
    });
  }
}

/** A machine with a window's block, and with a late one of its range; the name of the first. */
async function begun(): Promise<{ readonly world: World; readonly first: string }> {
  const world = new World();
  await world.machine.start();
  await world.send(-3000, -1000);
  const [first = ''] = await world.flush();
  await world.send(-2000);
  expect(await world.flush()).toHaveLength(1);
  return { world, first };
}

type Harm = (disk: MemoryDisk, dir: string) => void;

const spoil =
  (name: string): Harm =>
  (disk, dir) => {
    const bytes = Uint8Array.from(disk.readFile(`${dir}/${name}`));
    const at = bytes.length >> 1;
    new DataView(bytes.buffer).setUint8(at, (bytes.at(at) ?? 0) ^ 0x55);
    disk.replaceFile(`${dir}/${name}`, bytes);
  };

it.each<[string, Harm]>([
  ['a bit of its chunks is another', spoil('chunks/000001')],
  ['a bit of its index is another', spoil('index')],
  [
    'its meta.json is not to be read',
    (disk, dir) => disk.replaceFile(`${dir}/meta.json`, Buffer.from('{')),
  ],
  ['its meta.json is gone', (disk, dir) => disk.removeFile(`${dir}/meta.json`)],
  ['its chunks are gone', (disk, dir) => disk.removeFile(`${dir}/chunks/000001`)],
  ['it was removed by hand', (disk, dir) => disk.removeTree(dir)],
])('every sample is there when of the first block of a window %s', async (_, harm) => {
  const { world, first } = await begun();
  await world.restart((disk) => harm(disk, `${DIR}/${first}`));
  expect(await world.read()).toEqual([-3000, -2000, -1000]);
  await world.flush();
  expect(world.stored()).toEqual([-3000, -2000, -1000]);
  await world.restart();
  expect(await world.flush()).toEqual([]); // nothing is cut once more
  expect(await world.uploaded()).toEqual([-3000, -2000, -1000]);
});

it('also when what was cut again is gone, too, and with all blocks gone', async () => {
  const { world, first } = await begun();
  await world.restart((disk) => disk.removeTree(`${DIR}/${first}`));
  const [again = ''] = await world.flush();
  await world.restart((disk) => disk.removeTree(`${DIR}/${again}`));
  expect(await world.read()).toEqual([-3000, -2000, -1000]);
  await world.flush();
  expect(world.stored()).toEqual([-3000, -2000, -1000]);
  await world.restart((disk) => {
    for (const { dir } of readBlocks(disk, DIR)) disk.removeTree(dir);
  });
  await world.flush();
  expect(world.stored()).toEqual([-3000, -2000, -1000]);
});

it('also when it goes while the machine runs, and the log is truncated before the next start', async () => {
  const { world, first } = await begun();
  world.machine.disk.removeTree(`${DIR}/${first}`);
  const filler: number[] = [];
  for (let i = 1; i <= 8; i++) {
    filler.push(i * HOUR);
    await world.clock.advance(HOUR);
    await world.send(i * HOUR, i * HOUR - 4 * HOUR - 1); // each also in a window that was cut
    filler.push(i * HOUR - 4 * HOUR - 1);
    await world.flush();
  }
  const log = world.machine.disk.list(`${DIR}/wal`).map(({ name }) => name);
  expect(log.some((name) => name.startsWith('checkpoint.'))).toBe(true);
  expect(log).not.toContain('00000000');
  const all = [-3000, -2000, -1000, ...filler].sort((a, b) => a - b);
  for (let life = 0; life < 3; life++) {
    await world.restart();
    expect(await world.read()).toEqual(all);
    await world.flush();
    expect(world.stored()).toEqual(all);
  }
  expect(await world.uploaded()).toEqual(all);
});

it('a block that local retention took off the disk is not cut again', async () => {
  const { world } = await begun();
  await world.machine.ship();
  const times = [-3000, -2000, -1000];
  for (let hour = 1; hour < 32 * 24; hour += 24) {
    await world.clock.advance(24 * HOUR);
    times.push(hour * HOUR);
    await world.send(hour * HOUR);
    await world.flush();
    await world.machine.ship();
  }
  expect(world.stored()).not.toContain(-3000);
  await world.restart();
  await world.flush();
  expect(await world.uploaded()).toEqual(times);
});
