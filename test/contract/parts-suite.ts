// What an adapter must do beyond the contract when it sends large objects in parts of any size, and
// lists in pages: as one suite for GCS and Azure, whose own tests give what tells them apart.

import { describe, expect, it } from 'vitest';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { Bucket, StoreRequest } from '../../src/bucket/bucket.ts';
import { bytesSource } from '../../src/bucket/put-sources.ts';
import { eachObject } from '../support/each-object.ts';
import { bigCrc32c, bigSource, sumOf } from '../support/stores/big-source.ts';

const MIB = 1024 * 1024;

export interface PartsStore {
  /** A bucket of its own, made; objects above `partBytes` go in parts of that size. */
  open(partBytes: number): Promise<Bucket>;
  /** A bucket that nobody made and nobody may make. */
  openMissing(): Promise<Bucket>;
  /** The requests that write an object of so many parts. */
  writesOf(parts: number): readonly string[];
  /** Listed are more keys than this: so many stand in a page of the bucket's. */
  readonly pageObjects: number;
  readonly listOperation: string;
}

/** See the head of the file. */
export function partsSuite(name: string, store: PartsStore): void {
  const opening =
    (partBytes: number, run: (bucket: Bucket) => Promise<void>) => async (): Promise<void> => {
      const bucket = await store.open(partBytes);
      try {
        await run(bucket);
      } finally {
        await bucket.close();
      }
    };
  const taken = { code: 'already_exists' };

  describe(`parts and pages: ${name}`, () => {
    it(
      'takes 100 MiB in parts of 8, checked, and gives them back',
      opening(8 * MIB, async (opened) => {
        const requests: StoreRequest[] = [];
        const bucket = opened.observedBy((request) => requests.push(request));
        const source = bigSource(100 * MIB + 5);
        const crc32c = await bigCrc32c(source);
        const stored = await bucket.put('big', source, { crc32c });
        expect(stored.sizeBytes).toBe(source.sizeBytes);
        expect([undefined, crc32c]).toContain(stored.crc32c);
        expect(await bucket.attributes('big')).toEqual(stored);
        expect(await sumOf(bucket.get('big'))).toBe(crc32c);
        const writes = requests.filter((one) => one.class === 'write');
        expect(writes.map(({ operation }) => operation)).toEqual(store.writesOf(13));
        expect(writes.reduce((sum, one) => sum + one.sentBytes, 0)).toBe(source.sizeBytes);
      }),
    );

    it(
      'keeps conditions on large uploads',
      opening(MIB / 4, async (bucket) => {
        const source = bigSource(MIB);
        const first = await bucket.put('lease', source, { ifAbsent: true });
        await expect(bucket.put('lease', source, { ifAbsent: true })).rejects.toMatchObject(taken);
        const next = await bucket.put('lease', source, { ifVersion: first.version });
        const late = bucket.put('lease', source, { ifVersion: first.version });
        await expect(late).rejects.toMatchObject(taken);
        const foreign = bucket.put('lease', source, { ifVersion: '"0x0"' });
        await expect(foreign).rejects.toMatchObject(taken);
        expect((await bucket.attributes('lease')).version).toBe(next.version);
      }),
    );

    it(
      'refuses a large upload of other bytes than said, and leaves nothing',
      opening(MIB / 4, async (bucket) => {
        const wrong = bucket.put('wrong', bigSource(MIB), { crc32c: 1 });
        await expect(wrong).rejects.toMatchObject({ code: 'damaged_object' });
        expect(await bucket.exists('wrong')).toBe(false);
      }),
    );

    it(
      'ends a large upload that its caller gave up, with the reason, and leaves nothing',
      opening(MIB / 4, async (bucket) => {
        const controller = new AbortController();
        const reason = new VarveError('store_unavailable', 'given up');
        const whole = bigSource(MIB);
        const source = {
          sizeBytes: whole.sizeBytes,
          async *read(offset: number, length: number) {
            if (offset >= MIB / 2) controller.abort(reason);
            yield* whole.read(offset, length);
          },
        };
        const put = bucket.put('left', source, { signal: controller.signal });
        expect(await put.catch((thrown: unknown) => thrown)).toBe(reason);
        expect(await bucket.exists('left')).toBe(false);
      }),
    );

    it(
      'lists more than a page holds, in order',
      opening(MIB, async (opened) => {
        const count = Math.floor(store.pageObjects * 1.2) + 3;
        const keys = Array.from({ length: count }, (_, i) => `k/${String(i).padStart(5, '0')}`);
        for (let at = 0; at < keys.length; at += 50) {
          const some = keys.slice(at, at + 50);
          await Promise.all(some.map((key) => opened.put(key, bytesSource(new Uint8Array(0)))));
        }
        const requests: StoreRequest[] = [];
        const bucket = opened.observedBy((request) => requests.push(request));
        const found: string[] = [];
        for await (const { key } of eachObject(bucket.list('k/'))) found.push(key);
        expect(found).toEqual(keys);
        const { listOperation } = store;
        expect(requests.map((one) => one.operation)).toEqual([listOperation, listOperation]);
        const names: string[] = [];
        for await (const one of bucket.listNames('k/')) names.push(one);
        expect(names).toEqual(keys.map((key) => key.slice(2)));
      }),
    );

    it('does not take a missing bucket for a missing object', async () => {
      const bucket = await store.openMissing();
      const missing = { code: 'store_denied', message: expect.stringContaining('does not exist') };
      const put = bucket.put('k', bytesSource(new Uint8Array(1)));
      await expect(put).rejects.toMatchObject(missing);
      const list = bucket.list('')[Symbol.asyncIterator]().next();
      await expect(list).rejects.toMatchObject(missing);
      await bucket.close();
    });
  });
}
