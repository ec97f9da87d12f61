// What every object-store adapter must do, as one suite. An adapter's test calls `bucketSuite` with
// a function that opens an empty bucket.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32c } from '../../src/base/bytes/crc32c.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import { collect } from '../../src/base/runtime/file-pieces.ts';
import type { Bucket, StoreRequest } from '../../src/bucket/bucket.ts';
import { bytesSource } from '../../src/bucket/put-sources.ts';
import { eachObject } from '../support/each-object.ts';

export interface OpenedBucket {
  readonly bucket: Bucket;
  readonly cleanUp: () => Promise<void>;
}

const text = (value: string): Uint8Array => Buffer.from(value);

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof VarveError) return thrown.code;
    throw thrown;
  }
  return 'no error';
}

export function bucketSuite(name: string, open: () => Promise<OpenedBucket>): void {
  describe(`bucket contract: ${name}`, () => {
    let opened: OpenedBucket;
    let bucket: Bucket;

    beforeEach(async () => {
      opened = await open();
      bucket = opened.bucket;
    });
    afterEach(async () => {
      await bucket.close();
      await opened.cleanUp();
    });

    const put = (key: string, value: string) => bucket.put(key, bytesSource(text(value)));
    const get = async (key: string, range?: { offset: number; length: number }) =>
      Buffer.from(await collect(bucket.get(key, range), 1 << 26, key)).toString();
    const keys = async (prefix: string) => {
      const found: string[] = [];
      for await (const object of eachObject(bucket.list(prefix))) found.push(object.key);
      return found;
    };
    const names = async (prefix: string) => {
      const found: string[] = [];
      for await (const entry of bucket.listNames(prefix)) found.push(entry);
      return found;
    };

    it('gives back what was put, and tells its size', async () => {
      const attributes = await put('a/b', 'hello');
      expect(attributes.sizeBytes).toBe(5);
      expect(await get('a/b')).toBe('hello');
      expect((await bucket.attributes('a/b')).version).toBe(attributes.version);
    });

    it('replaces an object, and changes its version', async () => {
      const first = await put('a', 'one');
      const second = await put('a', 'two!');
      expect(await get('a')).toBe('two!');
      expect(second.version).not.toBe(first.version);
    });

    it('stores an empty object', async () => {
      await put('empty', '');
      expect((await bucket.attributes('empty')).sizeBytes).toBe(0);
      expect(await get('empty')).toBe('');
    });

    it('stores several MiB in pieces, and reads ranges of it', async () => {
      const whole = Buffer.alloc(5 * 1024 * 1024 + 17);
      for (let i = 0; i < whole.length; i += 4)
        whole.writeUInt32LE(i >>> 0, Math.min(i, whole.length - 4));
      const source = {
        sizeBytes: whole.length,
        async *read(offset: number, length: number) {
          for (let at = offset; at < offset + length; at += 100_000) {
            yield whole.subarray(at, Math.min(at + 100_000, offset + length));
          }
        },
      };
      await bucket.put('big', source);
      const back = await collect(bucket.get('big'), whole.length, 'big');
      expect(Buffer.compare(back, whole)).toBe(0);
      const range = { offset: 1_048_570, length: 2_000_000 };
      const part = await collect(bucket.get('big', range), whole.length, 'big');
      expect(Buffer.compare(part, whole.subarray(range.offset, range.offset + range.length))).toBe(
        0,
      );
    });

    it('cuts a range that goes over the end, and refuses one that begins there', async () => {
      await put('r', '0123456789');
      expect(await get('r', { offset: 8, length: 100 })).toBe('89');
      expect(await codeOf(get('r', { offset: 10, length: 1 }))).toBe('bad_parameter');
    });

    it("tells a reader the object's version before its bytes", async () => {
      const { version } = await put('v', '0123456789');
      const seen: string[] = [];
      const onVersion = (told: string): void => void seen.push(told);
      for (const range of [undefined, { offset: 3, length: 2 }]) {
        for await (const piece of bucket.get('v', range, { onVersion })) {
          expect(piece.length).toBeGreaterThan(0);
          seen.push('bytes');
        }
      }
      expect(seen.filter((told) => told !== 'bytes')).toEqual([version, version]);
      expect(seen.at(0)).toBe(version);
    });

    it('says not_found for what is not there', async () => {
      expect(await codeOf(get('nothing'))).toBe('not_found');
      expect(await codeOf(bucket.attributes('nothing'))).toBe('not_found');
      expect(await bucket.exists('nothing')).toBe(false);
    });

    it('does not take a folder for an object', async () => {
      await put('folder/x', '1');
      expect(await bucket.exists('folder')).toBe(false);
      expect(await codeOf(get('folder'))).toBe('not_found');
    });

    it('lists keys in byte order, by any prefix', async () => {
      for (const key of ['b', 'a/z', 'a-b', 'a/b/c', 'a.b', 'ab']) await put(key, key);
      expect(await keys('')).toEqual(['a-b', 'a.b', 'a/b/c', 'a/z', 'ab', 'b']);
      expect(await keys('a/')).toEqual(['a/b/c', 'a/z']);
      expect(await keys('a')).toEqual(['a-b', 'a.b', 'a/b/c', 'a/z', 'ab']);
      expect(await keys('nothing/')).toEqual([]);
    });

    it('lists what stands directly under a prefix', async () => {
      for (const key of ['x/1', 'x/2/3', 'x/2/4', 'y']) await put(key, key);
      expect(await names('')).toEqual(['x/', 'y']);
      expect(await names('x/')).toEqual(['1', '2/']);
    });

    it('forgets a deleted object, and does not mind deleting it again', async () => {
      await put('gone/a', '1');
      await bucket.delete('gone/a');
      await bucket.delete('gone/a');
      await bucket.delete('never/was');
      expect(await bucket.exists('gone/a')).toBe(false);
      expect(await names('')).toEqual([]);
    });

    it('stores if absent once, and keeps the first', async () => {
      await bucket.put('lease', bytesSource(text('mine')), { ifAbsent: true });
      const again = bucket.put('lease', bytesSource(text('theirs')), { ifAbsent: true });
      expect(await codeOf(again)).toBe('already_exists');
      expect(await get('lease')).toBe('mine');
    });

    it('stores if the version is still the same, once', async () => {
      const { version } = await put('lease', 'one');
      await bucket.put('lease', bytesSource(text('two')), { ifVersion: version });
      const late = bucket.put('lease', bytesSource(text('three')), { ifVersion: version });
      expect(await codeOf(late)).toBe('already_exists');
      expect(await get('lease')).toBe('two');
      const absent = bucket.put('other', bytesSource(text('x')), { ifVersion: version });
      expect(await codeOf(absent)).toBe('already_exists');
    });

    it('lets one of many conditional writers win', async () => {
      const { version } = await put('lease', 'start');
      const writers = Array.from({ length: 8 }, (_, i) =>
        codeOf(bucket.put('lease', bytesSource(text(`w${i}`)), { ifVersion: version })),
      );
      const outcomes = await Promise.all(writers);
      expect(outcomes.filter((code) => code === 'no error')).toHaveLength(1);
      expect(outcomes.filter((code) => code === 'already_exists')).toHaveLength(7);
    });

    it('leaves nothing of an upload whose source fails', async () => {
      const source = {
        sizeBytes: 10,
        // biome-ignore lint/correctness/useYield: it fails after its first piece.
        async *read(): AsyncIterable<Uint8Array> {
          throw new VarveError('disk_failed', 'the source broke');
        },
      };
      expect(await codeOf(bucket.put('half', source))).not.toBe('no error');
      expect(await bucket.exists('half')).toBe(false);
      expect(await keys('')).toEqual([]);
    });

    it('refuses a source that gives less than it promised', async () => {
      const source = {
        sizeBytes: 10,
        async *read(): AsyncIterable<Uint8Array> {
          yield text('short');
        },
      };
      expect(await codeOf(bucket.put('short', source))).toBe('damaged_object');
      expect(await bucket.exists('short')).toBe(false);
    });

    it('removes what unfinished puts left and no object', async () => {
      await put('block/chunks/1', 'x');
      await put('block/meta.json', 'y');
      await bucket.removeUnfinished('block/');
      await bucket.removeUnfinished('nothing/');
      expect(await keys('')).toEqual(['block/chunks/1', 'block/meta.json']);
      expect(await get('block/chunks/1')).toBe('x');
    });

    it('shows no object as an unfinished upload', async () => {
      await put('block/index', 'x');
      for await (const { key } of bucket.listUnfinished('')) throw new Error(`there is ${key}`);
    });

    it('takes bytes whose checksum is as said, and refuses others', async () => {
      const bytes = text('checked');
      await bucket.put('sum', bytesSource(bytes), { crc32c: crc32c(bytes) });
      expect(await get('sum')).toBe('checked');
      const kept = (await bucket.attributes('sum')).crc32c;
      expect([undefined, crc32c(bytes)]).toContain(kept);
      const wrong = { crc32c: crc32c(text('other')) };
      expect(await codeOf(bucket.put('wrong', bytesSource(bytes), wrong))).toBe('damaged_object');
      expect(await bucket.exists('wrong')).toBe(false);
    });

    it('ends what its caller gave up, with the reason', async () => {
      const controller = new AbortController();
      const source = {
        sizeBytes: 2 * 1024 * 1024,
        async *read(): AsyncIterable<Uint8Array> {
          yield new Uint8Array(1024 * 1024);
          controller.abort(new VarveError('store_unavailable', 'given up'));
          yield new Uint8Array(1024 * 1024);
        },
      };
      const { signal } = controller;
      await expect(bucket.put('left', source, { signal })).rejects.toThrow('given up');
      expect(await bucket.exists('left')).toBe(false);
      await put('there', 'x');
      const reading = collect(bucket.get('there', undefined, { signal }), 10, 'there');
      await expect(reading).rejects.toThrow('given up');
    });

    it('tells an observer of its requests, and those before it too', async () => {
      const outer: StoreRequest[] = [];
      const inner: StoreRequest[] = [];
      const watched = bucket.observedBy((request) => outer.push(request));
      const twice = watched.observedBy((request) => inner.push(request));
      await twice.put('seen', bytesSource(text('12345')));
      await collect(watched.get('seen'), 10, 'seen');
      expect(await codeOf(watched.attributes('unseen'))).toBe('not_found');
      for await (const object of eachObject(watched.list(''))) expect(object.key).toBe('seen');
      await watched.delete('seen');
      const sum = (field: 'sentBytes' | 'receivedBytes') =>
        outer.reduce((total, request) => total + request[field], 0);
      expect([sum('sentBytes'), sum('receivedBytes')]).toEqual([5, 5]);
      const classes = outer.map((request) => request.class);
      expect(new Set(classes)).toEqual(new Set(['write', 'read', 'list', 'delete']));
      expect(classes.filter((name) => name === 'write')).toHaveLength(1);
      expect(outer.every(({ ok }) => ok)).toBe(true);
      expect(inner.length).toBeGreaterThan(0);
      expect(inner.length).toBeLessThan(outer.length);
    });

    it('refuses keys that would leave the bucket', async () => {
      for (const key of ['../x', 'a/../b', '/abs', 'a//b', '', '.']) {
        expect(await codeOf(put(key, 'x'))).toBe('bad_parameter');
      }
    });
  });
}
