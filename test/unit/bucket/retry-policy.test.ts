import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { RETRY_LIMITS, RetryPolicy } from '../../../src/bucket/retry-policy.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { runOut } from '../../support/run-out.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

function world(limits: Partial<typeof RETRY_LIMITS> = {}) {
  const clock = new ManualClock();
  const told: string[] = [];
  const policy = new RetryPolicy(
    { ...RETRY_LIMITS, ...limits },
    {
      clock,
      timers: clock,
      random: new SeededRandom(7),
      observe: (operation, code, outcome) => told.push(`${operation} ${code} ${outcome}`),
    },
  );
  return { clock, told, policy };
}

const unavailable = (retryAfterSeconds?: number) =>
  new VarveError(
    'store_unavailable',
    'no answer',
    retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
  );

/** The waits, in milliseconds, until a call that always fails is given up. */
async function waitsOf({ clock, policy }: ReturnType<typeof world>, error = unavailable()) {
  const tries = policy.begin({ operation: 'get', signal: undefined });
  const waits: number[] = [];
  const failing = async () => {
    for (;;) {
      const beforeMs = clock.monotonicMs();
      await tries.again(error);
      waits.push(clock.monotonicMs() - beforeMs);
    }
  };
  await expect(runOut(clock, failing)).rejects.toBe(error);
  return waits;
}

describe('RetryPolicy', () => {
  it('waits twice as long from try to try, up to a limit, each time drawn anew', async () => {
    const it = world();
    const waits = await waitsOf(it);
    expect(waits).toHaveLength(RETRY_LIMITS.triesMax - 1);
    for (const [index, waitMs] of waits.entries()) {
      const longest = Math.min(5000, 200 * 2 ** index);
      expect(waitMs).toBeGreaterThanOrEqual(longest / 2);
      expect(waitMs).toBeLessThan(longest);
    }
    expect(new Set(waits).size).toBe(waits.length);
    expect(it.told).toEqual(waits.map(() => 'get store_unavailable again'));
  });

  it('tries a read as often as is said of reads', async () => {
    expect(await waitsOf(world({ readTriesMax: 3 }))).toHaveLength(2);
    const { clock, policy } = world({ readTriesMax: 3, triesMax: 1 });
    const tries = policy.begin({ operation: 'upload', signal: undefined });
    await expect(runOut(clock, () => tries.again(unavailable()))).rejects.toThrow('no answer');
  });

  it('waits at least as long as the store asks for', async () => {
    const waits = await waitsOf(world(), unavailable(7));
    expect(Math.min(...waits)).toBeGreaterThan(7000);
    expect(waits.length).toBeGreaterThan(3);
  });

  it('gives up at once what would have to wait for too long', async () => {
    expect(await waitsOf(world(), unavailable(3600))).toEqual([]);
  });

  it('begins no try after its time', async () => {
    const it = world({ triesMax: 1000 });
    await waitsOf(it);
    expect(it.clock.monotonicMs()).toBeLessThanOrEqual(RETRY_LIMITS.giveUpAfterMs);
    expect(it.clock.monotonicMs()).toBeGreaterThan(RETRY_LIMITS.giveUpAfterMs - 10_000);
  });

  it('counts anew after something was gained', async () => {
    const { clock, policy } = world({ triesMax: 2 });
    const tries = policy.begin({ operation: 'get', signal: undefined });
    const lucky = async () => {
      for (let i = 0; i < 5; i++) {
        await tries.again(unavailable());
        tries.progressed();
      }
      await tries.again(unavailable());
      await tries.again(unavailable());
    };
    await expect(runOut(clock, lucky)).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(policy.budget.take()).toBe(true);
  });

  it.each([
    'not_found',
    'already_exists',
    'store_denied',
    'bad_parameter',
    'disk_full',
    'internal',
    'damaged_object',
  ] as const)('does not try %s again', async (code) => {
    expect(await waitsOf(world(), new VarveError(code, 'no'))).toEqual([]);
  });

  it('tries what was damaged on the way again as often as the call allows', async () => {
    const { clock, policy } = world();
    const tries = policy.begin({ operation: 'upload', signal: undefined, damagedRetries: 1 });
    const error = new VarveError('damaged_object', 'other bytes');
    await runOut(clock, () => tries.again(error));
    await expect(tries.again(error)).rejects.toBe(error);
  });

  it('lets all calls of a bucket share one budget', async () => {
    const it = world({ budget: { capacity: 12, perSuccess: 0, perSecond: 0 } });
    expect(await waitsOf(it)).toHaveLength(9);
    expect(await waitsOf(it)).toHaveLength(3);
    expect(await waitsOf(it)).toHaveLength(0);
    expect(it.told.slice(-2)).toEqual(Array(2).fill('get store_unavailable denied'));
  });

  it("ends a wait with its caller's reason, or when the bucket is closed", async () => {
    const { policy, clock } = world();
    const controller = new AbortController();
    const { signal } = controller;
    const left = policy.begin({ operation: 'get', signal }).again(unavailable());
    const closed = policy.begin({ operation: 'get', signal: undefined }).again(unavailable());
    const both = Promise.all([
      expect(left).rejects.toBe('enough'),
      expect(closed).rejects.toMatchObject({ code: 'draining' }),
    ]);
    controller.abort('enough');
    policy.close();
    await both;
    expect(clock.nextDueMs()).toBeUndefined();
    const late = policy.begin({ operation: 'get', signal: undefined });
    await expect(late.again(unavailable())).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
