import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { ulidTimeMs } from '../../../src/base/model/ulid.ts';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import type { Bucket, ObjectAttributes, PutSource } from '../../../src/bucket/bucket.ts';
import type { FileDigest, LocalBlock } from '../../../src/bucket/local-block.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { uploadBlock } from '../../../src/bucket/upload.ts';
import {
  type KnownUpload,
  type LoggedFile,
  NO_UPLOAD_LOG,
  type UploadLog,
} from '../../../src/bucket/upload-log.ts';
import { verifyPut } from '../../../src/bucket/verify-object.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { eachObject } from '../../support/each-object.ts';
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
  for await (const { key } of eachObject(bucket.list(''))) keys.push(key);
  return keys;
}

async function textOf(bucket: Bucket, key: string): Promise<string> {
  return Buffer.from(await collect(bucket.get(key), 1000, key)).toString();
}

/** What is asked of a bucket that keeps checksums, or of one that does not: `operation key`. */
function watched(inner: Bucket, keepsChecksums: boolean): { bucket: Bucket; asked: string[] } {
  const asked: string[] = [];
  const withCrc = async (key: string, attributes: Promise<ObjectAttributes>) => {
    const found = await attributes;
    if (!keepsChecksums) return found;
    return { ...found, crc32c: crc32c(await collect(inner.get(key), 1000, key)) };
  };
  const note = (what: string, key: string): void => {
    asked.push(`${what} ${key.slice(ULID.length + 1)}`.trimEnd());
  };
  const bucket: Bucket = {
    name: 'watched',
    get: (key, range) => {
      note('get', key);
      return inner.get(key, range);
    },
    attributes: (key) => {
      note('attributes', key);
      return withCrc(key, inner.attributes(key));
    },
    exists: (key) => {
      note('exists', key);
      return inner.exists(key);
    },
    list: (prefix) => {
      note('list', prefix);
      return inner.list(prefix);
    },
    listNames: (prefix) => {
      note('list', prefix);
      return inner.listNames(prefix);
    },
    put: (key, source, options) => {
      note('put', key);
      return withCrc(key, inner.put(key, source, options));
    },
    delete: (key) => inner.delete(key),

    listUnfinished: (prefix) => inner.listUnfinished(prefix),
    removeUnfinished: async (prefix) => note('tidy', prefix),
    observedBy: () => bucket,
    close: async () => undefined,
  };
  return { bucket, asked };
}

/** A log in memory. */
function memoryLog(known: Partial<KnownUpload> = {}) {
  const said: string[] = [];
  const files = new Map<string, LoggedFile>();
  const log: UploadLog = {
    isNoted: () => false,
    known: () => ({ begun: false, files, ...known }),
    begin: () => void said.push('begin'),
    fileVerified: (_bucket, _ulid, file) => {
      files.set(file.name, file);
      said.push(`${file.name} ${file.verifiedBy}${file.sent ? '' : ', was there'}`);
    },
    addCost: () => undefined,
    end: (_bucket, _ulid, end) => void said.push(end),
  };
  return { log, said, files };
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
  });

  it('sends again what the bucket has lost or got wrong of a block that Varve made', async () => {
    const { disk, bucket, block } = world();
    await uploadBlock(bucket, disk, block);
    await bucket.put(`${ULID}/index`, bytesSource(Buffer.from('index bytez')));
    await bucket.delete(`${ULID}/chunks/000001`);
    const healed = await uploadBlock(bucket, disk, block);
    expect(healed).toEqual({ sent: false, filesSent: 2, bytesSent: 22 });
    expect(await textOf(bucket, `${ULID}/index`)).toBe('index bytes');
    // Not with a local copy that is no better.
    await bucket.delete(`${ULID}/index`);
    disk.replaceFile(`${DIR}/index`, Buffer.from('index bytez'));
    expect(await codeOf(uploadBlock(bucket, disk, block))).toBe('damaged_block');
  });

  it('leaves alone what is another than on disk, where no checksum says which is right', async () => {
    const { disk, bucket, block } = world();
    const files = block.files.map((file) => ({ ...file, crc32c: undefined }));
    await uploadBlock(bucket, disk, { ...block, files });
    await bucket.put(`${ULID}/index`, bytesSource(Buffer.from('index bytez')));
    expect(await codeOf(uploadBlock(bucket, disk, { ...block, files }))).toBe('damaged_object');
    expect(await textOf(bucket, `${ULID}/index`)).toBe('index bytez');
  });

  it('goes on where an upload was cut off, and replaces what came over damaged', async () => {
    const { disk, bucket, block } = world();
    await bucket.put(`${ULID}/chunks/000001`, bytesSource(Buffer.from('chunk bytes')));
    await bucket.put(`${ULID}/index`, bytesSource(Buffer.from('index by')));
    expect(await uploadBlock(bucket, disk, block)).toMatchObject({ sent: true, filesSent: 2 });
  });

  it('sends its meta.json again where it came over with a changed bit, after the files', async () => {
    const { disk, bucket, block } = world();
    await uploadBlock(bucket, disk, block);
    const metaBytes = Buffer.from(block.metaBytes);
    const damaged = metaBytes.map((byte, at) => (at === 5 ? byte ^ 1 : byte));
    await bucket.put(`${ULID}/meta.json`, bytesSource(damaged));
    await bucket.delete(`${ULID}/index`);
    expect(await uploadBlock(bucket, disk, block)).toMatchObject({ filesSent: 2 });
    expect(await textOf(bucket, `${ULID}/meta.json`)).toBe(metaBytes.toString());
    expect(await textOf(bucket, `${ULID}/index`)).toBe('index bytes');
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

  it('takes a meta.json away that the store holds wrong, so that nobody finds a block', async () => {
    const { disk, bucket, block } = world();
    const store = lying(bucket, 'meta.json', () => bytesSource(Buffer.from('{"ulid":"?"}')));
    expect(await codeOf(uploadBlock(store, disk, block))).toBe('damaged_object');
    expect(await bucket.exists(`${ULID}/meta.json`)).toBe(false);
    bucket.delete = () => Promise.reject(new VarveError('store_denied', 'no deletes'));
    await expect(uploadBlock(store, disk, block)).rejects.toThrow(/taken away: no deletes/);
    expect(await codeOf(uploadBlock(store, disk, block))).toBe('already_exists');
  });

  it('does not take an old note for a file that was lost since, and came over damaged', async () => {
    const { disk, bucket, block } = world();
    const files = new Map<string, LoggedFile>();
    const log: UploadLog = {
      ...NO_UPLOAD_LOG,
      known: () => ({ begun: true, files: new Map(files) }),
      fileVerified: (_bucket, _ulid, file) => void files.set(file.name, file),
    };
    await uploadBlock(bucket, disk, block, { log });
    await bucket.delete(`${ULID}/meta.json`);
    await bucket.delete(`${ULID}/index`);
    const store = lying(bucket, 'index', () => bytesSource(Buffer.from('indeX bytes')));
    expect(await codeOf(uploadBlock(store, disk, block, { log }))).toBe('damaged_object');
    expect(await uploadBlock(bucket, disk, block, { log })).toMatchObject({ filesSent: 2 });
    expect(await textOf(bucket, `${ULID}/index`)).toBe('index bytes');
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

  it.each([
    ['cut off', '{"ulid":"01H'],
    ['empty', ''],
    ['no object', 'null'],
    ['a list', '[]'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])("sends a foreign block's meta.json again where the bucket's is %s", async (_name, stored) => {
    const { disk, bucket, block } = world();
    const files = block.files.map((file) => ({ ...file, crc32c: undefined, sha256: undefined }));
    const metaWith = (found: readonly FileDigest[]) =>
      metaOf(`,"files":${JSON.stringify(found.map(({ crc32c }) => crc32c))}`);
    const ours = { ...block, isForeign: true, files, metaBytes: metaOf(''), metaWith };
    await uploadBlock(bucket, disk, ours);
    const sent = await textOf(bucket, `${ULID}/meta.json`);
    await bucket.put(`${ULID}/meta.json`, bytesSource(Buffer.from(stored)));
    await bucket.delete(`${ULID}/index`);
    expect(await uploadBlock(bucket, disk, ours)).toMatchObject({ sent: false, filesSent: 2 });
    expect(await textOf(bucket, `${ULID}/meta.json`)).toBe(sent);
    expect(await textOf(bucket, `${ULID}/index`)).toBe('index bytes');
  });

  it('lets a damaged meta.json be where a file beside it is not what is on disk', async () => {
    const { disk, bucket, block } = world();
    const files = block.files.map((file) => ({ ...file, crc32c: undefined, sha256: undefined }));
    const ours = { ...block, isForeign: true, files, metaBytes: metaOf('') };
    await uploadBlock(bucket, disk, ours);
    await bucket.put(`${ULID}/meta.json`, bytesSource(Buffer.from('{')));
    await bucket.put(`${ULID}/index`, bytesSource(Buffer.from('indeX bytes')));
    expect(await codeOf(uploadBlock(bucket, disk, ours))).toBe('damaged_object');
    expect(await textOf(bucket, `${ULID}/meta.json`)).toBe('{');
  });

  it.each([
    ['ULID', '{"ulid":"?","minTime":0,"maxTime":1}', /its ulid is "\?", on disk it is "01/],
    ['time', metaOf('', 7).toString(), /its maxTime is 7, on disk it is 1/],
    ['shape', '{}', /its ulid is none/],
  ])('names the other %s of a meta.json that is in the way', async (_name, stored, message) => {
    const { disk, bucket, block } = world();
    await bucket.put(`${ULID}/meta.json`, bytesSource(Buffer.from(stored)));
    const ours = { ...block, isForeign: true, metaBytes: metaOf('') };
    await expect(uploadBlock(bucket, disk, ours)).rejects.toThrow(message);
    expect(await textOf(bucket, `${ULID}/meta.json`)).toBe(stored);
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

describe('what an upload costs', () => {
  const MADE_MS = ulidTimeMs(ULID) ?? 0;
  /** A block that this process made a minute ago. */
  const fresh = { processStartedMs: MADE_MS - 1, nowMs: MADE_MS + 60_000 };

  it.each([
    ['a store that keeps checksums', true, 'attributes'],
    ['a store that keeps none', false, 'get'],
  ])('at %s: one list, a put and a verification a file', async (_name, keeps, verification) => {
    const { disk, bucket: inner, block } = world();
    const { bucket, asked } = watched(inner, keeps);
    const { log, said } = memoryLog();
    await uploadBlock(bucket, disk, block, { log, ...fresh });
    const names = ['chunks/000001', 'index', 'meta.json'];
    const each = names.flatMap((name) => [`put ${name}`, `${verification} ${name}`]);
    expect(asked).toEqual(['list', ...each]);
    const by = keeps ? 'store checksum' : 'read back';
    expect(said).toEqual(['begin', ...names.map((name) => `${name} ${by}`), 'sent']);
  });

  it.each([
    [
      'an earlier life of the process may have begun it',
      {},
      { nowMs: MADE_MS, processStartedMs: MADE_MS + 1 },
    ],
    ['the log says that it was begun', { begun: true }, fresh],
    ['nobody can say', { begun: undefined }, fresh],
  ])('what was left unfinished is removed when %s', async (_name, known, when) => {
    const { disk, bucket: inner, block } = world();
    const { bucket, asked } = watched(inner, true);
    await uploadBlock(bucket, disk, block, { log: memoryLog(known).log, ...when });
    expect(asked.slice(0, 2)).toEqual(['list', 'tidy']);
  });

  it('what the log knows and the list shows is neither sent nor asked for again', async () => {
    const { disk, bucket: inner, block } = world();
    const { bucket, asked } = watched(inner, true);
    const { log, said, files } = memoryLog();
    await uploadBlock(bucket, disk, block, { log, ...fresh });
    await inner.delete(`${ULID}/meta.json`);
    await inner.delete(`${ULID}/index`);
    asked.length = 0;
    said.length = 0;
    await uploadBlock(bucket, disk, block, { log, ...fresh });
    expect(asked.filter((one) => one.includes('chunks'))).toEqual([]);
    const verified = said.filter((one) => !one.includes('listed size')); // an old note is taken back
    expect(verified).toEqual(['begin', 'index store checksum', 'meta.json store checksum', 'sent']);
    // Of another size than noted, or noted with another checksum, it is looked at.
    const chunk = files.get('chunks/000001')!;
    files.set('chunks/000001', { ...chunk, crc32c: 1 });
    await inner.delete(`${ULID}/meta.json`);
    asked.length = 0;
    await uploadBlock(bucket, disk, block, { log, ...fresh });
    expect(asked).toContain('attributes chunks/000001');
  });

  it('what only the list shows is verified and not sent', async () => {
    const { disk, bucket: inner, block } = world();
    await inner.put(`${ULID}/index`, bytesSource(Buffer.from('index bytes')));
    const { bucket, asked } = watched(inner, false);
    const { log, said } = memoryLog();
    await uploadBlock(bucket, disk, block, { log, ...fresh });
    expect(asked).not.toContain('put index');
    expect(asked).toContain('get index');
    expect(said).toContain('index read back, was there');
  });
});

describe('a block that somebody else works on', () => {
  it('is not sent while it is being deleted', async () => {
    const { disk, bucket, block } = world();
    await bucket.put(`${ULID}/deletion-mark.json`, bytesSource(Buffer.from('{}')));
    expect(await codeOf(uploadBlock(bucket, disk, block))).toBe('already_exists');
    expect(await keysOf(bucket)).toEqual([`${ULID}/deletion-mark.json`]);
  });

  it('that was swept as given up while it was uploaded does not count as uploaded', async () => {
    const { disk, bucket, block } = world();
    const put = bucket.put.bind(bucket);
    bucket.put = async (key, source, options) => {
      // A compactor that goes by the age in the ULID, as Thanos's does.
      if (key.endsWith('meta.json')) await bucket.delete(`${ULID}/chunks/000001`);
      return put(key, source, options);
    };
    expect(await codeOf(uploadBlock(bucket, disk, block))).toBe('damaged_object');
    bucket.put = put;
    expect(await uploadBlock(bucket, disk, block)).toMatchObject({ sent: false, filesSent: 1 });
    expect(await textOf(bucket, `${ULID}/chunks/000001`)).toBe('chunk bytes');
  });
});

it('a foreign block gets the checksums that its maker did not note', async () => {
  const { disk, bucket, block } = world();
  const files = block.files.map((file) => ({ ...file, crc32c: undefined }));
  const metaWith = (digests: readonly FileDigest[]): Uint8Array =>
    Buffer.from(JSON.stringify(digests));
  await uploadBlock(bucket, disk, { ...block, isForeign: true, files, metaWith });
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  expect(JSON.parse(await textOf(bucket, `${ULID}/meta.json`))).toEqual([
    { ...block.files[0], sha256: sha256('chunk bytes') },
    { ...block.files[1], sha256: sha256('index bytes') },
  ]);
});

it('other work runs between the pieces of a file', async () => {
  const { disk, bucket, block } = world();
  let pauses = 0;
  const pause = async (): Promise<void> => void pauses++;
  await uploadBlock(bucket, disk, block, { pause });
  expect(pauses).toBeGreaterThanOrEqual(2 * block.files.length); // read once, sent once
});

it('ends when it is told to, and goes on from there', async () => {
  const { disk, bucket, block } = world();
  const end = new AbortController();
  const put = bucket.put.bind(bucket);
  bucket.put = async (key, source, options) => {
    if (key.endsWith('index')) end.abort(new VarveError('draining', 'the end'));
    return put(key, source, options);
  };
  const { signal } = end;
  expect(await codeOf(uploadBlock(bucket, disk, block, { signal }))).toBe('draining');
  expect(await keysOf(bucket)).toEqual([`${ULID}/chunks/000001`]);
  expect(await uploadBlock(bucket, disk, block)).toMatchObject({ sent: true, filesSent: 2 });
});

describe('verifyPut', () => {
  const wanted = { key: 'a', sizeBytes: 3, crc32c: crc32c(Buffer.from('abc')) };

  it.each([true, false])(
    'tells what is wrong (a store with checksums: %s)',
    async (keepsChecksum) => {
      const inner = new MemoryBucket(clock);
      const { bucket } = watched(inner, keepsChecksum);
      const verify = () => verifyPut(bucket, wanted, { keepsChecksum });
      await expect(verify()).rejects.toThrow('a in watched is not there');
      await inner.put('a', bytesSource(Buffer.from('ab')));
      await expect(verify()).rejects.toThrow('a in watched has 2 bytes instead of 3');
      await inner.put('a', bytesSource(Buffer.from('abx')));
      await expect(verify()).rejects.toThrow('a in watched has another CRC32C than sent');
      await inner.put('a', bytesSource(Buffer.from('abc')));
      expect(await verify()).toBe(keepsChecksum ? 'store checksum' : 'read back');
    },
  );

  it('does not take a store that is away for one that has lost the object', async () => {
    const { bucket } = watched(new MemoryBucket(clock), true);
    bucket.attributes = async () => {
      throw new VarveError('store_unavailable', 'no answer');
    };
    expect(await codeOf(verifyPut(bucket, wanted, { keepsChecksum: true }))).toBe(
      'store_unavailable',
    );
  });
});
