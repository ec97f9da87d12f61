import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import type { LocalBlock } from '../../../src/bucket/local-block.ts';
import { type ShipperDir, shipOnce } from '../../../src/bucket/shipper.ts';
import { readShipperFile, SHIPPER_FILE } from '../../../src/bucket/shipper-file.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

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
    expect(report).toMatchObject({ failed: 1, waiting: 3 });
    expect(setAside).toEqual([]);
    expect(logged.some((line) => line.startsWith('error block not uploaded'))).toBe(true);
  });

  it('ends the round when the store does not answer, and counts what waits', async () => {
    const { disk, logger, dir, bucket, removed } = world();
    let calls = 0;
    const down: Bucket = new Proxy(bucket, {
      get(target, name) {
        if (name !== 'exists') return Reflect.get(target, name, target);
        return async () => {
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
