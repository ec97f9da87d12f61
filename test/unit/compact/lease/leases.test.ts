import { describe, expect, it, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { collect } from '../../../../src/base/runtime/file-pieces.ts';
import type { Bucket, PutOptions, PutSource } from '../../../../src/bucket/bucket.ts';
import { leaseKey } from '../../../../src/bucket/layout.ts';
import { bytesSource } from '../../../../src/bucket/put-sources.ts';
import { AloneLeases } from '../../../../src/compact/lease/alone-leases.ts';
import { parseLease, printLease } from '../../../../src/compact/lease/format.ts';
import { LEASE_TIMES, type LeaseTimes } from '../../../../src/compact/lease/lease.ts';
import { type HeldLease, Leases } from '../../../../src/compact/lease/leases.ts';
import { probeConditions } from '../../../../src/compact/lease/probe.ts';
import { MemoryBucket } from '../../../../storage-adapters/memory/memory-bucket.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const TIMES: LeaseTimes = { durationMs: 1000, marginMs: 200, renewEveryMs: 300 };
const GROUP = '0@abc';
const LOST = new VarveError('store_unavailable', 'no answer');

/** Answers to puts that get lost, after or before the put was done. */
class Flaky extends MemoryBucket {
  readonly lose: ('before' | 'after' | 'not')[] = [];
  /** Runs between what was done and its answer. */
  onAnswer: () => Promise<void> = async () => {};

  override async put(key: string, source: PutSource, options?: PutOptions) {
    const how = this.lose.shift();
    if (how === 'before') throw LOST;
    const put = await super.put(key, source, options);
    if (how === 'after') throw LOST;
    await this.onAnswer();
    return put;
  }
}

/** Two processes with clocks of their own on one bucket. */
function world() {
  const clocks = [new ManualClock(1_000_000), new ManualClock(77_000_000)] as const;
  const bucket = new Flaky(clocks[0]);
  const processes = clocks.map(
    (clock, i) => new Leases({ bucket, clock, timers: clock, times: TIMES }, `host-${i}`),
  );
  const pass = async (ms: number): Promise<void> => {
    for (const clock of clocks) await clock.advance(ms);
  };
  return { bucket, clocks, one: processes[0]!, two: processes[1]!, pass };
}

async function taken(leases: Leases): Promise<HeldLease> {
  const lease = await leases.take(GROUP);
  if (lease === undefined) throw new Error('not taken');
  return lease;
}

test('one has it, the other does not, until it is given back', async () => {
  const { one, two } = world();
  const lease = await taken(one);
  expect([lease.isHeld, lease.token]).toEqual([true, 1]);
  expect(await two.take(GROUP)).toBeUndefined();
  expect(await one.take(GROUP)).toBeUndefined();
  expect((await two.take('1@abc'))?.isHeld).toBe(true);
  await lease.release();
  expect(lease.isHeld).toBe(false);
  expect(() => lease.assertHeld()).toThrow('not held any more');
  expect((await taken(two)).token).toBe(2);
});

test('an abandoned one is taken after its duration, by the watcher’s own clock', async () => {
  const { one, two, pass } = world();
  const lease = await taken(one);
  await pass(5000); // nobody has watched yet
  expect(await two.take(GROUP)).toBeUndefined();
  await pass(1000);
  expect(await two.take(GROUP)).toBeUndefined();
  await pass(1);
  const second = await taken(two);
  expect([lease.isHeld, second.isHeld]).toEqual([false, true]);
  await lease.renew();
  expect([lease.lost.aborted, lease.isHeld, second.isHeld]).toEqual([true, false, true]);
});

test('one that is renewed is not taken, for whatever time', async () => {
  const { one, two, pass } = world();
  const lease = await taken(one);
  const stop = lease.keep(() => expect.unreachable());
  for (let round = 0; round < 50; round++) {
    await pass(137);
    expect(await two.take(GROUP)).toBeUndefined();
    expect(lease.isHeld).toBe(true);
  }
  stop();
  for (let round = 0; round < 20; round++) await pass(137).then(() => two.take(GROUP));
  expect(lease.isHeld).toBe(false);
});

test('the holder stops believing before anybody can take it, and may believe again', async () => {
  const { one, pass } = world();
  const lease = await taken(one);
  await pass(799);
  expect(lease.isHeld).toBe(true);
  await pass(1);
  expect(lease.isHeld).toBe(false);
  await lease.renew();
  expect(lease.isHeld).toBe(true);
});

test('it is believed from the beginning of its write, not from the answer', async () => {
  const { bucket, one, pass } = world();
  const lease = await taken(one);
  bucket.onAnswer = () => pass(400);
  await lease.renew();
  await pass(399);
  expect(lease.isHeld).toBe(true);
  await pass(1);
  expect(lease.isHeld).toBe(false);
});

test('two takings at once in one process are one', async () => {
  const { one } = world();
  const both = await Promise.all([one.take(GROUP), one.take(GROUP)]);
  expect(both.filter((lease) => lease?.isHeld === true)).toHaveLength(1);
});

test('clocks that are set do not make it free, nor keep it longer', async () => {
  const { one, two, clocks, pass } = world();
  const lease = await taken(one);
  await two.take(GROUP);
  clocks[1].setNowMs(clocks[1].nowMs() + 1e12);
  expect(await two.take(GROUP)).toBeUndefined();
  clocks[0].setNowMs(5);
  expect(lease.isHeld).toBe(true);
  await pass(800);
  expect(lease.isHeld).toBe(false);
});

test('a machine that slept does not believe, though its monotonic clock stood still', async () => {
  const { one, clocks } = world();
  const lease = await taken(one);
  clocks[0].setNowMs(clocks[0].nowMs() + 60_000);
  expect(lease.isHeld).toBe(false);
});

describe('an answer that was lost', () => {
  it('of a taking: nobody believes, and the same process takes it at once', async () => {
    const { bucket, one, two } = world();
    bucket.lose.push('after');
    await expect(one.take(GROUP)).rejects.toThrow('no answer');
    expect(await two.take(GROUP)).toBeUndefined();
    expect((await taken(one)).isHeld).toBe(true);
  });

  it('of a renewal that was done: the next one finds it', async () => {
    const { bucket, one, pass } = world();
    const lease = await taken(one);
    await pass(500);
    bucket.lose.push('after');
    await expect(lease.renew()).rejects.toThrow('no answer');
    await pass(400);
    expect(lease.isHeld).toBe(false); // it cannot know
    await lease.renew();
    expect([lease.isHeld, lease.lost.aborted]).toEqual([true, false]);
  });

  it('of a renewal that was not done: the next one does it', async () => {
    const { bucket, one } = world();
    const lease = await taken(one);
    bucket.lose.push('before', 'before');
    await expect(lease.renew()).rejects.toThrow('no answer');
    await expect(lease.renew()).rejects.toThrow('no answer');
    await lease.renew();
    expect(lease.isHeld).toBe(true);
  });

  it('of giving it back: it is not believed, and others wait', async () => {
    const { bucket, one, two } = world();
    const lease = await taken(one);
    bucket.lose.push('before');
    await expect(lease.release()).rejects.toThrow('no answer');
    expect(lease.isHeld).toBe(false);
    expect(await two.take(GROUP)).toBeUndefined();
    expect((await taken(one)).isHeld).toBe(true);
  });
});

test('what is no lease is watched, and then overwritten', async () => {
  const { bucket, two, clocks } = world();
  await bucket.put(leaseKey(GROUP), bytesSource(Buffer.from('{')));
  expect(await two.take(GROUP)).toBeUndefined();
  await clocks[1].advance(1001);
  expect((await taken(two)).isHeld).toBe(true);
});

test('a lease that somebody deleted is lost', async () => {
  const { bucket, one } = world();
  const lease = await taken(one);
  await bucket.delete(leaseKey(GROUP));
  await lease.renew();
  expect(lease.lost.aborted).toBe(true);
});

test('the times leave room: a renewal that fails once is no loss', () => {
  const { durationMs, marginMs, renewEveryMs } = LEASE_TIMES;
  expect(2 * renewEveryMs).toBeLessThan(durationMs - marginMs + 1);
});

describe('a probe', () => {
  const random = new SeededRandom(1);

  /** A store that does with conditions as given. */
  function store(put: (inner: Bucket, options: PutOptions) => PutOptions): MemoryBucket {
    const clock = new ManualClock();
    return new (class extends MemoryBucket {
      override async put(key: string, source: PutSource, options: PutOptions = {}) {
        return super.put(key, source, put(this, options));
      }
    })(clock);
  }

  it('finds conditions kept, and leaves nothing behind', async () => {
    const bucket = store((_, options) => options);
    expect(await probeConditions(bucket, random)).toEqual({ areKept: true });
    expect(await bucket.list('')[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
  });

  it('finds conditions ignored', async () => {
    const found = await probeConditions(
      store(() => ({})),
      random,
    );
    expect(found).toMatchObject({
      areKept: false,
      why: expect.stringMatching(/ignores.*only one/),
    });
  });

  it('finds only one of the two kept', async () => {
    const found = await probeConditions(
      store((_, { ifVersion: _dropped, ...rest }) => rest),
      random,
    );
    expect(found.areKept).toBe(false);
  });

  it('finds conditions refused', async () => {
    const bucket = store((_, options) => {
      if (options.ifAbsent === true || options.ifVersion !== undefined) throw LOST;
      return options;
    });
    const found = await probeConditions(bucket, random);
    expect(found).toMatchObject({ areKept: false, why: expect.stringMatching(/refuses them/) });
  });

  it('fails where the store takes no writes', async () => {
    const bucket = store(() => {
      throw LOST;
    });
    await expect(probeConditions(bucket, random)).rejects.toBe(LOST);
  });
});

test('alone, each group is still taken once at a time', async () => {
  const leases = new AloneLeases();
  const lease = await leases.take(GROUP);
  lease?.assertHeld();
  expect(await leases.take(GROUP)).toBeUndefined();
  await lease?.release();
  expect(() => lease?.assertHeld()).toThrow('over');
  expect((await leases.take(GROUP))?.isHeld).toBe(true);
});

test('a lease as it stands in the bucket', async () => {
  const { bucket, one, clocks } = world();
  await taken(one);
  const key = leaseKey(GROUP);
  const bytes = await collect(bucket.get(key), 1000, key);
  const text =
    '{"version":1,"group":"0@abc","holder":"host-0","token":1,"renewals":0,"state":"held",' +
    `"durationMs":1000,"writtenMs":${clocks[0].nowMs()}}`;
  expect(Buffer.from(bytes).toString()).toBe(text);
  expect(Buffer.from(printLease(parseLease(bytes, key))).toString()).toBe(text);
});

it.each([
  ['{', /not JSON/],
  ['[]', /not a JSON object/],
  ['{"version":2}', /version 2 is not known/],
  ['{"version":1,"group":"g","holder":""}', /no group or no holder/],
  ['{"version":1,"group":"g","holder":"h","state":"x"}', /no state/],
  ['{"version":1,"group":"g","holder":"h","state":"held","token":-1}', /token is no count/],
])('no lease: %s', (text, says) => {
  expect(() => parseLease(Buffer.from(text), 'varve/leases/g')).toThrow(says);
});
