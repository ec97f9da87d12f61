// Retries under faults that chance orders: what a read gives is the object's bytes or an error, and
// a conditional put that says what it did has done so.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asVarveError } from '../../../src/base/errors/varve-error.ts';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { RETRY_LIMITS, RetryPolicy } from '../../../src/bucket/retry-policy.ts';
import { RetryingBucket } from '../../../src/bucket/retrying-bucket.ts';
import { TimedBucket } from '../../../src/bucket/timed-bucket.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { eachObject } from '../../support/each-object.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { runOut } from '../../support/run-out.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { type CallFault, ShakyBucket } from '../../support/stores/shaky-bucket.ts';

const LIMITS = { ...RETRY_LIMITS, triesMax: 4 };
const RUNS = 400;
const text = (value: string) => bytesSource(Buffer.from(value));

const fault = fc.option(
  fc.constantFrom<CallFault>('refused', 'throttled', 'lost', 'cut', 'damaged', 'stall'),
  { nil: undefined, freq: 3 },
);
const faults = fc.array(fault, { maxLength: 20, size: 'max' });

/** The faults in the order of the calls; what comes behind them passes. */
function world(script: readonly (CallFault | undefined)[]) {
  const clock = new ManualClock();
  const objects = new MemoryBucket(clock);
  // Pieces of some bytes each, so that a read has many places to break.
  const { get } = objects;
  objects.get = async function* (...args: Parameters<typeof get>) {
    for await (const piece of get.apply(objects, args)) {
      for (let at = 0; at < piece.length; at += 7) yield piece.subarray(at, at + 7);
    }
  } as typeof get;
  const left = [...script];
  const shaky = new ShakyBucket(objects, () => left.shift());
  const policy = () =>
    new RetryPolicy(LIMITS, {
      clock,
      timers: clock,
      random: new SeededRandom(script.length),
      observe: () => undefined,
    });
  const timed = new TimedBucket(shaky, clock, { callMs: 1000, stallMs: 1000 });
  const open = (): Bucket => new RetryingBucket(timed, policy());
  return { clock, objects, open, shaky };
}

async function codeOf(result: Promise<unknown>): Promise<string> {
  try {
    await result;
    return 'done';
  } catch (thrown) {
    return asVarveError(thrown).code;
  }
}

describe('a read under faults', () => {
  it("gives exactly the object's bytes, or an error, never other bytes", async () => {
    let [whole, failed, injected] = [0, 0, 0];
    const read = fc.record({
      sizeBytes: fc.integer({ min: 0, max: 60 }),
      range: fc.option(
        fc.record({ offset: fc.nat({ max: 59 }), length: fc.integer({ min: 1, max: 70 }) }),
        { nil: undefined },
      ),
      faults,
      /** After how many pieces somebody replaces the object, if ever. */
      replacedAfter: fc.option(fc.nat({ max: 6 }), { nil: undefined }),
    });
    const property = fc.asyncProperty(read, async ({ sizeBytes, range, replacedAfter, ...it }) => {
      const { clock, objects, open, shaky } = world(it.faults);
      const versions = [1, 2].map((version) => Buffer.alloc(sizeBytes, version));
      const [first = Buffer.alloc(0), second = first] = versions;
      await objects.put('k', bytesSource(first));
      const reading = async () => {
        const parts: Uint8Array[] = [];
        for await (const piece of open().get('k', range)) {
          if (parts.push(piece) === replacedAfter) await objects.put('k', bytesSource(second));
        }
        return Buffer.concat(parts);
      };
      const isBad = range !== undefined && range.offset >= sizeBytes;
      let got: Buffer | undefined;
      const code = await codeOf(
        runOut(clock, async () => {
          got = await reading();
        }),
      );
      injected += shaky.faults;
      if (code === 'done') {
        const { offset, length } = range ?? { offset: 0, length: sizeBytes };
        const wanted = versions.map((bytes) => bytes.subarray(offset, offset + length).toString());
        expect(wanted).toContain(got?.toString());
        expect(isBad).toBe(false);
        whole++;
      } else {
        const allowed = ['store_unavailable', 'store_throttled', 'damaged_object'];
        expect(isBad ? [...allowed, 'bad_parameter'] : allowed).toContain(code);
        failed++;
      }
    });
    await fc.assert(property, { numRuns: RUNS });
    expect(Math.min(whole, failed)).toBeGreaterThan(RUNS / 20);
    expect(injected).toBeGreaterThan(RUNS);
  });
});

describe('conditional puts under faults', () => {
  it('have done what they say: no false success, no false conflict', async () => {
    const seen = new Map<string, number>();
    const race = fc.record({ faults, writers: fc.integer({ min: 1, max: 3 }) });
    const property = fc.asyncProperty(race, async ({ faults: script, writers }) => {
      const { clock, objects, open } = world(script);
      const names = Array.from({ length: writers }, (_, i) => `writer ${i}`);
      const codes = await runOut(clock, () =>
        Promise.all(
          names.map((name) => codeOf(open().put('lease', text(name), { ifAbsent: true }))),
        ),
      );
      for (const code of codes) seen.set(code, (seen.get(code) ?? 0) + 1);
      const there = (await objects.exists('lease'))
        ? Buffer.from(await collect(objects.get('lease'), 99, 'lease')).toString()
        : undefined;
      const winners = names.filter((_, i) => codes[i] === 'done');
      // Nothing replaces it, so whoever was told that his is there still has it there.
      expect(winners.filter((name) => name !== there)).toEqual([]);
      for (const [index, code] of codes.entries()) {
        if (code === 'already_exists') expect(there).not.toBe(names[index]);
        if (code === 'already_exists') expect(there).toBeDefined();
      }
    });
    await fc.assert(property, { numRuns: RUNS });
    expect(seen.get('done')).toBeGreaterThan(RUNS / 4);
    expect(seen.get('already_exists')).toBeGreaterThan(RUNS / 20);
    expect(seen.get('store_unavailable')).toBeGreaterThan(RUNS / 40);
  });

  it('renew a lease in turn, each version once', async () => {
    const property = fc.asyncProperty(faults, async (script) => {
      const { clock, objects, open } = world(script);
      const { version } = await objects.put('lease', text('start'));
      const names = ['one', 'two'];
      const codes = await runOut(clock, () =>
        Promise.all(
          names.map((name) => codeOf(open().put('lease', text(name), { ifVersion: version }))),
        ),
      );
      const there = Buffer.from(await collect(objects.get('lease'), 99, 'lease')).toString();
      for (const [index, code] of codes.entries()) {
        if (code === 'done') expect(there).toBe(names[index]);
        if (code === 'already_exists') expect(there).toBe(names[1 - index]);
      }
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});

describe('a list under faults', () => {
  it('gives every line once and in order, or an error', async () => {
    const property = fc.asyncProperty(faults, fc.nat({ max: 9 }), async (script, count) => {
      const { clock, objects, open } = world(script);
      const keys = Array.from({ length: count }, (_, i) => `k/${i}`);
      for (const key of keys) await objects.put(key, text(key));
      const found: string[] = [];
      const code = await codeOf(
        runOut(clock, async () => {
          for await (const { key } of eachObject(open().list('k/'))) found.push(key);
        }),
      );
      expect(found).toEqual(code === 'done' ? keys : keys.slice(0, found.length));
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});
