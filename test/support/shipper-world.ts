// Blocks in directories, a bucket in memory and what a shipper needs, by names: `a2` is the block
// of tenant a that was cut at hour 2.

import { VarveError } from '../../src/base/errors/varve-error.ts';
import { UlidMaker } from '../../src/base/model/ulid.ts';
import type { LocalBlock } from '../../src/bucket/local-block.ts';
import type { ShipperDir } from '../../src/bucket/shipper.ts';
import { MemoryBucket } from '../../storage-adapters/memory/memory-bucket.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryLogger } from './memory-logger.ts';
import { SeededRandom } from './seeded-random.ts';

const HOUR = 3_600_000;

/** Makes one; by tenant the hours at which a block was cut. Each is of the two hours from then. */
export function shipperWorld(hours: Readonly<Record<string, readonly number[]>>) {
  const disk = new MemoryDisk();
  const logger = new MemoryLogger();
  const time = new ManualClock(Date.UTC(2026, 0, 1));
  const bucket = new MemoryBucket(time);
  const ulids = new UlidMaker(time, new SeededRandom(1));
  const names = new Map<string, string>();
  // They are cut in the order of their hours, whatever the order in which they are listed.
  const cut = new Map<string, string>();
  const all = Object.entries(hours).flatMap(([tenant, of]) => of.map((hour) => ({ tenant, hour })));
  for (const { hour, tenant } of all.sort((a, b) => a.hour - b.hour)) {
    const ulid = ulids.next();
    cut.set(`${tenant}${hour}`, ulid);
    names.set(ulid, `${tenant}${hour}`);
  }
  const dirs = Object.entries(hours).map(([tenant, of]): ShipperDir => {
    const blocks = of.map((hour): LocalBlock => {
      const ulid = cut.get(`${tenant}${hour}`) ?? '';
      const dir = `/data/${tenant}/${ulid}`;
      disk.makeDir(dir);
      disk.replaceFile(`${dir}/index`, Buffer.from(ulid));
      const files = [{ name: 'index', sizeBytes: ulid.length, crc32c: undefined }];
      const times = { minTimeMs: hour * HOUR, maxTimeMs: (hour + 2) * HOUR };
      const cutAt = { segment: hour, offset: 0 };
      const rest = { cutAt, coversLog: false, isForeign: false, metaBytes: Buffer.from(ulid) };
      return { ulid, dir, files, ...times, ...rest };
    });
    const remove = (): void => undefined;
    return { dir: `/data/${tenant}`, tenant, blocks, remove, check: remove, setAside: remove };
  });
  /** In the order in which their meta.json came. */
  const arrived: string[] = [];
  /** Blocks whose files the store does not take, by name, with the error it gives. */
  const poisoned = new Map<string, VarveError>();
  /** Names of the blocks that were tried, in their order; one as often as it failed. */
  const tried: string[] = [];
  const nameOf = (key: string): string => names.get(key.split('/')[0] ?? '') ?? key;
  const put = bucket.put.bind(bucket);
  bucket.put = async (key, source, options) => {
    const name = nameOf(key);
    tried.push(name);
    const fault = poisoned.get(name);
    if (fault !== undefined) throw new VarveError(fault.code, fault.message);
    const attributes = await put(key, source, options);
    if (key.endsWith('meta.json')) arrived.push(name);
    return attributes;
  };
  const ulidOf = (name: string): string => cut.get(name) ?? '';
  /** The directories, with what is changed of each block. */
  const changed = (change: (name: string) => Partial<LocalBlock>): ShipperDir[] =>
    dirs.map((dir) => ({
      ...dir,
      blocks: dir.blocks.map((block) => ({ ...block, ...change(names.get(block.ulid) ?? '') })),
    }));
  const options = { bucket, disk, logger, clock: time, timers: time };
  const logged = (message: string): number =>
    logger.records.filter((one) => one.message.includes(message)).length;
  return {
    options,
    dirs,
    changed,
    arrived,
    tried,
    poisoned,
    bucket,
    disk,
    logger,
    logged,
    time,
    ulidOf,
  };
}
