import { describe, expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { labelsOf } from '../../../../src/base/model/labels.ts';
import { bytesSource } from '../../../../src/bucket/put-sources.ts';
import { COMPACTED, DIR, LABELS, LATE, PLAIN, STATE, shippingWorld } from './shipping-world.ts';

const LEVEL_1 = [...PLAIN, LATE].sort();

describe('a round', () => {
  test('uploads what is of level 1, once, and names what it passes over', async () => {
    const { start, whole, logger } = shippingWorld();
    const { round, value } = start();
    expect(await round()).toEqual({ uploaded: 3, found: 0, failed: 0, vanished: 0 });
    expect(await whole()).toEqual(LEVEL_1);
    expect(value('varve_sidecar_blocks_passed_over', 'compacted')).toBe(1);
    expect(await round()).toEqual({ uploaded: 0, found: 0, failed: 0, vanished: 0 });
    expect(value('varve_shipper_uploads_total')).toBe(3);
    expect(value('varve_shipper_blocks_waiting')).toBe(0);
    expect(logger.records.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('asks the bucket nothing when there is nothing new', async () => {
    const { start, bucket } = shippingWorld();
    const { round } = start();
    await round();
    let calls = 0;
    for (const name of ['exists', 'attributes', 'get', 'list', 'listNames', 'put'] as const) {
      Object.assign(bucket, {
        [name]: () => {
          calls++;
          throw new VarveError('store_unavailable', 'asked');
        },
      });
    }
    await round();
    expect(calls).toBe(0);
  });

  test('after a lost note finds all of it again and sends nothing, whatever its labels are now', async () => {
    const { start, disk, bucket, keys } = shippingWorld();
    await start().round();
    const before = await keys();
    disk.removeTree(STATE);
    disk.makeDir(STATE);
    const puts: string[] = [];
    const put = bucket.put.bind(bucket);
    bucket.put = (key, ...rest) => {
      puts.push(key);
      return put(key, ...rest);
    };
    const other = labelsOf([['cluster', 'renamed']]);
    expect(await start().round(other)).toMatchObject({ uploaded: 0, found: 3, failed: 0 });
    expect(puts).toEqual([]);
    expect(await keys()).toEqual(before);
  });

  test('leaves out what ends before the least time', async () => {
    const { start, whole } = shippingWorld();
    const { round, value } = start({ minTimeMs: 1_793_844_000_000 });
    await round();
    expect(await whole()).toEqual([PLAIN[1]]);
    expect(value('varve_sidecar_blocks_passed_over', 'before-min-time')).toBe(2);
  });

  test('ends after the block under way when it is stopped', async () => {
    const { start, bucket, whole } = shippingWorld();
    const { shipper, round, value } = start();
    const put = bucket.put.bind(bucket);
    bucket.put = (...args) => {
      shipper.stop();
      return put(...args);
    };
    expect(await round()).toMatchObject({ uploaded: 1 });
    expect(await whole()).toHaveLength(1);
    expect(value('varve_shipper_blocks_waiting')).toBe(2);
    expect(await round()).toMatchObject({ uploaded: 0 });
  });

  test('a directory that shows nothing is not believed: the note stays', async () => {
    const { start, disk, whole } = shippingWorld();
    const { round } = start();
    await round();
    for (const ulid of [...LEVEL_1, COMPACTED]) disk.rename(`${DIR}/${ulid}`, `${DIR}/x-${ulid}`);
    await round();
    for (const ulid of [...LEVEL_1, COMPACTED]) disk.rename(`${DIR}/x-${ulid}`, `${DIR}/${ulid}`);
    expect(await round()).toMatchObject({ uploaded: 0, found: 0 });
    expect(await whole()).toEqual(LEVEL_1);
  });
});

describe('a block', () => {
  test('that is damaged is left alone for an hour; the others go, and it goes when it is mended', async () => {
    const { start, disk, clock, whole, keys, logger } = shippingWorld();
    const { round, value } = start();
    const index = `${DIR}/${PLAIN[0]}/index`;
    const good = disk.readFile(index).slice();
    disk.replaceFile(index, good.subarray(0, good.length - 9));
    expect(await round()).toMatchObject({ uploaded: 2, failed: 1 });
    expect(await whole()).toEqual([LATE, PLAIN[1]].sort());
    expect((await keys()).filter((key) => key.startsWith(PLAIN[0]))).toEqual([]);
    expect(await round()).toMatchObject({ uploaded: 0, failed: 0 });
    expect(value('varve_sidecar_blocks_passed_over', 'refused')).toBe(1);
    expect(logger.records.filter(({ level }) => level === 'error')).toHaveLength(1);
    disk.replaceFile(index, good);
    await clock.advance(3_600_000);
    expect(await round()).toMatchObject({ uploaded: 1 });
  });

  test('whose meta.json cannot be read is counted', async () => {
    const { start, disk } = shippingWorld();
    disk.replaceFile(`${DIR}/${PLAIN[0]}/meta.json`, Buffer.from('{'));
    const { round, value } = start();
    expect(await round()).toMatchObject({ uploaded: 2, failed: 0 });
    expect(value('varve_sidecar_blocks_passed_over', 'refused')).toBe(1);
  });

  test('that the Prometheus deletes in mid-upload leaves nothing in the bucket, and is no failure', async () => {
    const { start, disk, bucket, keys, logger } = shippingWorld();
    const { round, value } = start();
    const put = bucket.put.bind(bucket);
    bucket.put = async (key, ...rest) => {
      const stored = await put(key, ...rest);
      if (key === `${PLAIN[0]}/chunks/000001`) {
        disk.rename(`${DIR}/${PLAIN[0]}`, `${DIR}/${PLAIN[0]}.tmp-for-deletion`);
      }
      return stored;
    };
    expect(await round()).toEqual({ uploaded: 2, found: 0, failed: 0, vanished: 1 });
    expect((await keys()).filter((key) => key.startsWith(PLAIN[0]))).toEqual([]);
    expect(value('varve_sidecar_blocks_vanished_total')).toBe(1);
    expect(value('varve_shipper_upload_failures_total')).toBe(0);
    expect(logger.records.map(({ message }) => message).join()).toContain('retention is too short');
  });

  test('that vanished when its meta.json was stored already stays in the bucket', async () => {
    const { start, disk, bucket, whole } = shippingWorld();
    const put = bucket.put.bind(bucket);
    bucket.put = async (key, ...rest) => {
      const stored = await put(key, ...rest);
      if (key !== `${PLAIN[0]}/meta.json`) return stored;
      disk.rename(`${DIR}/${PLAIN[0]}`, `${DIR}/${PLAIN[0]}.tmp-for-deletion`);
      throw new VarveError('store_unavailable', 'the answer is lost');
    };
    await start().round();
    expect(await whole()).toContain(PLAIN[0]);
  });
});

describe('a store', () => {
  test('that does not answer ends the round, and the next goes on', async () => {
    const { start, bucket, whole } = shippingWorld();
    const { round, value } = start();
    const put = bucket.put.bind(bucket);
    let puts = 0;
    bucket.put = (...args) => {
      puts++;
      return puts === 5 ? Promise.reject(new VarveError('store_throttled', 'slow')) : put(...args);
    };
    expect(await round()).toMatchObject({ uploaded: 1, failed: 1 });
    expect(value('varve_shipper_dir_sync_failures_total')).toBe(1);
    expect(value('varve_shipper_blocks_waiting')).toBe(2);
    expect(await round()).toMatchObject({ uploaded: 2, failed: 0 });
    expect(await whole()).toEqual(LEVEL_1);
  });

  test('that never takes one block gets the others, and that one seldom', async () => {
    const { start, bucket, clock, logger, whole } = shippingWorld();
    const { round } = start();
    const put = bucket.put.bind(bucket);
    let isRefusing = true;
    let tries = 0;
    bucket.put = (key, ...rest) => {
      if (!isRefusing || !key.startsWith(`${LATE}/`)) return put(key, ...rest);
      tries++;
      return Promise.reject(new VarveError('store_unavailable', 'away'));
    };
    const oldest = [];
    for (let n = 0; n < 3; n++) oldest.push(await round());
    expect(oldest.map(({ uploaded, failed }) => [uploaded, failed])).toEqual([
      [0, 1],
      [0, 1],
      [2, 1],
    ]);
    expect(await whole()).toEqual(PLAIN);
    expect(logger.records.map(({ message }) => message).join()).toContain('takes other blocks');
    expect(await round()).toMatchObject({ uploaded: 0, failed: 0 });
    expect(tries).toBe(3);
    await clock.advance(3_600_000);
    expect(await round()).toMatchObject({ uploaded: 0, failed: 1 });
    isRefusing = false;
    expect(await round()).toMatchObject({ uploaded: 0, failed: 0 });
    await clock.advance(3_600_000);
    expect(await round()).toMatchObject({ uploaded: 1, failed: 0 });
    expect(await whole()).toEqual(LEVEL_1);
  });

  test('with a meta.json that cannot be read is read without it', async () => {
    const { start, bucket } = shippingWorld();
    await bucket.put('01M832KAJWMK22126GMWCXRFNA/meta.json', bytesSource(Buffer.from('rubbish')));
    expect(await start({ uploadCompacted: true }).round()).toMatchObject({ uploaded: 4 });
  });
});

describe('compacted blocks, when asked for', () => {
  test('go too, and that all are there is shown', async () => {
    const { start, whole } = shippingWorld();
    const { round, value } = start({ uploadCompacted: true });
    expect(await round()).toMatchObject({ uploaded: 4, failed: 0 });
    expect(await whole()).toContain(COMPACTED);
    expect(value('varve_shipper_upload_compacted_done')).toBe(1);
  });

  test('stay behind when they overlap a block of the same labels, and only then', async () => {
    const { start, bucket, clock, logger } = shippingWorld();
    const stored = (cluster: string) =>
      bytesSource(
        Buffer.from(
          JSON.stringify({
            ulid: '01M832KAJWMK22126GMWCXRFNA',
            minTime: 1_700_006_400_000,
            maxTime: 1_700_013_600_000,
            compaction: { level: 1, sources: ['01M832KAJWMK22126GMWCXRFNA'] },
            version: 1,
            thanos: { labels: { cluster, replica: '0' }, downsample: { resolution: 0 } },
          }),
        ),
      );
    await bucket.put('01M832KAJWMK22126GMWCXRFNA/meta.json', stored('eu'));
    const { round, value } = start({ uploadCompacted: true });
    expect(await round()).toMatchObject({ uploaded: 3, failed: 1 });
    expect(value('varve_shipper_upload_compacted_done')).toBe(0);
    const error = logger.records.find(({ level }) => level === 'error')?.fields.error;
    expect(error).toContain('overlaps 01M832KAJWMK22126GMWCXRFNA');
    expect(await round()).toMatchObject({ failed: 0 });
    await bucket.put('01M832KAJWMK22126GMWCXRFNA/meta.json', stored('us'));
    await clock.advance(3_600_000);
    expect(await round()).toMatchObject({ uploaded: 1, failed: 0 });
  });

  test('are taken for uploaded when all they were made of is in the bucket', async () => {
    const { start, bucket, whole } = shippingWorld();
    const sources = ['01M8BWXT4EQHAVQ1PADXYJH3PP', '01M8BWXT7ATNAYSN2RY93V6VFA'];
    const meta = {
      ulid: '01M832KAJWMK22126GMWCXRFNA',
      minTime: 1_700_006_400_000,
      maxTime: 1_700_035_200_000,
      compaction: { level: 3, sources: [...sources, LATE] },
      version: 1,
      thanos: { labels: { cluster: 'eu', replica: '0' }, downsample: { resolution: 0 } },
    };
    const bytes = bytesSource(Buffer.from(JSON.stringify(meta)));
    await bucket.put('01M832KAJWMK22126GMWCXRFNA/meta.json', bytes);
    // The level-1 block too: the note is lost, and compaction has removed it from the bucket.
    expect(await start({ uploadCompacted: true }).round()).toMatchObject({
      uploaded: 2,
      found: 2,
      failed: 0,
    });
    expect(await whole()).not.toContain(COMPACTED);
    expect(await whole()).not.toContain(LATE);
  });
});

test('what lies in the bucket is what lies on disk, with labels, hashes and checksums', async () => {
  const { start, bucket, disk } = shippingWorld();
  await start().round();
  for (const ulid of LEVEL_1) {
    let text = '';
    for await (const piece of bucket.get(`${ulid}/meta.json`))
      text += Buffer.from(piece).toString();
    const { thanos } = JSON.parse(text);
    expect(thanos.labels).toEqual(Object.fromEntries(LABELS.map((l) => [l.name, l.value])));
    expect(thanos.source).toBe('sidecar');
    for (const { rel_path: name, sha256 } of thanos.extensions.varve.files) {
      const stored: Uint8Array[] = [];
      for await (const piece of bucket.get(`${ulid}/${name}`)) stored.push(piece);
      expect(Buffer.concat(stored).equals(disk.readFile(`${DIR}/${ulid}/${name}`)), name).toBe(
        true,
      );
      const listed = thanos.files.find((file: { rel_path: string }) => file.rel_path === name);
      expect(listed.hash).toEqual({ func: 'SHA256', value: sha256 });
    }
  }
});
