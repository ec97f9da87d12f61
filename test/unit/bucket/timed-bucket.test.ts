import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { TimedBucket } from '../../../src/bucket/timed-bucket.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { eachObject } from '../../support/each-object.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const TIMEOUTS = { callMs: 1000, stallMs: 5000 };

function world() {
  const clock = new ManualClock();
  const inner = new MemoryBucket(clock);
  return { clock, inner, bucket: new TimedBucket(inner, clock, TIMEOUTS) };
}

/** Never settles; remembers its signal. */
function stalling(signals: (AbortSignal | undefined)[]) {
  return (_key: string, options?: { readonly signal?: AbortSignal }): Promise<never> => {
    signals.push(options?.signal);
    return new Promise(() => undefined);
  };
}

const slowPieces = (clock: ManualClock, waits: readonly number[]): Bucket['get'] =>
  async function* () {
    for (const waitMs of waits) {
      await clock.sleep(waitMs);
      yield Buffer.from('x');
    }
  };

describe('TimedBucket', () => {
  it('passes calls and answers on', async () => {
    const { bucket, inner } = world();
    await bucket.put('a/b', bytesSource(Buffer.from('hello')), { ifAbsent: true });
    const again = bucket.put('a/b', bytesSource(Buffer.from('x')), { ifAbsent: true });
    await expect(again).rejects.toMatchObject({ code: 'already_exists' });
    expect(await bucket.exists('a/b')).toBe(true);
    expect(await bucket.attributes('a/b')).toEqual(await inner.attributes('a/b'));
    const range = { offset: 1, length: 3 };
    expect(Buffer.from(await collect(bucket.get('a/b', range), 9, 'a')).toString()).toBe('ell');
    for await (const name of bucket.listNames('')) expect(name).toBe('a/');
    for await (const { key } of eachObject(bucket.list(''))) expect(key).toBe('a/b');
    await bucket.delete('a/b');
    await bucket.removeUnfinished('a/');
    expect(await inner.exists('a/b')).toBe(false);
  });

  it.each(['attributes', 'exists', 'delete'] as const)('ends %s after its time', async (name) => {
    const { bucket, inner, clock } = world();
    const signals: (AbortSignal | undefined)[] = [];
    inner[name] = stalling(signals);
    const answer = expect(bucket[name]('k')).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringMatching(/ k in memory: nothing moved for 1 s$/),
    });
    await clock.advance(999);
    expect(signals.map((signal) => signal?.aborted)).toEqual([false]);
    await clock.advance(1);
    await answer;
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  });

  it('lets a read take long as long as something moves', async () => {
    const { bucket, inner, clock } = world();
    inner.get = slowPieces(clock, [4900, 4900, 4900]) as MemoryBucket['get'];
    const reading = collect(bucket.get('k'), 9, 'k');
    await clock.advance(14_700);
    expect(await reading).toHaveLength(3);
  });

  it('ends a read in which nothing moves', async () => {
    const { bucket, inner, clock } = world();
    inner.get = slowPieces(clock, [100, 5100]) as MemoryBucket['get'];
    const reading = expect(collect(bucket.get('k'), 9, 'k')).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    await clock.advance(5100);
    await reading;
  });

  it('does not count the time that a reader takes', async () => {
    const { bucket, inner, clock } = world();
    inner.get = slowPieces(clock, [10, 10]) as MemoryBucket['get'];
    const reading = (async () => {
      let pieces = 0;
      for await (const piece of bucket.get('k')) {
        pieces += piece.length;
        await clock.sleep(60_000);
      }
      return pieces;
    })();
    await clock.advance(121_000);
    expect(await reading).toBe(2);
  });

  it('does not count the time that the source of an upload takes, and ends a stalled one', async () => {
    const { bucket, inner, clock } = world();
    const source = {
      sizeBytes: 2,
      async *read() {
        for (const byte of ['a', 'b']) {
          await clock.sleep(60_000);
          yield Buffer.from(byte);
        }
      },
    };
    const whole = bucket.put('k', source);
    await clock.advance(120_000);
    expect((await whole).sizeBytes).toBe(2);
    inner.put = async (_key, from) => {
      await collect(from.read(0, 2), 2, 'k');
      return new Promise(() => undefined);
    };
    const stalled = expect(bucket.put('k', source)).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    await clock.advance(124_999);
    expect(clock.nextDueMs()).toBe(1);
    await clock.advance(1);
    await stalled;
  });

  it("ends with its caller's reason, at once, and leaves nothing behind", async () => {
    const { bucket, inner, clock } = world();
    inner.exists = stalling([]);
    const controller = new AbortController();
    const { signal } = controller;
    const answer = expect(bucket.exists('k', { signal })).rejects.toThrow('enough');
    controller.abort(new VarveError('store_unavailable', 'enough'));
    await answer;
    await expect(bucket.attributes('k', { signal })).rejects.toThrow('enough');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(clock.nextDueMs()).toBeUndefined();
  });

  it('does not mind what an adapter says of a call that was given up', async () => {
    const { bucket, inner, clock } = world();
    inner.exists = async () => {
      await clock.sleep(5000);
      throw new VarveError('internal', 'too late');
    };
    const answer = expect(bucket.exists('k')).rejects.toMatchObject({ code: 'store_unavailable' });
    await clock.advance(6000);
    await answer;
  });

  it('closes a stream that its reader leaves', async () => {
    const { bucket, inner, clock } = world();
    let isClosed = false;
    const get = async function* () {
      try {
        yield Buffer.from('one');
        yield Buffer.from('two');
      } finally {
        isClosed = true;
      }
    };
    inner.get = get as MemoryBucket['get'];
    for await (const piece of bucket.get('k')) {
      expect(piece).toHaveLength(3);
      break;
    }
    expect(isClosed).toBe(true);
    expect(clock.nextDueMs()).toBeUndefined();
  });
});
