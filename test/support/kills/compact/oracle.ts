// What a reader must find in a bucket on which compactors work and die, from what was put there: raw
// samples, windows of 5m and of 1h. It reads the layers from fine to coarse, so that what retention
// took from one in between is in the next.

import type { Era, PutBlock } from './put-block.ts';
import { bitsOf, SERIES, timesOf } from './put-block.ts';

const FIVE_MINUTES_MS = 300_000;
const ONE_HOUR_MS = 3_600_000;

/** What a select gave: by `tenant series`, the samples in order; of a window, its count. */
export type FoundSamples = ReadonlyMap<
  string,
  readonly (readonly [timeMs: number, what: string])[]
>;
export type FoundWindows = ReadonlyMap<
  string,
  readonly (readonly [timeMs: number, count: number])[]
>;

/** The three layers, read one after the other. */
export interface Found {
  readonly raw: FoundSamples;
  readonly fiveMinutes: FoundWindows;
  readonly oneHour: FoundWindows;
}

/** What a look had to do with. */
export interface LookCounts {
  readonly samples: number;
  readonly windows: number;
  /** Samples that retention has taken, found again in 5m or 1h. */
  readonly retired: number;
}

interface SeriesModel {
  readonly era: Map<number, Era>;
  /** Samples by window. */
  readonly fiveMinutes: Map<number, number>;
  readonly oneHour: Map<number, number>;
}

/** What was found wrong: the message names series and time. */
export class WrongAnswer extends Error {}

/** Remembers what it has seen of windows: what was once there stays, or is in a coarser layer. */
export class Oracle {
  readonly #series = new Map<string, SeriesModel>();
  readonly #seenFive = new Map<string, Map<number, number>>();
  readonly #seenHour = new Map<string, Map<number, number>>();
  #must: { readonly name: string; readonly timeMs: number }[] = [];

  /** The block may be in the bucket. */
  mayHave(put: PutBlock): void {
    for (let series = 0; series < SERIES; series++) {
      const model = this.#modelOf(`${put.tenant} s${series}`);
      for (const timeMs of timesOf(put)) {
        if (model.era.has(timeMs)) continue;
        model.era.set(timeMs, put.era);
        count(model.fiveMinutes, Math.floor(timeMs / FIVE_MINUTES_MS));
        count(model.oneHour, Math.floor(timeMs / ONE_HOUR_MS));
      }
    }
  }

  /** The block is in the bucket, from before the next look on. */
  mustHave(put: PutBlock): void {
    for (let series = 0; series < SERIES; series++)
      for (const timeMs of timesOf(put))
        this.#must.push({ name: `${put.tenant} s${series}`, timeMs });
  }

  /** Throws WrongAnswer. `isAtRest`: nothing is left to be done, so the layers are complete. */
  check(found: Found, { isAtRest = false } = {}): LookCounts {
    const raw = this.#checkSamples(found.raw);
    const five = this.#checkWindows(found.fiveMinutes, '5m');
    const hour = this.#checkWindows(found.oneHour, '1h');
    const missing = this.#missing(raw, isAtRest);
    this.#checkRetired(missing, { five, hour, isAtRest });
    this.#checkSeen({ five, hour });
    let [samples, windows] = [0, 0];
    for (const times of raw.values()) samples += times.size;
    for (const layer of [five, hour]) for (const times of layer.values()) windows += times.size;
    return { samples, windows, retired: missing.length };
  }

  #modelOf(name: string): SeriesModel {
    const model = this.#series.get(name) ?? {
      era: new Map(),
      fiveMinutes: new Map(),
      oneHour: new Map(),
    };
    this.#series.set(name, model);
    return model;
  }

  /** Every sample was put there, has its value, and comes once. */
  #checkSamples(found: FoundSamples): ReadonlyMap<string, ReadonlySet<number>> {
    const all = new Map<string, ReadonlySet<number>>();
    for (const [name, samples] of found) {
      const model = this.#modelOf(name);
      const series = Number(name.at(-1));
      let lastMs = Number.NEGATIVE_INFINITY;
      for (const [timeMs, what] of samples) {
        if (timeMs <= lastMs) throw new WrongAnswer(`${name}: ${timeMs} comes after ${lastMs}`);
        lastMs = timeMs;
        const { low, high } = bitsOf(series, timeMs);
        const wanted = high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
        if (!model.era.has(timeMs)) throw new WrongAnswer(`${name}: nobody put ${timeMs} there`);
        if (what !== wanted) throw new WrongAnswer(`${name}: ${what} at ${timeMs}, not ${wanted}`);
      }
      all.set(name, new Set(samples.map(([timeMs]) => timeMs)));
    }
    return all;
  }

  /** No 5m window comes twice, and none counts more samples than were put there. */
  #checkWindows(found: FoundWindows, layer: '5m' | '1h'): WindowCounts {
    const all = new Map<string, Map<number, number>>();
    for (const [name, windows] of found) {
      const model = this.#modelOf(name);
      const put = layer === '5m' ? model.fiveMinutes : model.oneHour;
      const counts = new Map<number, number>();
      let lastMs = Number.NEGATIVE_INFINITY;
      for (const [timeMs, samples] of windows) {
        if (timeMs <= lastMs) throw new WrongAnswer(`${name} ${layer}: ${timeMs} after ${lastMs}`);
        lastMs = timeMs;
        const window = Math.floor(timeMs / (layer === '5m' ? FIVE_MINUTES_MS : ONE_HOUR_MS));
        // Of 1h the windows at both sides of a batch's border may be halves (Thanos's batches).
        if (layer === '5m' && counts.has(window))
          throw new WrongAnswer(`${name} 5m: the window of ${timeMs} comes twice`);
        const sum = (counts.get(window) ?? 0) + samples;
        counts.set(window, sum);
        const most = put.get(window) ?? 0;
        if (sum > most)
          throw new WrongAnswer(`${name} ${layer}: ${sum} samples at ${timeMs}, ${most} were put`);
      }
      all.set(name, counts);
    }
    return all;
  }

  /** Samples that raw lacks: only those that retention may take. */
  #missing(raw: ReadonlyMap<string, ReadonlySet<number>>, isAtRest: boolean): MissingSample[] {
    const missing: MissingSample[] = [];
    for (const { name, timeMs } of this.#must) {
      const era = this.#modelOf(name).era.get(timeMs);
      const isThere = raw.get(name)?.has(timeMs) === true;
      if (isThere && isAtRest && era !== 'kept')
        throw new WrongAnswer(`${name}: ${timeMs} (${era}) is still there at rest`);
      if (isThere) continue;
      if (era === undefined || era === 'kept')
        throw new WrongAnswer(`${name}: ${timeMs} (${era}) is missing`);
      missing.push({ name, timeMs, era });
    }
    return missing;
  }

  /** What retention took is counted in 5m, or where that may go as well, in 1h. */
  #checkRetired(missing: readonly MissingSample[], { five, hour, isAtRest }: Layers): void {
    const wanted = new Map<string, { readonly one: MissingSample; count: number }>();
    const add = (key: string, one: MissingSample): void => {
      const before = wanted.get(key);
      if (before === undefined) wanted.set(key, { one, count: 1 });
      else before.count++;
    };
    for (const one of missing) {
      const { name, timeMs, era } = one;
      const window = Math.floor(timeMs / FIVE_MINUTES_MS);
      const isInFive = five.get(name)?.has(window) === true;
      if (isInFive && isAtRest && era === 'oldest')
        throw new WrongAnswer(`${name} 5m: ${timeMs} is still there at rest`);
      if (isInFive || era === 'old') add(`5m|${name}|${window}`, one);
      else add(`1h|${name}|${Math.floor(timeMs / ONE_HOUR_MS)}`, one);
    }
    for (const [key, { one, count: least }] of wanted) {
      const [layer, name = '', window] = key.split('|');
      const there = (layer === '5m' ? five : hour).get(name)?.get(Number(window)) ?? 0;
      if (there >= least) continue;
      const what = `${least} samples are gone around ${one.timeMs} (${one.era})`;
      throw new WrongAnswer(`${name} ${layer}: ${what}, and only ${there} are counted`);
    }
  }

  /** A window that was once there is still there, with as much; an oldest one may be in 1h. */
  #checkSeen({ five, hour }: Omit<Layers, 'isAtRest'>): void {
    for (const [name, windows] of this.#seenFive) {
      for (const [window, samples] of windows) {
        const now = five.get(name)?.get(window) ?? 0;
        if (now >= samples) continue;
        const { era, oneHour } = this.#modelOf(name);
        const at = window * FIVE_MINUTES_MS;
        const inHour = hour.get(name)?.get(Math.floor(at / ONE_HOUR_MS)) ?? 0;
        const isOldest = now === 0 && this.#eraOfWindow(era, at) === 'oldest';
        if (!isOldest || inHour < samples || oneHour.size === 0)
          throw new WrongAnswer(`${name} 5m: ${samples} samples at ${at} have become ${now}`);
        windows.delete(window);
      }
    }
    for (const [name, windows] of this.#seenHour) {
      for (const [window, samples] of windows) {
        const now = hour.get(name)?.get(window) ?? 0;
        if (now >= samples) continue;
        const at = window * ONE_HOUR_MS;
        throw new WrongAnswer(`${name} 1h: ${samples} samples at ${at} have become ${now}`);
      }
    }
    remember(this.#seenFive, five);
    remember(this.#seenHour, hour);
  }

  #eraOfWindow(era: ReadonlyMap<number, Era>, startMs: number): Era | undefined {
    for (let at = startMs; at < startMs + FIVE_MINUTES_MS; at += 1000) {
      const found = era.get(at);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

type WindowCounts = ReadonlyMap<string, ReadonlyMap<number, number>>;

interface Layers {
  readonly five: WindowCounts;
  readonly hour: WindowCounts;
  readonly isAtRest: boolean;
}

interface MissingSample {
  readonly name: string;
  readonly timeMs: number;
  readonly era: Era;
}

function count(windows: Map<number, number>, window: number): void {
  windows.set(window, (windows.get(window) ?? 0) + 1);
}

function remember(seen: Map<string, Map<number, number>>, found: WindowCounts): void {
  for (const [name, windows] of found) {
    const before = seen.get(name) ?? new Map<number, number>();
    for (const [window, samples] of windows) before.set(window, samples);
    seen.set(name, before);
  }
}
