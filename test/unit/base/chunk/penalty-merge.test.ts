// Thanos's choice between replicas, against its own rule said with iterators, one in another.

import { expect, test } from 'vitest';
import { ChunkBuilder } from '../../../../src/base/chunk/chunk-builder.ts';
import { chunkCount } from '../../../../src/base/chunk/chunk-format.ts';
import { ChunkReader } from '../../../../src/base/chunk/chunk-reader.ts';
import type { TimedChunk } from '../../../../src/base/chunk/merge-chunks.ts';
import { mergeByPenalty } from '../../../../src/base/chunk/penalty-merge.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

/** A chunk whose values say which chunk they are of. */
function chunkOf(times: readonly number[], value: number): TimedChunk {
  const builder = new ChunkBuilder(1000);
  for (const timeMs of times) builder.addFloat(timeMs, value, 0);
  const made = builder.take()[0]!;
  const { bytes, encoding, minTimeMs, maxTimeMs } = made;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = chunkCount(encoding, view, 0);
  return { encoding, minTimeMs, maxTimeMs, view, base: 0, lengthBytes: bytes.length, count };
}

function samplesOf(chunks: readonly TimedChunk[]): string[] {
  const samples: string[] = [];
  for (const { bytes, ...made } of mergeByPenalty(chunks)) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const reader = new ChunkReader();
    reader.open({ ...made, view, base: 0, lengthBytes: bytes.length });
    while (reader.next()) samples.push(`${reader.timeMs}:${reader.low}`);
  }
  return samples;
}

interface Steps {
  next(): boolean;
  seek(timeMs: number): boolean;
  timeMs(): number;
  value(): number;
}

class ListSteps implements Steps {
  #at = -1;
  readonly #times: readonly number[];
  readonly #value: number;

  constructor(times: readonly number[], value: number) {
    this.#times = times;
    this.#value = value;
  }

  next(): boolean {
    this.#at++;
    return this.#at < this.#times.length;
  }

  seek(timeMs: number): boolean {
    while (this.#at < 0 || this.timeMs() < timeMs) if (!this.next()) return false;
    return true;
  }

  timeMs(): number {
    return this.#times[this.#at] ?? Number.POSITIVE_INFINITY;
  }

  value(): number {
    return this.#value;
  }
}

class PairSteps implements Steps {
  readonly #a: Steps;
  readonly #b: Steps;
  #hasA: boolean;
  #hasB: boolean;
  #lastMs = Number.NEGATIVE_INFINITY;
  #penaltyA = 0;
  #penaltyB = 0;
  #usesA = true;

  constructor(a: Steps, b: Steps) {
    this.#a = a;
    this.#b = b;
    this.#hasA = a.next();
    this.#hasB = b.next();
  }

  next(): boolean {
    if (this.#hasA) this.#hasA = this.#a.seek(this.#lastMs + 1 + this.#penaltyA);
    if (this.#hasB) this.#hasB = this.#b.seek(this.#lastMs + 1 + this.#penaltyB);
    if (!this.#hasA && !this.#hasB) return false;
    const isBoth = this.#hasA && this.#hasB;
    this.#usesA = isBoth ? this.#a.timeMs() <= this.#b.timeMs() : this.#hasA;
    const now = this.timeMs();
    const penalty = this.#lastMs === Number.NEGATIVE_INFINITY ? 5000 : 2 * (now - this.#lastMs);
    if (this.#usesA) this.#penaltyA = 0;
    else this.#penaltyB = 0;
    if (isBoth && this.#usesA) this.#penaltyB = penalty;
    if (isBoth && !this.#usesA) this.#penaltyA = penalty;
    this.#lastMs = now;
    return true;
  }

  seek(timeMs: number): boolean {
    while (this.timeMs() < timeMs) if (!this.next()) return false;
    return true;
  }

  timeMs(): number {
    return this.#usesA ? this.#a.timeMs() : this.#b.timeMs();
  }

  value(): number {
    return this.#usesA ? this.#a.value() : this.#b.value();
  }
}

test('a second replica fills the gap of the first, and only that', () => {
  const first = [0, 60_000, 120_000, 600_000, 660_000];
  const second = [7, 60_007, 120_007, 180_007, 240_007, 300_007, 360_007, 600_007];
  const chosen = samplesOf([chunkOf(first, 1), chunkOf(second, 2)]);
  expect(chosen).toEqual([
    '0:1',
    '60000:1',
    '120000:1',
    '240007:2',
    '300007:2',
    '360007:2',
    '600000:1',
    '660000:1',
  ]);
});

test('random chunks, one after the other, as nested iterators have it', () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = new SeededRandom(seed);
    const lists = Array.from({ length: random.between(1, 6) }, () => {
      const stepMs = random.pick([1000, 15_000, 60_000]);
      let timeMs = random.between(0, 200_000);
      return Array.from({ length: random.between(1, 40) }, () => {
        timeMs += stepMs * (random.fraction() < 0.1 ? random.between(2, 20) : 1);
        return timeMs + random.between(0, 50);
      });
    });
    lists.sort((a, b) => a[0]! - b[0]! || a.at(-1)! - b.at(-1)!);
    let steps: Steps = new ListSteps(lists[0]!, 0);
    for (const [i, list] of lists.entries())
      if (i > 0) steps = new PairSteps(steps, new ListSteps(list, i));
    const wanted: string[] = [];
    while (steps.next()) wanted.push(`${steps.timeMs()}:${steps.value()}`);
    expect(samplesOf(lists.map(chunkOf)), `seed ${seed}`).toEqual(wanted);
  }
});

test('a chunk whose times are not those it is said to have is damaged', () => {
  const good = chunkOf([1, 2, 3], 1);
  const other = { ...chunkOf([2, 3, 9], 1), maxTimeMs: 5 };
  expect(() => mergeByPenalty([good, other])).toThrow(/do not rise, at 9/);
});
