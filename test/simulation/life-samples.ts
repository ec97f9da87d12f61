// The samples of a simulated HA pair, as a few lines of obvious code: what a replica scrapes follows
// from the series and the time alone, so that nothing of it need be remembered. All values are whole
// numbers: sums of them are exact, in whatever order they are added.

import { ChunkBuilder } from '../../src/base/chunk/chunk-builder.ts';
import { highBitsOf, lowBitsOf } from '../../src/base/chunk/xor-cells.ts';
import { compareUtf8, labelsOf, labelsText } from '../../src/base/model/labels.ts';
import type { Disk } from '../../src/base/runtime/disk.ts';
import { BlockWriter, type WrittenBlock } from '../../src/block/block-writer.ts';

/** Raw samples of each series, so far apart. */
export const SCRAPE_MS = 10 * 60_000;
export const WINDOW_MS = 2 * 3_600_000;
export const REPLICAS = ['r1', 'r2'] as const;

const STALE = { low: 2, high: 0x7ff0_0000 };
/** The replicas scrape at different times. */
const OFFSETS_MS: Readonly<Record<string, number>> = { r1: 0, r2: 127_000 };
const LATE_OFFSET_MS = 193_000;

const NAMES = ['recorded', 'requests_total', 'temperature'] as const;
type Name = (typeof NAMES)[number];
export const SERIES: readonly string[] = NAMES.map((name) => labelsText(labelsOf(pairsOf(name))));

/** A block that a head cut. */
export interface Source {
  readonly ulid: string;
  readonly replica: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** Of late samples only. */
  readonly isLate: boolean;
  /** The replica ended here: its last scrape is followed by stale markers. */
  readonly isLast: boolean;
  /** When the head cut it, and when it was in the bucket. */
  readonly cutMs: number;
  uploadedMs: number | undefined;
}

/** A sample; of a stale marker the value is undefined. */
export interface Sample {
  readonly timeMs: number;
  readonly value: number | undefined;
}

/** What one source has of the series with this number in SERIES. */
export function samplesOf(source: Source, series: number): readonly Sample[] {
  const name = NAMES[series];
  const { isLast, isLate, maxTimeMs, minTimeMs, replica } = source;
  if (name === undefined || (isLate && name !== 'temperature')) return [];
  // A rule is evaluated at the same times on both.
  const ownMs = isLate ? LATE_OFFSET_MS : (OFFSETS_MS[replica] ?? 0);
  const offsetMs = name === 'recorded' ? 0 : ownMs;
  const samples: Sample[] = [];
  for (let timeMs = minTimeMs + offsetMs; timeMs < maxTimeMs; timeMs += SCRAPE_MS)
    samples.push({ timeMs, value: valueAt(name, replica, timeMs) });
  const last = samples.pop();
  if (last === undefined) return [];
  const isMarked = isLast && name !== 'recorded';
  return [...samples, isMarked ? { timeMs: last.timeMs, value: undefined } : last];
}

function valueAt(name: Name, replica: string, timeMs: number): number {
  const seconds = Math.floor(timeMs / 1000);
  if (name === 'recorded') return seconds % 7919;
  const salt = replica === 'r1' ? 3 : 11;
  if (name === 'temperature') return ((seconds * 2_654_435_761) % (1000 + salt)) - 500;
  return (seconds + salt * 1000) % 500_000; // begins anew after some days
}

/** What several sources hold together: each time once, that of the smallest ULID. */
export function unionOf(sources: readonly Source[], series: number): readonly Sample[] {
  const all = new Map<number, Sample>();
  for (const source of [...sources].sort((a, b) => (a.ulid < b.ulid ? -1 : 1))) {
    for (const sample of samplesOf(source, series))
      if (!all.has(sample.timeMs)) all.set(sample.timeMs, sample);
  }
  return [...all.values()].sort((a, b) => a.timeMs - b.timeMs);
}

/** The bits of a sample. */
export function bitsOf({ value }: Sample): { readonly low: number; readonly high: number } {
  return value === undefined ? STALE : { low: lowBitsOf(value), high: highBitsOf(value) };
}

/** Writes the block, as a head does; its place is `<dir>/<ULID>`. */
export function writeSource(disk: Disk, dir: string, source: Source): WrittenBlock {
  const { maxTimeMs, minTimeMs, replica, ulid } = source;
  disk.makeDir(dir);
  const writer = new BlockWriter({ disk, dir, ulid });
  const here = NAMES.flatMap((name, series) => {
    const samples = samplesOf(source, series);
    return samples.length === 0 ? [] : [{ name, samples }];
  });
  const symbols = [...new Set(['', ...here.flatMap(({ name }) => pairsOf(name).flat())])];
  symbols.sort(compareUtf8);
  for (const symbol of symbols) writer.addSymbol(Buffer.from(symbol));
  for (const { name, samples } of here) {
    const builder = new ChunkBuilder();
    for (const sample of samples) {
      const { low, high } = bitsOf(sample);
      builder.addFloat(sample.timeMs, low, high);
    }
    const chunks = builder.take().map(({ count, ...chunk }) => ({ ...chunk, sampleCount: count }));
    const labels = pairsOf(name).flat();
    writer.addSeries(
      Uint32Array.from(labels, (text) => symbols.indexOf(text)),
      chunks,
    );
  }
  const labels = labelsOf(Object.entries({ cluster: 'eu', replica, tenant_id: 'a' }));
  return writer.finish({ minTimeMs, maxTimeMs, labels, source: 'receive' });
}

function pairsOf(name: Name): [string, string][] {
  return [
    ['__name__', name],
    ['instance', 'i'],
  ];
}
