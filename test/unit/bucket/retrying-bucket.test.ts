import { describe, expect, it } from 'vitest';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { RETRY_LIMITS, RetryPolicy } from '../../../src/bucket/retry-policy.ts';
import { RetryingBucket } from '../../../src/bucket/retrying-bucket.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { eachObject } from '../../support/each-object.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { runOut } from '../../support/run-out.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { type CallFault, ShakyBucket } from '../../support/stores/shaky-bucket.ts';

type Script = readonly (CallFault | undefined)[];

/** Faults by operation, each for one call after the other; the calls behind them pass. */
function world(script: Readonly<Record<string, Script>>) {
  const clock = new ManualClock();
  const objects = new MemoryBucket(clock);
  const left = new Map(Object.entries(script).map(([name, faults]) => [name, [...faults]]));
  const shaky = new ShakyBucket(objects, (operation) => left.get(operation)?.shift());
  const world = { clock, timers: clock, random: new SeededRandom(3), observe: () => undefined };
  const bucket = new RetryingBucket(shaky, new RetryPolicy(RETRY_LIMITS, world));
  const run = <T>(make: () => Promise<T>): Promise<T> => runOut(clock, make);
  const read = (key: string, range?: { offset: number; length: number }) =>
    run(async () => Buffer.from(await collect(bucket.get(key, range), 1e6, key)).toString());
  return { clock, objects, shaky, bucket, run, read };
}

const text = (value: string) => bytesSource(Buffer.from(value));
const codeOf = (code: string) => expect.objectContaining({ code });

describe('RetryingBucket', () => {
  it('makes calls again that the store did not do, or did not answer', async () => {
    const { bucket, objects, run, shaky } = world({
      put: ['refused', 'lost', 'damaged'],
      attributes: ['refused', 'throttled'],
      exists: ['refused'],
      delete: ['lost', 'refused'],
      sweep: ['refused'],
    });
    await run(() => bucket.put('a', text('hello')));
    expect((await run(() => bucket.attributes('a'))).sizeBytes).toBe(5);
    expect(await run(() => bucket.exists('a'))).toBe(true);
    await run(() => bucket.delete('a'));
    await run(() => bucket.removeUnfinished('a/'));
    expect(await objects.exists('a')).toBe(false);
    expect(Object.fromEntries(shaky.seen)).toMatchObject({ 'put pass': 1, 'delete pass': 1 });
  });

  it('passes an answer on at once', async () => {
    const { bucket, shaky } = world({});
    await expect(bucket.attributes('no')).rejects.toEqual(codeOf('not_found'));
    await expect(collect(bucket.get('no'), 9, 'no')).rejects.toEqual(codeOf('not_found'));
    await expect(bucket.put('../no', text('x'))).rejects.toEqual(codeOf('bad_parameter'));
    expect(shaky.seen.get('attributes pass')).toBe(1);
  });

  it('gives up in the end', async () => {
    const { bucket, run, shaky } = world({ exists: Array(50).fill('refused') });
    const answer = run(() => bucket.exists('a'));
    await expect(answer).rejects.toEqual(codeOf('store_unavailable'));
    expect(shaky.faults).toBe(RETRY_LIMITS.triesMax);
  });

  it.each([
    ['at its beginning', ['refused', 'throttled'], 3],
    ['in its middle, again and again', ['cut', 'cut', 'cut'], 4],
    ['at its very end', ['lost'], 1],
  ] as const)('takes a read up that broke off %s', async (_where, faults, requests) => {
    const it = world({ get: faults });
    await it.objects.put('a', text('0123456789'));
    expect(await it.read('a')).toBe('0123456789');
    const [got = 0] = [...it.shaky.seen].filter(([what]) => what === 'get pass').map(([, n]) => n);
    expect(it.shaky.faults + got).toBe(requests);
  });

  it('begins a list of uploads anew, and gives none twice', async () => {
    const it = world({ list: ['cut', 'lost'] });
    const uploads = [1, 2, 3].map((id) => ({ key: 'a/index', id: `${id}`, sinceMs: id }));
    const listUnfinished = async function* () {
      yield* uploads;
    };
    Object.assign(it.objects, { listUnfinished });
    const found: unknown[] = [];
    await it.run(async () => {
      for await (const one of it.bucket.listUnfinished('a/')) found.push(one);
    });
    expect(found).toEqual(uploads);
    expect(it.shaky.faults).toBe(2);
  });

  it('takes a range up, also one that goes over the end', async () => {
    for (const length of [5, 50]) {
      const it = world({ get: ['cut', 'cut', 'lost'] });
      await it.objects.put('a', text('0123456789'));
      expect(await it.read('a', { offset: 3, length })).toBe('3456789'.slice(0, length));
    }
  });

  it('never puts two versions together', async () => {
    const it = world({ get: ['cut'] });
    await it.objects.put('a', text('one one one'));
    const reading = it.run(async () => {
      let got = '';
      for await (const piece of it.bucket.get('a')) {
        got += Buffer.from(piece).toString();
        await it.objects.put('a', text('two two two'));
      }
      return got;
    });
    await expect(reading).rejects.toThrow(/replaced by another/);
  });

  it('does not go on when the object is replaced between the question and the bytes', async () => {
    const it = world({ get: ['cut'] });
    await it.objects.put('a', text('one one one'));
    const { attributes } = it.objects;
    it.objects.attributes = async (key) => {
      const before = await attributes.call(it.objects, key);
      await it.objects.put('a', text('two two two'));
      return before;
    };
    await expect(it.read('a')).rejects.toThrow(/replaced by another/);
  });

  it('does not go on where the store does not say what it read, or that it is damaged', async () => {
    const silent = world({ get: ['cut'] });
    await silent.objects.put('a', text('0123456789'));
    const { get } = silent.objects;
    silent.objects.get = (key, range) => get.call(silent.objects, key, range);
    await expect(silent.read('a')).rejects.toThrow('an injected fault: cut');
    const damaged = world({});
    damaged.shaky.get = async function* () {
      yield Buffer.from('0123');
      yield* world({ get: ['damaged'] }).shaky.get('a');
    };
    await expect(damaged.read('a')).rejects.toEqual(codeOf('damaged_object'));
  });

  it('gives each line of a list once', async () => {
    const it = world({ list: ['cut', 'refused', 'lost', undefined, 'cut', 'lost'] });
    for (const key of ['a', 'b/1', 'b/2', 'ü']) await it.objects.put(key, text(key));
    const keys = await it.run(async () => {
      const found: string[] = [];
      for await (const { key } of eachObject(it.bucket.list(''))) found.push(key);
      return found;
    });
    expect(keys).toEqual(['a', 'b/1', 'b/2', 'ü']);
    const names = await it.run(async () => {
      const found: string[] = [];
      for await (const name of it.bucket.listNames('')) found.push(name);
      return found;
    });
    expect(names).toEqual(['a', 'b/', 'ü']);
  });

  it('knows its own object when the answer to a conditional put was lost', async () => {
    const it = world({ put: ['lost', undefined, 'lost'], get: ['cut'], attributes: ['refused'] });
    const first = await it.run(() => it.bucket.put('lease', text('mine'), { ifAbsent: true }));
    expect(first).toEqual(await it.objects.attributes('lease'));
    const { version } = first;
    const second = it.run(() => it.bucket.put('lease', text('mine again'), { ifVersion: version }));
    expect((await second).sizeBytes).toBe(10);
    expect(await it.read('lease')).toBe('mine again');
  });

  it("reports a conflict where the object is another's, of the same size or not", async () => {
    for (const theirs of ['them', 'others']) {
      const it = world({ put: ['refused'] });
      await it.objects.put('lease', text(theirs));
      const put = it.run(() => it.bucket.put('lease', text('mine'), { ifAbsent: true }));
      await expect(put).rejects.toEqual(codeOf('already_exists'));
      expect(await it.read('lease')).toBe(theirs);
    }
  });

  it('asks no second question when the first answer was a conflict', async () => {
    const it = world({});
    await it.objects.put('lease', text('mine'));
    const put = it.bucket.put('lease', text('mine'), { ifAbsent: true });
    await expect(put).rejects.toEqual(codeOf('already_exists'));
    expect(it.shaky.seen.get('get pass')).toBeUndefined();
  });

  it('puts again where the object that was in its way is gone', async () => {
    const it = world({ put: ['refused'] });
    await it.objects.put('lease', text('them'));
    const { attributes } = it.objects;
    it.objects.attributes = async (key) => {
      await it.objects.delete(key);
      it.objects.attributes = attributes;
      return attributes.call(it.objects, key);
    };
    await it.run(() => it.bucket.put('lease', text('mine'), { ifAbsent: true }));
    expect(await it.read('lease')).toBe('mine');
  });

  it("stops with its caller's reason", async () => {
    const it = world({ exists: Array(50).fill('refused') });
    const controller = new AbortController();
    const { signal } = controller;
    it.clock.after(1000, () => controller.abort(new Error('enough')));
    await expect(it.run(() => it.bucket.exists('a', { signal }))).rejects.toThrow('enough');
    expect(it.clock.monotonicMs()).toBe(1000);
  });

  it('closes the bucket, and no call waits any more', async () => {
    const it = world({ exists: Array(50).fill('refused') });
    it.clock.after(1000, () => void it.bucket.close());
    await expect(it.run(() => it.bucket.exists('a'))).rejects.toEqual(codeOf('draining'));
  });
});
