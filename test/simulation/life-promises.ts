// What a policy promises of a bucket at which a compactor has come to rest, in a few lines of obvious
// code: of every range exactly the layers that are due, nothing left to merge, nothing left over.

import {
  COARSER_FROM_MS,
  DAY_MS,
  HOUR_MS,
  type LifeBlock,
  type LifeBlocks,
  type Periods,
  RESOLUTIONS,
} from './life-blocks.ts';
import type { Source } from './life-samples.ts';

/** Between the look at the bucket and the moment at which rest was noticed. */
const SLACK_MS = 15 * 60_000;
const CONSISTENCY_DELAY_MS = 30 * 60_000;
const RANGES_MS = [8 * HOUR_MS, 2 * DAY_MS, 14 * DAY_MS] as const;
const LATE_BLOCKS_MAX = 8;

export interface PromiseOptions {
  readonly periods: Periods;
  readonly deleteDelayMs: number;
}

/** Blocks that overlap each other, and no other. */
type Item = readonly LifeBlock[];

const startOf = (item: Item): number => Math.min(...item.map(({ minTimeMs }) => minTimeMs));
const endOf = (item: Item): number => Math.max(...item.map(({ maxTimeMs }) => maxTimeMs));

/** See the head of the file: `check` throws what is not as promised. */
export class LifePromises {
  readonly #blocks: LifeBlocks;
  readonly #options: PromiseOptions;
  /** Ranges found as one raw block, and blocks found with their coarser layer. */
  readonly found = { raw: 0, fiveMinutes: 0, oneHour: 0 };

  constructor(blocks: LifeBlocks, options: PromiseOptions) {
    this.#blocks = blocks;
    this.#options = options;
  }

  /** @param restMs when the compactor last found nothing to do */
  check(restMs: number): void {
    const atMs = restMs - SLACK_MS;
    for (const resolutionMs of RESOLUTIONS) {
      const items = this.#items(resolutionMs, atMs);
      this.#checkRetired(items, atMs);
      this.#checkMerged(items, resolutionMs, atMs);
      this.#checkOverlaps(items, resolutionMs, atMs);
      this.#checkCoarser(items, resolutionMs, atMs);
    }
    this.#checkRanges(atMs);
    this.#checkDeleted(atMs);
  }

  /** Blocks that a plan of this time would call overdue: due, and not all that is wanted is made. */
  overdue(atMs: number): number {
    let count = 0;
    for (const [at, resolutionMs] of RESOLUTIONS.entries()) {
      for (const block of this.#items(resolutionMs, atMs).flat()) {
        if (this.#blocks.wants(resolutionMs, block.maxTimeMs, atMs)) continue;
        const lacks = RESOLUTIONS.some((coarser, index) => {
          if (index <= at || !this.#blocks.wants(coarser, block.maxTimeMs, atMs)) return false;
          const some = [index, ...(index - 1 > at ? [index - 1] : [])];
          const holders = some.map((one) => this.#blocks.holders(RESOLUTIONS[one] ?? 0));
          return block.sources.some((source) => !holders.some((held) => held.has(source)));
        });
        if (lacks) count++;
      }
    }
    return count;
  }

  /** What a plan of this time saw, by what overlaps; a source only after the consistency delay. */
  #items(resolutionMs: number, atMs: number): Item[] {
    const items: LifeBlock[][] = [];
    let endMs = Number.NEGATIVE_INFINITY;
    for (const block of this.#blocks.live(resolutionMs)) {
      const { isSource, maxTimeMs, minTimeMs, putMs } = block;
      if (putMs > atMs - (isSource ? CONSISTENCY_DELAY_MS : 0)) continue;
      if (minTimeMs < endMs) items.at(-1)?.push(block);
      else items.push([block]);
      endMs = Math.max(endMs, maxTimeMs);
    }
    return items;
  }

  #isDue(item: Item, aheadMs: number, atMs: number): boolean {
    return item.some(
      ({ maxTimeMs, resolutionMs }) => !this.#blocks.wants(resolutionMs, maxTimeMs, atMs + aheadMs),
    );
  }

  /** What is due was downsampled, and is marked: nothing is overdue. */
  #checkRetired(items: readonly Item[], atMs: number): void {
    for (const item of items)
      if (this.#isDue(item, 0, atMs)) throw new Error(`${text(item)} should be gone`);
  }

  /** A range into which nothing can come any more is one block, as far as there are no walls. */
  #checkMerged(items: readonly Item[], resolutionMs: number, atMs: number): void {
    // Aggregates that overlap stay side by side, and what goes soon stays as it is.
    const isWall = (item: Item): boolean =>
      (resolutionMs > 0 && item.length > 1) || this.#isDue(item, HOUR_MS, atMs);
    const high = items.filter((item) => !isWall(item)).at(-2);
    if (high === undefined) return;
    for (const rangeMs of RANGES_MS) {
      for (const [at, item] of items.entries()) {
        const next = items[at + 1];
        if (next === undefined || isWall(item) || isWall(next)) continue;
        const range = Math.floor(startOf(item) / rangeMs);
        const rangeEndMs = (range + 1) * rangeMs;
        if (Math.max(endOf(item), endOf(next)) > rangeEndMs || rangeEndMs > startOf(high)) continue;
        throw new Error(`not merged: ${text(item)} and ${text(next)}`);
      }
    }
  }

  /** Raw blocks overlap only while late ones wait: small, few, for a day. */
  #checkOverlaps(items: readonly Item[], resolutionMs: number, atMs: number): void {
    if (resolutionMs !== 0) return;
    for (const item of items) {
      if (item.length === 1) continue;
      const [largest, ...late] = item.toSorted((a, b) => b.numSamples - a.numSamples);
      const lateSamples = late.reduce((sum, { numSamples }) => sum + numSamples, 0);
      const isSmall = lateSamples < 0.5 * (largest?.numSamples ?? 0);
      const isYoung = late.every(({ sources }) => this.#isYoung(sources, atMs));
      if (!isSmall || !isYoung || late.length > LATE_BLOCKS_MAX)
        throw new Error(`they overlap: ${text(item)}`);
    }
  }

  #isYoung(sources: readonly string[], atMs: number): boolean {
    return sources.every((source) => {
      const at = this.#blocks.sources.get(source)?.cutMs;
      return at !== undefined && at > atMs - DAY_MS - SLACK_MS;
    });
  }

  /** Long blocks have their coarser layer, and so has what goes soon. */
  #checkCoarser(items: readonly Item[], resolutionMs: number, atMs: number): void {
    const coarserMs = RESOLUTIONS[RESOLUTIONS.indexOf(resolutionMs) + 1];
    if (coarserMs === undefined) return;
    const holders = this.#blocks.holders(coarserMs);
    for (const item of items) {
      const [block] = item;
      if (block === undefined || item.length > 1) continue;
      const isLong = block.maxTimeMs - block.minTimeMs >= (COARSER_FROM_MS[resolutionMs] ?? 0);
      if (!isLong && !this.#isDue(item, HOUR_MS, atMs)) continue;
      if (!this.#blocks.wants(coarserMs, block.maxTimeMs, atMs)) continue;
      const missing = block.sources.filter((source) => !holders.has(source));
      if (missing.length > 0) throw new Error(`${coarserMs} lacks ${missing} of ${text(item)}`);
      this.found[resolutionMs === 0 ? 'fiveMinutes' : 'oneHour']++;
    }
  }

  /** From the heads' side: what was uploaded by then, and which layers its range has for it. */
  #checkRanges(atMs: number): void {
    const seen = this.#seenBy(atMs);
    const [rawMs = 0] = RESOLUTIONS;
    const raw = this.#blocks.holders(rawMs);
    const [, fiveMinutesMs = 0, oneHourMs = 0] = RESOLUTIONS;
    const fiveMinutes = this.#blocks.holders(fiveMinutesMs);
    const oneHour = this.#blocks.holders(oneHourMs);
    const newest = [...new Set(seen.map(({ minTimeMs }) => minTimeMs))].sort((a, b) => b - a)[1];
    const fiveItems = this.#items(fiveMinutesMs, atMs).filter((item) => item.length === 1);
    const newestFive = fiveItems.at(-2);
    for (const rangeMs of RANGES_MS.slice(1)) {
      const ranges = groupBy(seen, ({ minTimeMs }) => Math.floor(minTimeMs / rangeMs));
      for (const [range, sources] of ranges) {
        const [startMs, endMs] = [range * rangeMs, (range + 1) * rangeMs];
        // As long as nothing of it is due, and nothing that came late waits.
        const isYoungest = newest === undefined || newest < endMs;
        if (isYoungest || sources.some((one) => mayWait(one, atMs))) continue;
        const first = Math.min(...sources.map((one) => one.minTimeMs));
        const spanMs = Math.max(...sources.map((one) => one.maxTimeMs)) - first;
        if (!this.#blocks.wants(rawMs, startMs, atMs + HOUR_MS)) continue;
        const holders = new Set(sources.map(({ ulid }) => raw.get(ulid)?.[0]?.ulid));
        if (holders.size !== 1) throw new Error(`raw of ${timeText(startMs)}: ${[...holders]}`);
        this.found.raw++;
        if (spanMs < (COARSER_FROM_MS[rawMs] ?? 0)) continue;
        if (!this.#blocks.wants(fiveMinutesMs, startMs, atMs + HOUR_MS)) continue;
        mustHave(fiveMinutes, sources, `5m of ${timeText(startMs)}`);
        const isFiveComplete = newestFive !== undefined && startOf(newestFive) >= endMs;
        if (!isFiveComplete || spanMs < (COARSER_FROM_MS[fiveMinutesMs] ?? 0)) continue;
        mustHave(oneHour, sources, `1h of ${timeText(startMs)}`);
      }
    }
  }

  /** Sources that a plan of this time saw, or that were in what it saw. */
  #seenBy(atMs: number): Source[] {
    return [...this.#blocks.sources.values()].filter(({ maxTimeMs, uploadedMs }) => {
      if (uploadedMs === undefined || uploadedMs > atMs - CONSISTENCY_DELAY_MS) return false;
      return this.#blocks.wants(0, maxTimeMs, atMs);
    });
  }

  /** What was marked is gone after the delay. */
  #checkDeleted(atMs: number): void {
    for (const { markedMs, ulid } of this.#blocks.there.values())
      if (markedMs !== undefined && markedMs + this.#options.deleteDelayMs < atMs)
        throw new Error(`${ulid} was marked at ${timeText(markedMs)}, and is still there`);
  }
}

/** Late samples, and what came when its range was one block already: small ones wait for a day. */
function mayWait({ cutMs, isLate, uploadedMs = cutMs }: Source, atMs: number): boolean {
  return cutMs > atMs - DAY_MS - SLACK_MS && (isLate || uploadedMs > cutMs + HOUR_MS);
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

function mustHave(
  holders: ReadonlyMap<string, unknown>,
  sources: readonly Source[],
  what: string,
): void {
  const missing = sources.filter(({ ulid }) => !holders.has(ulid));
  if (missing.length > 0)
    throw new Error(`${what} lacks ${missing.length} of ${sources.length} blocks`);
}

function text(item: Item): string {
  return item
    .map(({ maxTimeMs, minTimeMs, resolutionMs, sources, ulid }) => {
      const range = `${timeText(minTimeMs)} to ${timeText(maxTimeMs)}`;
      return `${ulid} (${resolutionMs}, ${range}, ${sources.length} sources)`;
    })
    .join(', ');
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 16);
}
