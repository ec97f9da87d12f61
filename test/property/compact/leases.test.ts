// Leases under every order of things: processes whose clocks run apart and are set, answers that are
// late or lost, writes that arrive long after their sender gave them up, processes that stall, are
// killed and start again. At no moment two of them believe that they hold the group.
//
// LEASE_RUNS is how many random histories; each has its seed as its name.

import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type { Clock } from '../../../src/base/runtime/clock.ts';
import type {
  Bucket,
  GetOptions,
  ObjectAttributes,
  PutOptions,
  PutSource,
} from '../../../src/bucket/bucket.ts';
import { type HeldLease, Leases } from '../../../src/compact/lease/leases.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const RUNS = Number(process.env.LEASE_RUNS ?? 60);
const STEPS = 800;
const TIMES = { durationMs: 1000, marginMs: 300, renewEveryMs: 250 };
const GROUP = '0@abc';

/** A clock that runs a little fast or slow; its time of day is anything. */
class OwnClock implements Clock {
  readonly #real: ManualClock;
  readonly #rate: number;
  offsetMs = 0;

  constructor(real: ManualClock, rate: number) {
    this.#real = real;
    this.#rate = rate;
  }

  nowMs(): number {
    return Math.floor(1e9 + this.monotonicMs() + this.offsetMs);
  }

  monotonicMs(): number {
    return this.#real.monotonicMs() * this.#rate;
  }
}

/** A request on its way: done at one moment, answered at another, each when `step` says. */
interface Call {
  readonly owner: Owner;
  isDone: boolean;
  isGivenUp: boolean;
  readonly run: () => Promise<void>;
  readonly answer: () => Promise<void>;
  readonly fail: () => void;
}

/** Whose request it is; one that stalls hears no answer, while what it sent is done. */
interface Owner {
  isStalled: boolean;
}

/** A network before the bucket. */
class Network {
  readonly calls: Call[] = [];
  readonly #inner: MemoryBucket;
  readonly #random: SeededRandom;

  constructor(inner: MemoryBucket, random: SeededRandom) {
    this.#inner = inner;
    this.#random = random;
  }

  send<T>(
    owner: Owner,
    run: () => Promise<T>,
    atAnswer: (value: T) => Promise<T> = async (value) => value,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let outcome: { value: T } | { thrown: unknown } | undefined;
      this.calls.push({
        owner,
        isDone: false,
        isGivenUp: false,
        run: async () => {
          outcome = await run().then(
            (value) => ({ value }),
            (thrown: unknown) => ({ thrown }),
          );
        },
        answer: async () => {
          if (outcome === undefined) throw new Error('answered before it was done');
          if ('thrown' in outcome) reject(outcome.thrown);
          else resolve(await atAnswer(outcome.value));
        },
        fail: () => reject(new VarveError('store_unavailable', 'no answer')),
      });
    });
  }

  /** One thing happens to one request. */
  async step(): Promise<void> {
    const moving = this.calls.filter(({ owner, isDone }) => !owner.isStalled || !isDone);
    if (moving.length === 0) return;
    const call = this.#random.pick(moving);
    const luck = this.#random.fraction();
    if (!call.isDone && luck < 0.75) {
      await call.run();
      call.isDone = true;
      if (call.isGivenUp) this.#remove(call);
    } else if (call.owner.isStalled) {
      return;
    } else if (!call.isGivenUp && luck < 0.93) {
      if (!call.isDone) return;
      await call.answer();
      this.#remove(call);
    } else if (!call.isGivenUp) {
      // The sender hears of a failure; what was not done yet may still be done, much later.
      call.fail();
      call.isGivenUp = true;
      if (call.isDone) this.#remove(call);
    }
  }

  /** The bucket as seen through it. Versions are told as they are when the answer leaves. */
  bucket(owner: Owner): Bucket {
    const inner = this.#inner;
    const send = this.send.bind(this);
    const tell = async (key: string, told: ObjectAttributes): Promise<ObjectAttributes> =>
      this.#random.fraction() < 0.5 ? told : inner.attributes(key);
    return new Proxy<Bucket>(inner, {
      get: (target, property) => {
        if (property === 'put')
          return (key: string, source: PutSource, options?: PutOptions) =>
            send(
              owner,
              () => inner.put(key, source, options),
              (told) => tell(key, told),
            );
        if (property === 'get')
          return async function* (key: string, _range: undefined, options?: GetOptions) {
            const read = async () => {
              const { version } = await inner.attributes(key);
              const pieces: Uint8Array[] = [];
              for await (const piece of inner.get(key)) pieces.push(piece);
              return { version, pieces };
            };
            const { version, pieces } = await send(owner, read);
            options?.onVersion?.(version);
            yield* pieces;
          };
        return Reflect.get(target, property, target);
      },
    });
  }

  #remove(call: Call): void {
    this.calls.splice(this.calls.indexOf(call), 1);
  }
}

/** One process: what it does is asked of it step by step, and it may be busy. */
class Process {
  readonly clock: OwnClock;
  readonly #leases: Leases;
  isStalled = false;
  lease: HeldLease | undefined;
  /** All that it ever took. */
  readonly leases: HeldLease[] = [];
  isBusy = false;

  constructor(clock: OwnClock, leases: (owner: Owner) => Leases) {
    this.clock = clock;
    this.#leases = leases(this);
  }

  act(random: SeededRandom): void {
    const luck = random.fraction();
    if (this.isStalled || (this.isBusy && luck < 0.9)) return;
    const { lease } = this;
    const isOver = lease === undefined || lease.lost.aborted;
    if (isOver) this.#run(this.#take());
    else if (!lease.isHeld && luck < 0.3) this.#run(this.#take());
    else this.#run(luck < 0.05 ? this.#giveBack(lease) : lease.renew());
  }

  async #take(): Promise<void> {
    const lease = await this.#leases.take(GROUP);
    if (lease === undefined) return;
    this.lease = lease;
    this.leases.push(lease);
  }

  async #giveBack(lease: HeldLease): Promise<void> {
    try {
      await lease.release();
    } finally {
      this.lease = undefined;
    }
  }

  #run(work: Promise<void>): void {
    this.isBusy = true;
    const done = (): void => {
      this.isBusy = false;
    };
    work.then(done, (thrown: unknown) => {
      if (!(thrown instanceof VarveError)) throw thrown;
      done();
    });
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function stallOneAtMost(running: readonly Process[], random: SeededRandom): void {
  const stalled = running.find(({ isStalled }) => isStalled);
  if (stalled === undefined) random.pick(running).isStalled = true;
  else if (random.fraction() < 0.3) stalled.isStalled = false;
}

async function history(seed: number): Promise<number> {
  const random = new SeededRandom(seed);
  const real = new ManualClock();
  const network = new Network(new MemoryBucket(real), random);
  let started = 0;
  const all: Process[] = [];
  const start = (): Process => {
    const clock = new OwnClock(real, 0.95 + random.fraction() / 10);
    const one = new Process(clock, (owner) => {
      const world = { bucket: network.bucket(owner), clock, timers: real, times: TIMES };
      return new Leases(world, `host-${started++}`);
    });
    all.push(one);
    return one;
  };
  const running = [start(), start(), start()];
  for (let step = 0; step < STEPS; step++) {
    const luck = random.fraction();
    if (luck < 0.3) random.pick(running).act(random);
    else if (luck < 0.8) await network.step();
    else if (luck < 0.93) await real.advance(random.between(1, 200));
    else if (luck < 0.94) await real.advance(random.between(200, 1500));
    else if (luck < 0.95) random.pick(running).clock.offsetMs += random.between(-1e8, 1e8);
    else if (luck < 0.995) stallOneAtMost(running, random);
    else running[random.between(0, running.length)] = start(); // the old one may still be alive
    await settled();
    const believers = all.flatMap(({ leases }) => leases.filter(({ isHeld }) => isHeld)).length;
    if (believers > 1) expect.fail(`seed ${seed}, step ${step}: ${believers} believe`);
  }
  return all.reduce((sum, { leases }) => sum + leases.length, 0);
}

test('never two believers at once, and the group does not stay without one', {
  timeout: 60_000 + 2_000 * RUNS,
}, async () => {
  let takes = 0;
  for (let seed = 1; seed <= RUNS; seed++) takes += await history(seed);
  expect(takes).toBeGreaterThan(4 * RUNS);
});
