// Values that follow from a number and a time: 64 pseudo-random bits, every class of doubles among
// them, and native histograms made of such. What must be stored needs no copy of it, and a sample
// that stands under another series or time shows at once.

import {
  CUSTOM_BUCKETS_SCHEMA,
  type HistogramValue,
} from '../../src/base/chunk/histogram-value.ts';

const TWO_32 = 0x1_0000_0000;

/** Bits as two halves. */
export interface Bits {
  low: number;
  high: number;
}

/** What a double's bits stand for. */
export type BitClass = (typeof BIT_CLASSES)[number];

/** Every class of 64-bit patterns that something on the way might treat in its own way. */
export const BIT_CLASSES = [
  'quiet NaN +',
  'quiet NaN -',
  'signalling NaN +',
  'signalling NaN -',
  'stale marker',
  'infinity',
  'zero +',
  'zero -',
  'subnormal',
  'normal',
] as const;

/** The class of a pattern. */
export function classOf(low: number, high: number): BitClass {
  const sign = high >>> 31 === 1 ? '-' : '+';
  const exponent = (high >>> 20) & 0x7ff;
  const fraction = high & 0xfffff;
  if (exponent === 0x7ff) {
    if (fraction === 0 && low === 0) return 'infinity';
    if (high === 0x7ff00000 && low === 2) return 'stale marker';
    return `${(fraction & 0x80000) === 0 ? 'signalling' : 'quiet'} NaN ${sign}`;
  }
  if (exponent > 0) return 'normal';
  return fraction === 0 && low === 0 ? `zero ${sign}` : 'subnormal';
}

/** The halves [high, low] of patterns at the edges of their class. */
const EDGES: readonly (readonly [number, number])[] = [
  [0x7ff80000, 0], // what hardware and JavaScript make
  [0x7ff80000, 1], // Prometheus's own NaN
  [0xfff80000, 0], // what x86 makes of 0/0
  [0x7ff00000, 2], // the stale marker
  [0xfff00000, 2],
  [0x7ff00000, 1],
  [0xfff00000, 1],
  [0x7fffffff, 0xffffffff],
  [0xffffffff, 0xffffffff],
  [0x7ff7ffff, 0xffffffff],
  [0xfff7ffff, 0xffffffff],
  [0x7ff40000, 0],
  [0x7ff00000, 0],
  [0xfff00000, 0],
  [0, 0],
  [0x80000000, 0],
  [0, 1],
  [0x80000000, 1],
  [0x000fffff, 0xffffffff],
  [0x800fffff, 0xffffffff],
  [0x00100000, 0],
  [0x7fefffff, 0xffffffff],
  [0xffefffff, 0xffffffff],
  [0x3ff00000, 0],
];

/** 32 well-mixed bits of three numbers (a finalizer as murmur3 has it, applied thrice). */
export function mix(a: number, b: number, c: number): number {
  let hash = scramble(a ^ 0x9e3779b9);
  hash = scramble(hash ^ b);
  return scramble(hash ^ c) >>> 0;
}

function scramble(from: number): number {
  let bits = Math.imul(from ^ (from >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** A number of its own for each series and millisecond. */
function saltOf(series: number, timeMs: number): number {
  return mix(series, timeMs >>> 0, Math.floor(timeMs / TWO_32));
}

/**
 * The value of a float sample. Of 16 patterns 12 are random, one is at the edge of a class, one a
 * quiet and one a signalling NaN with a random payload, one a subnormal.
 */
export function floatBits(series: number, timeMs: number, into: Bits): void {
  const salt = saltOf(series, timeMs);
  into.low = mix(salt, 1, 0);
  into.high = mix(salt, 2, 0);
  const pick = mix(salt, 3, 0);
  switch (pick & 15) {
    case 0: {
      const [high, low] = EDGES[(pick >>> 4) % EDGES.length] ?? [0, 0];
      into.low = low;
      into.high = high;
      return;
    }
    case 1:
      into.high |= 0x7ff80000;
      break;
    case 2:
      into.high = (into.high | 0x7ff00000) & ~0x00080000;
      into.low |= 1; // without any payload it would be an infinity
      break;
    case 3:
      into.high &= 0x800fffff;
      break;
    default:
  }
  into.low >>>= 0;
  into.high >>>= 0;
}

/** The kinds of series that a sender has. */
export type SampleKind = 'float' | 'integer' | 'float histogram' | 'custom buckets';

const bits: Bits = { low: 0, high: 0 };
const double = new Float64Array(1);
const pair = new Uint32Array(double.buffer);

/**
 * The value of a histogram sample: layouts change now and then, the sum is any pattern but the
 * stale marker (which Prometheus stores without the rest), bucket counts of floats are any double
 * that is not below zero, NaNs with payloads among them.
 */
export function histogramOf(
  kind: Exclude<SampleKind, 'float'>,
  series: number,
  timeMs: number,
  into: HistogramValue,
): void {
  const salt = saltOf(series, timeMs) ^ 0x5bd1e995;
  into.clear();
  into.isFloat = kind === 'float histogram';
  floatBits(salt, timeMs, bits);
  if (classOf(bits.low, bits.high) === 'stale marker') bits.low = 3;
  into.sumLow = bits.low;
  into.sumHigh = bits.high;
  const buckets = 1 + (mix(salt, 1, 1) % 4);
  into.positiveSpanOffsets.push(mix(salt, 2, 1) % 3);
  into.positiveSpanLengths.push(buckets);
  if (kind === 'custom buckets') {
    into.schema = CUSTOM_BUCKETS_SCHEMA;
    for (let bound = 0; bound < 8; bound++) into.customValues.push((bound - 2) * 1.1);
  } else {
    into.schema = (series % 5) - 1;
    into.zeroThreshold = 2 ** -128;
    into.zeroCount = mix(salt, 3, 1) % 1000;
  }
  if (into.isFloat) fillFloatBuckets(into, salt, buckets);
  else fillIntegerBuckets(into, salt, buckets);
}

function fillIntegerBuckets(into: HistogramValue, salt: number, buckets: number): void {
  let before = 0;
  into.count = into.zeroCount;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const count = mix(salt, bucket, 2) % 100_000;
    into.positiveBuckets.push(count - before);
    into.count += count;
    before = count;
  }
}

function fillFloatBuckets(into: HistogramValue, salt: number, buckets: number): void {
  for (let bucket = 0; bucket < buckets; bucket++) {
    into.positiveBuckets.push(1);
    floatBits(salt + bucket, 7, bits);
    const cells = into.positiveBuckets.view();
    const halves = new Uint32Array(cells.buffer, cells.byteOffset, 2 * cells.length);
    halves[2 * bucket] = bits.low;
    halves[2 * bucket + 1] = bits.high & 0x7fffffff;
  }
  into.count = doubleNotBelowZero(salt, 9);
  into.zeroCount = doubleNotBelowZero(salt, 10);
}

/** Any double but those below zero, NaNs with payloads among them. */
function doubleNotBelowZero(salt: number, which: number): number {
  floatBits(salt, which, bits);
  pair[0] = bits.low;
  pair[1] = bits.high & 0x7fffffff;
  return double[0] ?? 0;
}

/** Every bit counts. */
function isSameDouble(a: number, b: number): boolean {
  double[0] = a;
  const [low, high] = pair;
  double[0] = b;
  return low === pair[0] && high === pair[1];
}

/** True when both say the same: empty buckets (zero) may stand in the spans of one only. */
export function sameHistogram(a: HistogramValue, b: HistogramValue): boolean {
  return (
    a.isFloat === b.isFloat &&
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    isSameDouble(a.zeroCount, b.zeroCount) &&
    isSameDouble(a.count, b.count) &&
    a.sumLow === b.sumLow &&
    a.sumHigh === b.sumHigh &&
    sameCells(a.customValues.view(), b.customValues.view()) &&
    bucketsText(a) === bucketsText(b)
  );
}

function sameCells(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((cell, i) => cell === b[i]);
}

/** `index:bits` of each bucket that is not zero; negative ones as `-index`. */
function bucketsText(value: HistogramValue): string {
  const texts: string[] = [];
  for (const side of ['positive', 'negative'] as const) {
    const offsets = value[`${side}SpanOffsets`];
    const lengths = value[`${side}SpanLengths`];
    const cells = value[`${side}Buckets`].view();
    const halves = new Uint32Array(cells.buffer, cells.byteOffset, 2 * cells.length);
    let index = 0;
    let at = 0;
    let count = 0;
    for (let span = 0; span < offsets.length; span++) {
      index += offsets.at(span);
      for (let left = lengths.at(span); left > 0; left--, index++, at++) {
        count += cells[at] ?? 0;
        const low = halves[2 * at] ?? 0;
        const high = halves[2 * at + 1] ?? 0;
        if (value.isFloat) {
          if (low !== 0 || high !== 0) texts.push(`${side} ${index}:${high},${low}`);
        } else if (count !== 0) texts.push(`${side} ${index}:${count}`);
      }
    }
  }
  return texts.join(' ');
}
