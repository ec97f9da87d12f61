import { describe, expect, it } from 'vitest';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import { LimitedBucket, SharedLimits } from '../../../src/bucket/limited-bucket.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { eachObject } from '../../support/each-object.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const NONE = { concurrencyMax: 0, uploadBytesPerSecond: 0, downloadBytesPerSecond: 0 };
const MIB = 1024 * 1024;

function world(limits: Partial<typeof NONE>) {
  const clock = new ManualClock();
  const inner = new MemoryBucket(clock);
  const shared = new SharedLimits({ ...NONE, ...limits }, { clock, timers: clock });
  return { clock, inner, bucket: new LimitedBucket(inner, shared) };
}

async function secondsOf(clock: ManualClock, run: () => Promise<unknown>): Promise<number> {
  const startedMs = clock.monotonicMs();
  let endedMs: number | undefined;
  const running = run().then(() => {
    endedMs = clock.monotonicMs();
  });
  await clock.advance(0);
  for (let next = clock.nextDueMs(); next !== undefined; next = clock.nextDueMs()) {
    await clock.advance(next);
  }
  await running;
  return ((endedMs ?? 0) - startedMs) / 1000;
}

describe('LimitedBucket', () => {
  it('passes calls and answers on', async () => {
    const { bucket, inner } = world({ concurrencyMax: 1, uploadBytesPerSecond: MIB });
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

  it('holds uploads together to their bandwidth, one second of it at once', async () => {
    const { bucket, clock, inner } = world({ uploadBytesPerSecond: MIB });
    const seconds = await secondsOf(clock, () =>
      Promise.all(
        ['a', 'b'].map((key) => bucket.put(key, bytesSource(new Uint8Array(3 * MIB).fill(1)))),
      ),
    );
    expect(seconds).toBe(5);
    expect((await inner.attributes('b')).sizeBytes).toBe(3 * MIB);
  });

  it('holds reads to theirs', async () => {
    const { bucket, clock, inner } = world({ downloadBytesPerSecond: MIB });
    await inner.put('a', bytesSource(new Uint8Array(4 * MIB)));
    expect(await secondsOf(clock, () => collect(bucket.get('a'), 4 * MIB, 'a'))).toBe(3);
  });

  it('lets so many calls wait for the store at once', async () => {
    const { bucket, clock, inner } = world({ concurrencyMax: 2 });
    let [asking, most] = [0, 0];
    inner.exists = async () => {
      most = Math.max(most, ++asking);
      await clock.sleep(1000);
      asking--;
      return true;
    };
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const all = () => Promise.all(keys.map((key) => bucket.exists(key)));
    expect(await secondsOf(clock, all)).toBe(3);
    expect(most).toBe(2);
  });

  it('lets a reader take its time, and read while it uploads what it reads', async () => {
    const { bucket, inner } = world({ concurrencyMax: 1 });
    for (const key of ['a', 'b']) await inner.put(key, bytesSource(Buffer.from(key)));
    for await (const one of bucket.get('a')) {
      for await (const other of bucket.get('b')) expect(other).not.toEqual(one);
      const source = { sizeBytes: 1, read: () => bucket.get('b') };
      await bucket.put('copy', source);
    }
    expect(await bucket.exists('copy')).toBe(true);
  });

  it('shares its limits with the views of it', async () => {
    const { bucket, clock } = world({ uploadBytesPerSecond: MIB });
    const views = [bucket.observedBy(() => undefined), bucket];
    const put = (view: typeof bucket | (typeof views)[number]) =>
      view.put('a', bytesSource(new Uint8Array(2 * MIB)));
    expect(await secondsOf(clock, () => Promise.all(views.map(put)))).toBe(3);
  });
});
