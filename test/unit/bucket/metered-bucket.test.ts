import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import { MeteredBucket } from '../../../src/bucket/metered-bucket.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { eachObject } from '../../support/each-object.ts';
import { ManualClock } from '../../support/manual-clock.ts';

async function world() {
  const clock = new ManualClock();
  const inner = new MemoryBucket(clock);
  await inner.put('a/b', bytesSource(Buffer.from('hello')));
  const seen: string[] = [];
  const bucket = new MeteredBucket(inner, clock, ({ operation, seconds, outcome, bytes }) =>
    seen.push(`${operation} ${seconds} ${outcome} ${bytes}`),
  );
  return { clock, inner, seen, bucket };
}

const read = async (pieces: AsyncIterable<Uint8Array>): Promise<string> =>
  Buffer.from(await collect(pieces, 100, 'it')).toString();

const every = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

const unavailable = () => new VarveError('store_unavailable', 'no answer');

describe('MeteredBucket', () => {
  it("counts each operation once under Thanos's name and passes answers on", async () => {
    const { bucket, inner, seen } = await world();
    expect(bucket.name).toBe(inner.name);
    expect(await read(bucket.get('a/b'))).toBe('hello');
    expect(await read(bucket.get('a/b', { offset: 1, length: 3 }))).toBe('ell');
    expect(await bucket.exists('a/b')).toBe(true);
    expect(await bucket.attributes('a/b')).toMatchObject({ sizeBytes: 5 });
    expect((await every(eachObject(bucket.list('')))).map(({ key }) => key)).toEqual(['a/b']);
    expect(await every(bucket.listNames(''))).toEqual(['a/']);
    await bucket.put('c', bytesSource(Buffer.from('x')));
    expect(await inner.exists('c')).toBe(true);
    await bucket.delete('c');
    expect(await inner.exists('c')).toBe(false);
    await bucket.removeUnfinished('a/');
    const bytes = { get: 5, get_range: 3, upload: 1 };
    const operations = ['exists', 'attributes', 'iter', 'iter', 'upload', 'delete', 'iter'];
    expect(seen).toEqual(
      ['get', 'get_range', ...operations].map(
        (name) => `${name} 0 done ${new Map(Object.entries(bytes)).get(name) ?? 0}`,
      ),
    );
  });

  it('passes the conditions of a put on; one that does not hold is a refusal', async () => {
    const { bucket, seen } = await world();
    const put = bucket.put('a/b', bytesSource(Buffer.from('x')), { ifAbsent: true });
    await expect(put).rejects.toMatchObject({ code: 'already_exists' });
    expect(seen).toEqual(['upload 0 refused 1']);
  });

  it('counts a missing object as a refusal', async () => {
    const { bucket, seen } = await world();
    await expect(bucket.attributes('no')).rejects.toMatchObject({ code: 'not_found' });
    await expect(read(bucket.get('no'))).rejects.toMatchObject({ code: 'not_found' });
    expect(seen).toEqual(['attributes 0 refused 0', 'get 0 refused 0']);
  });

  it('counts a store that does not answer as a failure, with the time it took', async () => {
    const { bucket, inner, clock, seen } = await world();
    inner.exists = async () => {
      await clock.sleep(2500);
      throw unavailable();
    };
    const answer = expect(bucket.exists('a/b')).rejects.toMatchObject({ kind: 'not_now' });
    await clock.advance(2500);
    await answer;
    expect(seen).toEqual(['exists 2.5 failed 0']);
  });

  it('times a read to its last piece, also when it breaks off or is left', async () => {
    const { bucket, inner, clock, seen } = await world();
    const get: Bucket['get'] = async function* (key) {
      yield Buffer.from('he');
      await clock.advance(1500);
      if (key === 'broken') throw unavailable();
      yield Buffer.from('llo');
    };
    inner.get = get as MemoryBucket['get'];
    expect(await read(bucket.get('whole'))).toBe('hello');
    await expect(read(bucket.get('broken'))).rejects.toMatchObject({ kind: 'not_now' });
    for await (const piece of bucket.get('left')) {
      expect(piece).toHaveLength(2);
      break;
    }
    expect(seen).toEqual(['get 1.5 done 5', 'get 1.5 failed 2', 'get 0 done 2']);
  });

  it('counts what its caller gave up as left, whatever came of it', async () => {
    const { bucket, inner, seen } = await world();
    const controller = new AbortController();
    inner.exists = async () => {
      controller.abort(unavailable());
      throw unavailable();
    };
    const { signal } = controller;
    await expect(bucket.exists('a/b', { signal })).rejects.toMatchObject({ kind: 'not_now' });
    expect(seen).toEqual(['exists 0 left 0']);
  });
});
