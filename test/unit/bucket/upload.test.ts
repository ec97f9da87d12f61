import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type { Bucket, PutSource } from '../../../src/bucket/bucket.ts';
import type { LocalBlock } from '../../../src/bucket/local-block.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { uploadBlock } from '../../../src/bucket/upload.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';

const ULID = '01M832KAJWMK22126GMWCXRFNM';
const DIR = `/data/${ULID}`;
const clock = { nowMs: () => 0, monotonicMs: () => 0 };

function world(): { disk: MemoryDisk; bucket: MemoryBucket; block: LocalBlock } {
  const disk = new MemoryDisk();
  disk.makeDir(`${DIR}/chunks`);
  const contents = { 'chunks/000001': 'chunk bytes', index: 'index bytes' };
  const files = Object.entries(contents).map(([name, text]) => {
    const bytes = Buffer.from(text);
    disk.replaceFile(`${DIR}/${name}`, bytes);
    return { name, sizeBytes: bytes.length, crc32c: crc32c(bytes) };
  });
  const metaBytes = Buffer.from('{"ulid":"…"}');
  const times = { minTimeMs: 0, maxTimeMs: 1 };
  const block = {
    ulid: ULID,
    dir: DIR,
    ...times,
    coversLog: false,
    isForeign: false,
    files,
    metaBytes,
  };
  return { disk, bucket: new MemoryBucket(clock), block };
}

/** A bucket that does `change` to what is put under `key`. */
function lying(inner: MemoryBucket, key: string, change: (source: PutSource) => PutSource): Bucket {
  return new Proxy(inner, {
    get(target, name) {
      if (name === 'put') {
        return (at: string, source: PutSource) =>
          target.put(at, at.endsWith(key) ? change(source) : source);
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function keysOf(bucket: Bucket): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list('')) keys.push(key);
  return keys;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (thrown) => (thrown instanceof VarveError ? thrown.code : String(thrown)),
  );
}

describe('uploadBlock', () => {
  it('brings all files, and meta.json last', async () => {
    const { disk, bucket, block } = world();
    const order: string[] = [];
    const watched = lying(bucket, '', (source) => source);
    const put = bucket.put.bind(bucket);
    bucket.put = (key, source, options) => {
      order.push(key);
      return put(key, source, options);
    };
    bucket.removeUnfinished = async (prefix?: string) => void order.push(`${prefix} tidied`);
    const report = await uploadBlock(watched, disk, block);
    expect(report).toMatchObject({ sent: true, filesSent: 3 });
    expect(order.shift()).toBe(`${ULID}/ tidied`);
    expect(order).toEqual([`${ULID}/chunks/000001`, `${ULID}/index`, `${ULID}/meta.json`]);
  });

  it('sends nothing when the same block is there, and checks that it is whole', async () => {
    const { disk, bucket, block } = world();
    await uploadBlock(bucket, disk, block);
    expect(await uploadBlock(bucket, disk, block)).toEqual({
      sent: false,
      filesSent: 0,
      bytesSent: 0,
    });
    await bucket.put(`${ULID}/index`, bytesSource(Buffer.from('index bytez')));
    expect(await codeOf(uploadBlock(bucket, disk, block))).toBe('damaged_object');
  });

  it('goes on where an upload was cut off, and replaces what came over damaged', async () => {
    const { disk, bucket, block } = world();
    await bucket.put(`${ULID}/chunks/000001`, bytesSource(Buffer.from('chunk bytes')));
    await bucket.put(`${ULID}/index`, bytesSource(Buffer.from('index by')));
    expect(await uploadBlock(bucket, disk, block)).toMatchObject({ sent: true, filesSent: 2 });
  });

  it('does not overwrite another block under the same ULID', async () => {
    const { disk, bucket, block } = world();
    await bucket.put(`${ULID}/meta.json`, bytesSource(Buffer.from('{"other":1}')));
    expect(await codeOf(uploadBlock(bucket, disk, block))).toBe('already_exists');
    expect(await keysOf(bucket)).toEqual([`${ULID}/meta.json`]);
  });

  it('uploads no meta.json when a file rotted on disk since it was written', async () => {
    const { disk, bucket, block } = world();
    disk.replaceFile(`${DIR}/index`, Buffer.from('index bytez'));
    expect(await codeOf(uploadBlock(bucket, disk, block))).toBe('damaged_block');
    expect(await bucket.exists(`${ULID}/meta.json`)).toBe(false);
  });

  it.each([
    ['another byte in the index', 'index', 'indeX bytes'],
    ['half a chunk file', '000001', 'chunk'],
  ])('writes no meta.json when the store holds %s', async (_name, file, stored) => {
    const { disk, bucket, block } = world();
    const store = lying(bucket, file, () => bytesSource(Buffer.from(stored)));
    expect(await codeOf(uploadBlock(store, disk, block))).toBe('damaged_object');
    expect(await bucket.exists(`${ULID}/meta.json`)).toBe(false);
  });

  const metaOf = (thanos: string, maxTime = 1): Buffer =>
    Buffer.from(`{"ulid":"${ULID}","minTime":0,"maxTime":${maxTime}${thanos}}`);

  it('finds a foreign block that another has uploaded with labels of its own', async () => {
    const { disk, bucket, block } = world();
    await uploadBlock(bucket, disk, {
      ...block,
      metaBytes: metaOf(',"thanos":{"labels":{"a":"b"}}'),
    });
    const ours = { ...block, isForeign: true, metaBytes: metaOf(',"thanos":{}') };
    expect(await uploadBlock(bucket, disk, ours)).toMatchObject({ sent: false });
    const other = { ...ours, metaBytes: metaOf(',"thanos":{}', 2) };
    expect(await codeOf(uploadBlock(bucket, disk, other))).toBe('already_exists');
    expect(await codeOf(uploadBlock(bucket, disk, { ...ours, isForeign: false }))).toBe(
      'already_exists',
    );
  });

  it('brings the deletions that the other has left behind', async () => {
    const { disk, bucket, block } = world();
    await uploadBlock(bucket, disk, { ...block, metaBytes: metaOf('') });
    disk.replaceFile(`${DIR}/tombstones`, Buffer.from('stones'));
    const files = [...block.files, { name: 'tombstones', sizeBytes: 6, crc32c: undefined }];
    const ours = { ...block, isForeign: true, files, metaBytes: metaOf(',"thanos":{}') };
    await uploadBlock(bucket, disk, ours);
    expect(await keysOf(bucket)).toContain(`${ULID}/tombstones`);
  });
});
