// An object store on the other side of a simulated network: it keeps its objects whatever happens to
// the machine, and it can be away, slow, or lose its answers after it did what was asked.

import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { Bucket, PutSource } from '../../src/bucket/bucket.ts';
import { MemoryBucket } from '../../storage-adapters/memory/memory-bucket.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

/** How the store behaves at the moment. Fractions are of all requests. */
export interface StoreWeather {
  /** Requests that fail before they do anything. */
  readonly refused: number;
  /** Requests that are done, and whose answer is lost. */
  readonly unanswered: number;
  /** Uploads that end half-way: nothing is stored. */
  readonly cutOff: number;
  /** The longest a request takes, in simulated milliseconds. */
  readonly latencyMs: number;
}

export const FAIR: StoreWeather = { refused: 0, unanswered: 0, cutOff: 0, latencyMs: 0 };
export const OUTAGE: StoreWeather = { ...FAIR, refused: 1 };

/** See the head of the file. */
export class SimulatedStore {
  readonly objects: MemoryBucket;
  weather: StoreWeather = FAIR;
  /** What it answers to a put of this key; undefined when it takes it. */
  rejects: (key: string) => VarveError | undefined = () => undefined;
  /** Requests that did not go well. */
  faults = 0;
  readonly #clock: ManualClock;
  readonly #random: SeededRandom;

  constructor(clock: ManualClock, random: SeededRandom) {
    this.#clock = clock;
    this.#random = random;
    this.objects = new MemoryBucket(clock);
  }

  /** The store as one process reaches it, for as long as `isAlive`. */
  connect(isAlive: () => boolean, objects: Bucket = this.objects): Bucket {
    const ask = <T>(run: () => Promise<T>): Promise<T> => this.#ask(run, isAlive);
    // Listings and reads are asked for at once and given as they come, like a response's body.
    async function* streamed<T>(make: () => AsyncIterable<T>): AsyncIterable<T> {
      for (const one of await ask(() => all(make()))) yield one;
    }
    return {
      name: 'simulated',
      get: (key, range, options) => streamed(() => objects.get(key, range, options)),
      attributes: (key) => ask(() => objects.attributes(key)),
      exists: (key) => ask(() => objects.exists(key)),
      list: (prefix) => streamed(() => objects.list(prefix)),
      listNames: (prefix) => streamed(() => objects.listNames(prefix)),
      put: (key, source, options) =>
        ask(async () => {
          const rejection = this.rejects(key);
          if (rejection !== undefined) throw rejection;
          return objects.put(key, this.#carried(source, isAlive), options);
        }),
      delete: (key) => ask(() => objects.delete(key)),
      listUnfinished: (prefix) => streamed(() => objects.listUnfinished(prefix)),
      removeUnfinished: (prefix) => ask(() => objects.removeUnfinished(prefix)),
      // Of requests that are refused on the way nobody is told.
      observedBy: (observe) => this.connect(isAlive, objects.observedBy(observe)),
      close: async () => undefined,
    };
  }

  async #ask<T>(run: () => Promise<T>, isAlive: () => boolean): Promise<T> {
    const { refused, unanswered, latencyMs } = this.weather;
    if (latencyMs > 0) await this.#clock.sleep(this.#random.between(0, latencyMs));
    // A request that a killed process had under way may still have arrived: it carried on above.
    if (!isAlive()) throw new VarveError('store_unavailable', 'the process is gone');
    if (this.#happens(refused)) throw this.#fault('refuses');
    const answer = await run();
    if (this.#happens(unanswered)) throw this.#fault('does not answer');
    return answer;
  }

  #carried(source: PutSource, isAlive: () => boolean): PutSource {
    const fails = this.#happens(this.weather.cutOff);
    const fault = (): VarveError => this.#fault('ended the connection');
    return {
      sizeBytes: source.sizeBytes,
      async *read(offset, length) {
        for await (const piece of source.read(offset, length)) {
          if (fails || !isAlive()) throw fault();
          yield piece;
        }
      },
    };
  }

  #happens(fraction: number): boolean {
    return fraction > 0 && this.#random.fraction() < fraction;
  }

  #fault(what: string): VarveError {
    this.faults++;
    return new VarveError('store_unavailable', `the simulated store ${what}`);
  }
}

async function all<T>(from: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of from) found.push(one);
  return found;
}
