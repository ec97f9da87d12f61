// Every block of a simulated bucket as it came, was marked and went, each looked at in that moment:
// what is made is compared with brute force over the samples of its sources, what is marked or
// deleted must have its successors. And what a reader finds at any later moment.

import { AGGREGATES } from '../../src/base/chunk/aggregate-format.ts';
import { labelsText } from '../../src/base/model/labels.ts';
import { collect } from '../../src/base/runtime/file-pieces.ts';
import { BlockReader } from '../../src/block/block-reader.ts';
import { emptyChunk } from '../../src/block/chunks/segment-reader.ts';
import { SeriesSamples } from '../../src/block/series-samples.ts';
import type { BucketReader } from '../../src/bucket/bucket.ts';
import { plainAggregate } from '../support/aggregate-samples.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { bitsOf, type Sample, SERIES, type Source, unionOf } from './life-samples.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** The layers, the finest first. */
export const RESOLUTIONS: readonly number[] = [0, 300_000, HOUR_MS];
/** Of a layer's blocks from which the next coarser one is made, at least so long (0008). */
export const COARSER_FROM_MS: Readonly<Record<number, number>> = {
  0: 40 * HOUR_MS,
  300000: 240 * HOUR_MS,
};
const FILE_BYTES_MAX = 2 ** 30;

/** By resolution: how long it is kept. */
export type Periods = Readonly<Record<number, number>>;

/** A block of the bucket. */
export interface LifeBlock {
  readonly ulid: string;
  readonly resolutionMs: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly sources: readonly string[];
  readonly numSamples: number;
  readonly putMs: number;
  /** A head cut it. */
  readonly isSource: boolean;
  markedMs: number | undefined;
}

/** What a life is made of, for figures. */
export interface LifeTally {
  uploaded: number;
  made: number;
  samplesCompared: number;
  windowsCompared: number;
  marked: number;
  deleted: number;
}

export interface LifeBlocksOptions {
  readonly objects: BucketReader;
  readonly nowMs: () => number;
  readonly periods: Periods;
  readonly deleteDelayMs: number;
}

/** See the head of the file. */
export class LifeBlocks {
  /** All that have a meta.json. */
  readonly there = new Map<string, LifeBlock>();
  /** All that were ever uploaded. */
  readonly sources = new Map<string, Source>();
  readonly tally: LifeTally = {
    ...{ uploaded: 0, made: 0, samplesCompared: 0, windowsCompared: 0, marked: 0, deleted: 0 },
  };
  readonly deleted = new Set<string>();
  readonly #options: LifeBlocksOptions;

  constructor(options: LifeBlocksOptions) {
    this.#options = options;
  }

  /** Without a deletion mark, of one layer, in the order of time. */
  live(resolutionMs: number): LifeBlock[] {
    return [...this.there.values()]
      .filter((block) => block.markedMs === undefined && block.resolutionMs === resolutionMs)
      .sort((a, b) => a.minTimeMs - b.minTimeMs || a.maxTimeMs - b.maxTimeMs);
  }

  /** Of each source the live blocks that hold it. */
  holders(resolutionMs: number): ReadonlyMap<string, readonly LifeBlock[]> {
    const holders = new Map<string, LifeBlock[]>();
    for (const block of this.live(resolutionMs)) {
      for (const source of block.sources) {
        const some = holders.get(source);
        if (some === undefined) holders.set(source, [block]);
        else some.push(block);
      }
    }
    return holders;
  }

  /** Is data that ends there still wanted of this layer? */
  wants(resolutionMs: number, maxTimeMs: number, atMs: number): boolean {
    return maxTimeMs + (this.#options.periods[resolutionMs] ?? 0) >= atMs;
  }

  /** A meta.json has come. Throws what is wrong with the block. */
  async arrived(ulid: string): Promise<void> {
    if (this.there.has(ulid)) return; // the same once more: its answer was lost
    const disk = await this.#fetch(ulid);
    const reader = new BlockReader(disk, `/${ulid}`);
    try {
      const { compaction, maxTimeMs, minTimeMs, stats, thanos } = reader.readMeta();
      const resolutionMs = thanos?.resolutionMs ?? 0;
      const block: LifeBlock = {
        ...{ ulid, minTimeMs, maxTimeMs, resolutionMs },
        sources: compaction.sources,
        numSamples: stats.numSamples,
        putMs: this.#options.nowMs(),
        isSource: this.sources.has(ulid),
        markedMs: undefined,
      };
      if (block.isSource) this.tally.uploaded++;
      else {
        this.tally.made++;
        this.#mustBeWanted(block);
      }
      const sources = block.sources.map((source) => this.#source(source));
      if (resolutionMs === 0) this.#compareRaw(reader, sources);
      else this.#compareAggregates(reader, sources, resolutionMs);
      this.there.set(ulid, block);
    } finally {
      reader.close();
    }
  }

  /** A deletion mark has come. Throws when nothing stands in for the block. */
  async marked(ulid: string): Promise<void> {
    const block = this.there.get(ulid);
    if (block === undefined) throw new Error(`${ulid} is marked, and is not there`);
    if (block.markedMs !== undefined) return;
    block.markedMs = this.#options.nowMs();
    this.tally.marked++;
    this.#mustBeReplaced(block, 'is marked');
  }

  /** A meta.json is about to be deleted. Throws when it is too early. */
  async deleting(ulid: string): Promise<void> {
    const block = this.there.get(ulid);
    if (block === undefined) return; // once more: the answer was lost
    const nowMs = this.#options.nowMs();
    const { markedMs } = block;
    // A mark has whole seconds.
    if (markedMs === undefined || nowMs - markedMs < this.#options.deleteDelayMs - 1000)
      throw new Error(`${ulid} is deleted, and was marked at ${markedMs}`);
    this.#mustBeReplaced(block, 'is deleted');
    this.there.delete(ulid);
    this.deleted.add(ulid);
    this.tally.deleted++;
  }

  /** Each source that a policy still wants is in its layer or in a finer one. */
  checkNothingLost(atMs: number): void {
    const held = new Set<string>();
    for (const resolutionMs of RESOLUTIONS) {
      for (const source of this.holders(resolutionMs).keys()) held.add(source);
      for (const { maxTimeMs, ulid } of this.sources.values())
        if (this.wants(resolutionMs, maxTimeMs, atMs) && !held.has(ulid) && !this.#isOnItsWay(ulid))
          throw new Error(`${ulid} is lost from ${resolutionMs} and all finer layers`);
    }
  }

  #isOnItsWay(ulid: string): boolean {
    return !this.there.has(ulid) && !this.deleted.has(ulid);
  }

  #source(ulid: string): Source {
    const found = this.sources.get(ulid);
    if (found === undefined) throw new Error(`no head cut a block ${ulid}`);
    return found;
  }

  /** The same sources in a live block of the layer; or too old, and in what coarser layers want. */
  #mustBeReplaced({ maxTimeMs, resolutionMs, sources, ulid }: LifeBlock, what: string): void {
    const nowMs = this.#options.nowMs();
    const holders = RESOLUTIONS.map((one) => this.holders(one));
    const isIn = (source: string, at: number): boolean => holders[at]?.has(source) === true;
    const at = RESOLUTIONS.indexOf(resolutionMs);
    for (const source of sources) {
      if (isIn(source, at)) continue;
      if (this.wants(resolutionMs, maxTimeMs, nowMs))
        throw new Error(`${ulid} ${what}, its layer wants it, and ${source} is not in another`);
      for (const [coarser, one] of RESOLUTIONS.entries()) {
        if (coarser <= at || !this.wants(one, maxTimeMs, nowMs)) continue;
        if (!isIn(source, coarser) && !isIn(source, coarser - 1))
          throw new Error(`${ulid} ${what}, and ${one} wants ${source} and has it not`);
      }
    }
  }

  /** No layer is made before its time: of long blocks, of those that are due, or merged of it. */
  #mustBeWanted({ maxTimeMs, minTimeMs, resolutionMs, sources, ulid }: LifeBlock): void {
    const at = RESOLUTIONS.indexOf(resolutionMs);
    const finerMs = RESOLUTIONS[at - 1];
    if (finerMs === undefined) return;
    if (maxTimeMs - minTimeMs >= (COARSER_FROM_MS[finerMs] ?? 0)) return;
    if (!this.wants(finerMs, maxTimeMs, this.#options.nowMs() + HOUR_MS)) return;
    const holders = this.holders(resolutionMs);
    if (sources.every((source) => holders.has(source))) return;
    throw new Error(`${ulid} was made of a short block that is not due`);
  }

  async #fetch(ulid: string): Promise<MemoryDisk> {
    const { objects } = this.#options;
    const disk = new MemoryDisk();
    for await (const page of objects.list(`${ulid}/`)) {
      for (const { key } of page) {
        disk.makeDir(`/${key.slice(0, key.lastIndexOf('/'))}`);
        disk.replaceFile(`/${key}`, await collect(objects.get(key), FILE_BYTES_MAX, key));
      }
    }
    return disk;
  }

  #compareRaw(reader: BlockReader, sources: readonly Source[]): void {
    const cursor = new SeriesSamples(reader);
    const found = new Map<string, string[]>();
    for (const entry of reader.series()) {
      const list: string[] = [];
      cursor.open(entry);
      while (cursor.next()) list.push(sampleText(cursor.timeMs, cursor));
      found.set(labelsText(reader.labelsOf(entry)), list);
    }
    for (const [series, text] of SERIES.entries()) {
      const all = unionOf(sources, series);
      const wanted = all.map((sample) => sampleText(sample.timeMs, bitsOf(sample)));
      mustBeEqual(text, found.get(text) ?? [], wanted);
      found.delete(text);
      this.tally.samplesCompared += wanted.length;
    }
    if (found.size > 0) throw new Error(`series that nobody wrote: ${[...found.keys()]}`);
  }

  #compareAggregates(reader: BlockReader, sources: readonly Source[], windowMs: number): void {
    const found = aggregatesOf(reader, windowMs);
    for (const [series, text] of SERIES.entries()) {
      const wanted = windowsOf(unionOf(sources, series), windowMs);
      mustBeEqual(text, found.get(text) ?? [], wanted);
      found.delete(text);
      this.tally.windowsCompared += wanted.length;
    }
    if (found.size > 0) throw new Error(`series that nobody wrote: ${[...found.keys()]}`);
  }
}

const PARTS = ['count', 'sum', 'min', 'max'] as const;
type Window = [window: number, count: number, sum: number, min: number, max: number];

/**
 * By series: `window count sum min max` of each window that has samples. An hour that two 5m chunks
 * share may stand there in two parts, as with Thanos (docs/formats/aggregate-chunks.md).
 */
function aggregatesOf(reader: BlockReader, windowMs: number): Map<string, string[]> {
  const all = new Map<string, string[]>();
  const chunk = emptyChunk();
  for (const entry of reader.series()) {
    const list: Window[] = [];
    for (let at = 0; at < entry.chunkCount; at++) {
      reader.readChunk(entry, at, chunk);
      const plain = plainAggregate({
        minTimeMs: entry.chunkMinTimes.at(at),
        maxTimeMs: entry.chunkMaxTimes.at(at),
        encoding: chunk.encoding,
        sampleCount: 0,
        bytes: chunk.data.slice(),
      });
      for (const [which, { timeMs }] of (plain.count ?? []).entries()) {
        const [count = 0, sum = 0, min = 0, max = 0] = PARTS.map(
          (part) => plain[part]?.[which]?.value,
        );
        addWindow(list, [Math.floor(timeMs / windowMs), count, sum, min, max], windowMs);
      }
      for (const part of AGGREGATES) if (plain[part] === undefined) throw new Error(`no ${part}`);
    }
    const texts = list.map((values) => values.join(' '));
    all.set(labelsText(reader.labelsOf(entry)), texts);
  }
  return all;
}

function addWindow(list: Window[], next: Window, windowMs: number): void {
  const last = list.at(-1);
  if (last === undefined || last[0] !== next[0] || windowMs < HOUR_MS) {
    list.push(next);
    return;
  }
  last[1] += next[1];
  last[2] += next[2];
  last[3] = Math.min(last[3], next[3]);
  last[4] = Math.max(last[4], next[4]);
}

/** The same by brute force. */
function windowsOf(samples: readonly Sample[], windowMs: number): string[] {
  const windows = new Map<number, number[]>();
  for (const { timeMs, value } of samples) {
    if (value === undefined) continue;
    const window = Math.floor(timeMs / windowMs);
    const values = windows.get(window);
    if (values === undefined) windows.set(window, [value]);
    else values.push(value);
  }
  return [...windows].map(([window, values]) => {
    const sum = values.reduce((a, b) => a + b, 0);
    return `${window} ${values.length} ${sum} ${Math.min(...values)} ${Math.max(...values)}`;
  });
}

function sampleText(timeMs: number, { high, low }: { high: number; low: number }): string {
  return `${timeMs} ${high >>> 0}:${low >>> 0}`;
}

/** Texts, in their order. */
function mustBeEqual(series: string, found: readonly string[], wanted: readonly string[]): void {
  const at = wanted.findIndex((text, index) => text !== found[index]);
  if (at < 0 && found.length === wanted.length) return;
  const where = at < 0 ? wanted.length : at;
  const have = `${found[where]} of ${found.length}`;
  throw new Error(`${series}: ${have} and not ${wanted[where]} of ${wanted.length}`);
}
