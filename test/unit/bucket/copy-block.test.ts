// How a block is copied: order, resuming, requests, what is compared. What the command does around
// it is in test/unit/admin/bucket/replicate.test.ts.

import { expect, test } from 'vitest';
import { crc32c } from '../../../src/base/bytes/crc32c.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type {
  Bucket,
  ByteRange,
  GetOptions,
  PutOptions,
  PutSource,
} from '../../../src/bucket/bucket.ts';
import { type CopyPlace, copyBlock, type NotedObject } from '../../../src/bucket/copy-block.ts';
import { BucketWorld, ULIDS } from '../../support/bucket-world.ts';

const [A] = ULIDS;
const FILES = ['chunks/000001', 'chunks/000002', 'index', 'meta.json', 'no-compact-mark.json'];

async function world(): Promise<BucketWorld> {
  const made = new BucketWorld();
  for (const name of FILES) await made.put(`${A}/${name}`, `bytes of ${name}`);
  await made.put(`${A}/deletion-mark.json`, '{}');
  return made;
}

function place(made: BucketWorld, more: Partial<CopyPlace> = {}): CopyPlace {
  const readNotes = (): ReadonlyMap<string, NotedObject> => new Map([['index', {}]]);
  return { from: made.bucket, to: made.to, readNotes, ...more };
}

/** The bucket with another `put`. */
function withPut(
  bucket: Bucket,
  put: (key: string, source: PutSource, options?: PutOptions) => Promise<unknown>,
): Bucket {
  return new Proxy(bucket, {
    get: (target, name) => {
      if (name === 'put') return put;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('meta.json comes last, and each file once', async () => {
  const made = await world();
  const order: string[] = [];
  const to = withPut(made.to, (key, source, options) => {
    order.push(key.slice(A.length + 1));
    return made.to.put(key, source, options);
  });
  let bytes = 0;
  const onBytes = (more: number): void => {
    bytes += more;
  };
  const report = await copyBlock(A, place(made, { to, onBytes }));
  expect(order.at(-1)).toBe('meta.json');
  expect(order.sort()).toEqual(FILES);
  const total = FILES.reduce((sum, name) => sum + `bytes of ${name}`.length, 0);
  expect(report).toEqual({ filesSent: 5, bytesSent: total });
  expect(bytes).toBe(total);
  expect(await copyBlock(A, place(made))).toEqual({ filesSent: 0, bytesSent: 0 });
});

test('cut off after each put, it goes on with what is missing', async () => {
  for (let puts = 0; puts < FILES.length; puts++) {
    const made = await world();
    let done = 0;
    const to = withPut(made.to, async (key, source, options) => {
      if (done++ === puts) throw new VarveError('store_unavailable', 'cut off');
      return made.to.put(key, source, options);
    });
    await expect(copyBlock(A, place(made, { to }))).rejects.toThrow('cut off');
    expect(await made.keys(made.to)).not.toContain(`${A}/meta.json`);
    const { filesSent } = await copyBlock(A, place(made));
    expect(filesSent).toBe(FILES.length - puts);
    expect(await made.keys(made.to)).toEqual(FILES.map((name) => `${A}/${name}`));
  }
});

test('a file of the same size and other bytes is sent again', async () => {
  const made = await world();
  await made.put(`${A}/index`, 'BYTES of index', made.to);
  expect((await copyBlock(A, place(made))).filesSent).toBe(5);
  expect(await made.get(`${A}/index`, made.to)).toEqual(await made.get(`${A}/index`));
});

test('a file that is missing beside a meta.json is brought', async () => {
  const made = await world();
  await copyBlock(A, place(made));
  await made.to.delete(`${A}/chunks/000002`);
  expect((await copyBlock(A, place(made))).filesSent).toBe(1);
});

test('another meta.json at the other end is a conflict, and is not touched', async () => {
  const made = await world();
  await made.put(`${A}/meta.json`, 'another', made.to);
  await expect(copyBlock(A, place(made))).rejects.toMatchObject({ code: 'already_exists' });
  expect(await made.keys(made.to)).toEqual([`${A}/meta.json`]);
});

test('a store that keeps other bytes than it was sent is found out', async () => {
  for (const [stored, message] of [
    ['bytes of imdex', /another CRC32C than sent/],
    ['bytes of', /has 8 bytes instead of 14/],
  ] as const) {
    const made = await world();
    const to = withPut(made.to, async (key, source, options) =>
      key.endsWith('/index') ? made.put(key, stored, made.to) : made.to.put(key, source, options),
    );
    await expect(copyBlock(A, place(made, { to }))).rejects.toThrow(message);
    expect(await made.keys(made.to)).not.toContain(`${A}/meta.json`);
  }
});

test('a meta.json that the store holds wrong is taken away, and the next copy succeeds', async () => {
  const made = await world();
  const to = withPut(made.to, async (key, source, options) =>
    key.endsWith('/meta.json')
      ? made.put(key, 'bytes of mota.json', made.to)
      : made.to.put(key, source, options),
  );
  await expect(copyBlock(A, place(made, { to }))).rejects.toThrow(/another CRC32C than sent/);
  expect(await made.keys(made.to)).not.toContain(`${A}/meta.json`);
  expect(await copyBlock(A, place(made))).toMatchObject({ filesSent: 1 });
});

test.each<[string, ReadonlyMap<string, NotedObject>, RegExp]>([
  ['a file that is missing', new Map([['chunks/000003', {}]]), /names is missing/],
  ['another size', new Map([['index', { sizeBytes: 5 }]]), /it has 14 bytes, 5 by meta\.json/],
  ['another CRC32C', new Map([['index', { crc32c: 1 }]]), /index in memory: its CRC32C is not the/],
])('%s by its meta.json: the block is not copied', async (_, notes, message) => {
  const made = await world();
  const run = copyBlock(A, place(made, { readNotes: () => notes }));
  await expect(run).rejects.toMatchObject({
    code: 'damaged_block',
    message: expect.stringMatching(message),
  });
  expect(await made.keys(made.to)).not.toContain(`${A}/meta.json`);
});

test('a CRC32C that is noted goes with the put, and saves a reading', async () => {
  const made = await world();
  const crc = crc32c(Buffer.from('bytes of index'));
  const given: (number | undefined)[] = [];
  const to = withPut(made.to, (key, source, options) => {
    if (key.endsWith('/index')) given.push(options?.crc32c);
    return made.to.put(key, source, options);
  });
  const readNotes = () => new Map([['index', { crc32c: crc }]]);
  await copyBlock(A, place(made, { to, readNotes }));
  expect(given).toEqual([crc]);
});

/** The bucket, which gives `key` with a changed byte at its nth reading. */
function misreading(bucket: Bucket, key: string, nth: number): Bucket {
  let readings = 0;
  return new Proxy(bucket, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name === 'get')
        return async function* (asked: string, ...rest: [ByteRange?, GetOptions?]) {
          const isWrong = asked === key && ++readings === nth;
          for await (const piece of bucket.get(asked, ...rest))
            yield isWrong ? piece.map((byte, at) => (at === 3 ? byte ^ 1 : byte)) : piece;
        };
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test.each(['index', 'chunks/000001', 'meta.json'])(
  'of %s nobody noted a checksum: one wrong reading is found out, and copied is the right one',
  async (name) => {
    for (const nth of [1, 2]) {
      const made = await world();
      const from = misreading(made.bucket, `${A}/${name}`, nth);
      await expect(copyBlock(A, place(made, { from }))).rejects.toMatchObject({
        code: 'damaged_object',
        message: expect.stringMatching(/two readings of it differ/),
      });
      expect(await made.keys(made.to)).not.toContain(`${A}/meta.json`);
      await copyBlock(A, place(made, { from }));
      for (const one of FILES)
        expect(await made.get(`${A}/${one}`, made.to)).toEqual(await made.get(`${A}/${one}`));
    }
  },
);

test('a file of no noted checksum is read twice where it comes from, any other once', async () => {
  const made = await world();
  const read: string[] = [];
  const from = made.bucket.observedBy(({ operation }) => void read.push(operation));
  const notes = (noted: readonly string[]) => async () => {
    const pairs = noted.map(async (name) => {
      const crc = crc32c(await made.get(`${A}/${name}`));
      return [name, { crc32c: crc }] as const;
    });
    return new Map(await Promise.all(pairs));
  };
  const count = async (noted: readonly string[]): Promise<number> => {
    const map = await notes(noted)();
    const to = new BucketWorld().bucket;
    read.length = 0;
    await copyBlock(A, place(made, { from, to, readNotes: () => map }));
    return read.filter((operation) => operation === 'get').length;
  };
  const others = FILES.filter((name) => name !== 'meta.json');
  expect(await count([])).toBe(2 + 2 * others.length);
  expect(await count(others)).toBe(2 + others.length);
});
