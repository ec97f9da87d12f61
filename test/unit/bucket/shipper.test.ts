import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import type { LocalBlock } from '../../../src/bucket/local-block.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { Shipper, type ShipperDir, shipOnce } from '../../../src/bucket/shipper.ts';
import { readShipperFile, SHIPPER_FILE } from '../../../src/bucket/shipper-file.ts';
import { UploadQueue } from '../../../src/bucket/upload-queue.ts';
import { Catalog } from '../../../src/catalog/catalog.ts';
import { UploadCatalog } from '../../../src/catalog/upload-catalog.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { MemoryDatabases } from '../../support/memory-databases.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { shipperWorld } from '../../support/shipper-world.ts';

const DIR = '/data/tenant';
const clock = { nowMs: () => 0, monotonicMs: () => 0 };
const ULIDS = ['A', 'B', 'C'].map((letter) => `01M832KAJWMK22126GMWCXRFN${letter}`);

function world() {
  const disk = new MemoryDisk();
  const logged: string[] = [];
  const log = (level: string) => (message: string) => void logged.push(`${level} ${message}`);
  const logger = {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: () => logger,
  };
  const block = (ulid: string, day: number): LocalBlock => {
    const dir = `${DIR}/${ulid}`;
    disk.makeDir(dir);
    disk.replaceFile(`${dir}/index`, Buffer.from(ulid));
    const files = [{ name: 'index', sizeBytes: ulid.length, crc32c: undefined }];
    const dayMs = 86_400_000;
    const times = { minTimeMs: day * dayMs, maxTimeMs: day * dayMs + 7_200_000 };
    return {
      ulid,
      dir,
      ...times,
      coversLog: false,
      isForeign: false,
      files,
      metaBytes: Buffer.from(`{"ulid":"${ulid}"}`),
    };
  };
  // The newest first: the shipper must sort.
  const blocks = [block(ULIDS[2]!, 3), block(ULIDS[0]!, 1), block(ULIDS[1]!, 2)];
  const removed: string[] = [];
  const setAside: string[] = [];
  const dir: ShipperDir = {
    dir: DIR,
    blocks,
    remove: (one) => void removed.push(one.ulid),
    check: () => undefined,
    setAside: (one, error) => {
      disk.removeTree(one.dir);
      setAside.push(`${one.ulid} ${error.code}`);
    },
  };
  const bucket = new MemoryBucket(clock);
  return { disk, logger, logged, dir, bucket, removed, setAside };
}

const YOUNG = { nowMs: 0, retentionMs: 86_400_000 };

describe('shipOnce', () => {
  it('uploads what is not noted as uploaded, oldest first, and notes it', async () => {
    const { disk, logger, dir, bucket } = world();
    const order: string[] = [];
    const put = bucket.put.bind(bucket);
    bucket.put = (key, source, options) => {
      order.push(key);
      return put(key, source, options);
    };
    const report = await shipOnce({ bucket, disk, logger }, [dir], YOUNG);
    expect(report).toMatchObject({ uploaded: 3, failed: 0, waiting: 0, removed: 0 });
    expect(order.filter((key) => key.endsWith('meta.json'))).toEqual(
      ULIDS.map((ulid) => `${ulid}/meta.json`),
    );
    expect([...readShipperFile(disk, DIR)]).toEqual(ULIDS);
    expect(await shipOnce({ bucket, disk, logger }, [dir], YOUNG)).toMatchObject({
      uploaded: 0,
      found: 0,
    });
  });

  it('asks the bucket when the note is lost or damaged, and sends nothing twice', async () => {
    const { disk, logger, dir, bucket } = world();
    await shipOnce({ bucket, disk, logger }, [dir], YOUNG);
    for (const note of ['', '[]', '{"uploaded":7}']) {
      disk.replaceFile(`${DIR}/${SHIPPER_FILE}`, Buffer.from(note));
      const report = await shipOnce({ bucket, disk, logger }, [dir], YOUNG);
      expect(report).toMatchObject({ uploaded: 0, found: 3 });
    }
  });

  it('goes on past a block that is damaged, and sets it aside', async () => {
    const { disk, logger, dir, bucket, removed, setAside } = world();
    disk.replaceFile(`${DIR}/${ULIDS[0]}/index`, Buffer.from('rotten'));
    const old = { nowMs: 1e12, retentionMs: 1 };
    const report = await shipOnce({ bucket, disk, logger }, [dir], old);
    expect(report).toMatchObject({ uploaded: 2, failed: 1, waiting: 0, removed: 2 });
    expect(removed).not.toContain(ULIDS[0]);
    expect(setAside).toEqual([`${ULIDS[0]} damaged_block`]);
  });

  it('goes on past a damaged block that the disk does not let it set aside', async () => {
    const { disk, logger, dir, bucket } = world();
    disk.replaceFile(`${DIR}/${ULIDS[0]}/index`, Buffer.from('rotten'));
    const setAside = () => {
      throw new VarveError('disk_full', 'no room for a directory');
    };
    const report = await shipOnce({ bucket, disk, logger }, [{ ...dir, setAside }], YOUNG);
    expect(report).toMatchObject({ uploaded: 2, failed: 1, waiting: 1 });
  });

  it('uploads nothing of a block that its check refuses', async () => {
    const { disk, logger, dir, bucket, setAside } = world();
    const check: ShipperDir['check'] = (block) => {
      if (block.ulid === ULIDS[1]) throw new VarveError('damaged_block', 'cannot be read');
    };
    const report = await shipOnce({ bucket, disk, logger }, [{ ...dir, check }], YOUNG);
    expect(report).toMatchObject({ uploaded: 2, failed: 1 });
    expect(setAside).toEqual([`${ULIDS[1]} damaged_block`]);
    expect(await bucket.exists(`${ULIDS[1]}/index`)).toBe(false);
  });

  it('keeps a block that cannot be read just now, and tries it again', async () => {
    const { disk, logger, logged, dir, bucket, setAside } = world();
    const check: ShipperDir['check'] = (block) => {
      if (block.ulid === ULIDS[0]) throw new VarveError('disk_failed', 'EIO');
    };
    const report = await shipOnce({ bucket, disk, logger }, [{ ...dir, check }], YOUNG);
    expect(report).toMatchObject({ failed: 1, uploaded: 2, waiting: 1 });
    expect(setAside).toEqual([]);
    expect(logged.some((line) => line.startsWith('error block not uploaded'))).toBe(true);
  });

  it('ends the round when the store does not answer, and counts what waits', async () => {
    const { disk, logger, dir, bucket, removed } = world();
    let calls = 0;
    const down: Bucket = new Proxy(bucket, {
      get(target, name) {
        if (name !== 'list') return Reflect.get(target, name, target);
        // biome-ignore lint/correctness/useYield: it fails before it gives anything.
        return async function* () {
          calls++;
          throw new VarveError('store_unavailable', 'no answer');
        };
      },
    });
    const old = { nowMs: 1e12, retentionMs: 1 };
    const report = await shipOnce({ bucket: down, disk, logger }, [dir], old);
    expect(report).toMatchObject({ failed: 1, waiting: 3, removed: 0 });
    expect(calls).toBe(1);
    expect(removed).toEqual([]);
  });

  it('removes local copies by age when no bucket is configured, never with retention 0', async () => {
    const { disk, logger, dir, removed } = world();
    const nowMs = 2.5 * 86_400_000 + 7_200_000;
    const off = { bucket: undefined, disk, logger };
    await shipOnce(off, [dir], { nowMs, retentionMs: 0 });
    expect(removed).toEqual([]);
    const needed = { ...dir, blocks: dir.blocks.map((block) => ({ ...block, coversLog: true })) };
    await shipOnce(off, [needed], { nowMs, retentionMs: 86_400_000 });
    expect(removed).toEqual([]);
    await shipOnce(off, [dir], { nowMs, retentionMs: 86_400_000 });
    expect(removed).toEqual([ULIDS[0]]);
  });

  it('uploads all and lets old ones go when the disk is too full for the note', async () => {
    const { disk, logger, logged, dir, bucket, removed } = world();
    disk.faults.add({
      operation: 'write',
      path: /shipper/,
      code: 'disk_full',
      times: Number.POSITIVE_INFINITY,
    });
    const late = { nowMs: 100 * 86_400_000, retentionMs: 86_400_000 };
    const report = await shipOnce({ bucket, disk, logger }, [dir], late);
    expect(report).toMatchObject({ uploaded: 3, failed: 0, waiting: 0, removed: 3 });
    expect(removed.length).toBe(3);
    expect(logged).toContain('warn not noted which blocks are uploaded');
  });
});

describe('Shipper', () => {
  it('takes those that were cut first of all directories first', async () => {
    const { options, dirs, arrived } = shipperWorld({ a: [8, 2], b: [4, 0], c: [6] });
    await new Shipper(options).round(dirs, YOUNG);
    expect(arrived).toEqual(['b0', 'a2', 'b4', 'c6', 'a8']);
  });

  it('uploads several at one time, a large one holding up its own directory only', async () => {
    const world = shipperWorld({ a: [0, 6], b: [2, 4] });
    const { options, dirs, arrived, bucket, time, ulidOf } = world;
    const put = bucket.put.bind(bucket);
    let [running, most] = [0, 0];
    bucket.put = async (key, source, more) => {
      most = Math.max(most, ++running);
      await time.sleep(key.startsWith(ulidOf('a0')) ? 60_000 : 1000);
      running--;
      return put(key, source, more);
    };
    const round = new Shipper({ ...options, concurrency: 2 }).round(dirs, YOUNG);
    for (let seconds = 0; seconds < 300; seconds++) await time.advance(1000);
    expect(await round).toMatchObject({ uploaded: 4, waiting: 0 });
    expect(arrived).toEqual(['b2', 'b4', 'a0', 'a6']);
    expect(most).toBe(2);
  });

  it('tries a block that was refused after ever longer times, at once when it is asked to', async () => {
    const { options, dirs, bucket, time, ulidOf } = shipperWorld({ a: [0, 2] });
    await bucket.put(
      `${ulidOf('a0')}/meta.json`,
      bytesSource(Buffer.from('{"ulid":"of another"}')),
    );
    const shipper = new Shipper(options);
    const failures: number[] = [];
    const round = async (retryAll = false): Promise<void> => {
      const { failed, waiting } = await shipper.round(dirs, YOUNG, { retryAll });
      expect(waiting).toBe(1);
      failures.push(failed);
    };
    for (let i = 0; i < 7; i++) {
      await round();
      await time.advance(30_000);
    }
    expect(failures).toEqual([1, 1, 0, 1, 0, 0, 0]);
    await round(true);
    expect(failures.at(-1)).toBe(1);
  });

  it('ends a round after 32 blocks and says that there are more', async () => {
    const hours = Array.from({ length: 40 }, (_, i) => 2 * i);
    const { options, dirs } = shipperWorld({ a: hours });
    const shipper = new Shipper(options);
    expect(await shipper.round(dirs, YOUNG)).toMatchObject({
      uploaded: 32,
      waiting: 8,
      more: true,
    });
    expect(await shipper.round(dirs, YOUNG)).toMatchObject({
      uploaded: 8,
      waiting: 0,
      more: false,
    });
  });

  it('does not let refused blocks use up a round', async () => {
    const hours = Array.from({ length: 70 }, (_, i) => 2 * i);
    const { options, dirs, bucket, ulidOf } = shipperWorld({ a: hours });
    for (const hour of hours.slice(0, 40))
      await bucket.put(
        `${ulidOf(`a${hour}`)}/meta.json`,
        bytesSource(Buffer.from('{"ulid":"of another"}')),
      );
    const report = await new Shipper(options).round(dirs, YOUNG);
    expect(report).toMatchObject({ uploaded: 30, failed: 40, waiting: 40, more: false });
  });

  it('begins nothing after its end, and cuts off what is under way after the time it has', async () => {
    const { options, dirs, arrived, bucket, time } = shipperWorld({ a: [0, 2] });
    const put = bucket.put.bind(bucket);
    bucket.put = async (key, source, more) => {
      await time.sleep(3_600_000, more?.signal);
      return put(key, source, more);
    };
    const shipper = new Shipper(options);
    const round = shipper.round(dirs, YOUNG);
    await time.advance(1000);
    shipper.end(20_000);
    await time.advance(20_000);
    expect(await round).toMatchObject({ uploaded: 0, failed: 1, waiting: 2, more: false });
    expect(await shipper.round(dirs, YOUNG)).toMatchObject({ failed: 0, waiting: 2 });
    expect(arrived).toEqual([]);
  });

  it('ships all other directories when the disk does not give one', async () => {
    const { options, dirs, disk, logged } = shipperWorld({ a: [0], b: [2] });
    disk.replaceFile('/data/a/thanos.shipper.json', Buffer.from('{}'));
    disk.faults.add({ operation: 'read', path: /data\/a\/thanos/, code: 'disk_failed' });
    const failed: unknown[] = [];
    const onDirFailed = ({ tenant }: ShipperDir): void => void failed.push(tenant);
    const report = await new Shipper({ ...options, onDirFailed }).round(dirs, YOUNG);
    expect(report).toMatchObject({ uploaded: 1, failed: 1 });
    expect(failed).toEqual(['a']);
    expect(logged('stream not shipped, tried again')).toBe(1);
  });

  it('keeps the queue, and notes in the log what each block has cost', async () => {
    const { options, dirs, ulidOf } = shipperWorld({ a: [0], b: [2] });
    const databases = new MemoryDatabases(options.disk);
    const logger = new MemoryLogger();
    const catalog = new Catalog({ ...options, databases, logger, path: '/data/.varve/catalog.db' });
    const log = new UploadCatalog(catalog);
    const queue = new UploadQueue();
    const outcomes: string[] = [];
    const onOutcome = ({ tenant }: ShipperDir, outcome: string): void =>
      void outcomes.push(`${tenant} ${outcome}`);
    const shipper = new Shipper({ ...options, queue, log, onOutcome });
    const round = shipper.round(dirs, YOUNG);
    expect(queue.status()).toMatchObject({ blocks: 2, sizeBytes: 52 });
    await round;
    expect(queue.status()).toMatchObject({ blocks: 0, sizeBytes: 0 });
    expect(outcomes).toEqual(['a uploaded', 'b uploaded']);
    const uploads = log.newest(10);
    expect(uploads.map(({ ulid }) => ulid).sort()).toEqual([ulidOf('a0'), ulidOf('b2')].sort());
    // A list; a put and a read for each of two files.
    expect(uploads).toMatchObject(
      Array.from({ length: 2 }, () => ({ end: 'sent', requests: 5, sentBytes: 52 })),
    );
  });

  it('makes a lost log anew from what the bucket lists', async () => {
    const { options, dirs, bucket, ulidOf } = shipperWorld({ a: [0, 2] });
    await new Shipper(options).round(dirs, YOUNG);
    await bucket.delete(`${ulidOf('a2')}/meta.json`); // merged by a compactor, and gone
    await bucket.delete(`${ulidOf('a2')}/index`);
    const databases = new MemoryDatabases(options.disk);
    const logger = new MemoryLogger();
    const catalog = new Catalog({ ...options, databases, logger, path: '/data/.varve/catalog.db' });
    const log = new UploadCatalog(catalog);
    const shipper = new Shipper({ ...options, log });
    expect(await shipper.round(dirs, YOUNG)).toMatchObject({ uploaded: 0, found: 0 });
    const ends = log.newest(10).map(({ ulid, end }) => [ulid, end]);
    expect(Object.fromEntries(ends)).toEqual({
      [ulidOf('a0')]: 'listed',
      [ulidOf('a2')]: 'missing',
    });
    const lists: string[] = [];
    const list = bucket.list.bind(bucket);
    bucket.list = (prefix) => {
      lists.push(prefix);
      return list(prefix);
    };
    await shipper.round(dirs, YOUNG);
    expect(lists).toEqual([]);
  });
});
