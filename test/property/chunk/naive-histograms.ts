// Histogram chunks written down once more, slowly: the oracle for the bits of encodings 2 and 3,
// and, with start timestamps, of 5 and 6.

import type { F64Column, U32Column } from '../../../src/base/bytes/columns.ts';
import type { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { isStale } from '../../../src/base/chunk/stale.ts';
import { bitString, bytesOfBits, NaiveXor, varbitInt, varbitUint } from './naive-bits.ts';
import type { NaiveStarts } from './naive-starts.ts';

/** A sample as plain arrays. */
export interface NaiveHistogram {
  readonly timeMs: number;
  readonly stale: boolean;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly spans: readonly (readonly [offset: number, length: number])[][];
  readonly customValues: readonly number[];
  /** Count, zero count, and all buckets, positive first, as HistogramValue has them. */
  readonly numbers: readonly number[];
  readonly sum: bigint;
}

const list = (column: F64Column | U32Column) => [...column.view()];

/** A copy of the flyweight. */
export function plainOf(timeMs: number, value: HistogramValue): NaiveHistogram {
  const lengths = [value.positiveSpanLengths, value.negativeSpanLengths];
  return {
    timeMs,
    stale: isStale(value.sumLow, value.sumHigh),
    schema: value.schema,
    zeroThreshold: value.zeroThreshold,
    spans: [value.positiveSpanOffsets, value.negativeSpanOffsets].map((offsets, side) =>
      list(offsets).map((offset, i) => [offset, lengths[side]?.at(i) ?? 0] as const),
    ),
    customValues: list(value.customValues),
    numbers: [
      value.count,
      value.zeroCount,
      ...list(value.positiveBuckets),
      ...list(value.negativeBuckets),
    ],
    sum: (BigInt(value.sumHigh) << 32n) | BigInt(value.sumLow),
  };
}

function bitsOfDouble(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

function threshold(value: number): string {
  const exponent = Math.log2(value);
  if (value === 0) return bitString(0n, 8);
  if (Number.isInteger(exponent) && exponent >= -243 && exponent <= 10)
    return bitString(BigInt(exponent + 244), 8);
  return bitString(255n, 8) + bitString(bitsOfDouble(value), 64);
}

function bound(value: number): string {
  const thousandths = Math.round(value * 1000);
  const short = thousandths >= 0 && thousandths <= 33_554_430 && thousandths / 1000 === value;
  return short ? varbitUint(BigInt(thousandths + 1)) : `0${bitString(bitsOfDouble(value), 64)}`;
}

function layout(first: NaiveHistogram): string {
  let out = threshold(first.zeroThreshold) + varbitInt(BigInt(first.schema));
  for (const spans of first.spans) {
    out += varbitUint(BigInt(spans.length));
    for (const [offset, length] of spans)
      out += varbitUint(BigInt(length)) + varbitInt(BigInt(offset));
  }
  if (first.schema !== -53) return out;
  return (
    out + varbitUint(BigInt(first.customValues.length)) + first.customValues.map(bound).join('')
  );
}

/** A whole number as its difference from the differences so far. */
class NaiveDod {
  #last: bigint;
  #delta = 0n;

  constructor(first: bigint) {
    this.#last = first;
  }

  next(value: bigint): string {
    const delta = value - this.#last;
    const out = varbitInt(delta - this.#delta);
    this.#delta = delta;
    this.#last = value;
    return out;
  }
}

/**
 * A histogram chunk whose samples all have the layout of the first, or are stale; with `starts`
 * one of the encodings 5 and 6.
 */
export function naiveHistogramChunk(
  samples: readonly NaiveHistogram[],
  isFloat: boolean,
  header: number,
  starts?: NaiveStarts,
): Uint8Array {
  const [first] = samples;
  if (first === undefined) throw new Error('a chunk has samples');
  const plainHeader = bitString(BigInt(samples.length), 16) + bitString(BigInt(header), 8);
  const startsHeader = bitString(BigInt((header << 8) | samples.length), 16) + starts?.header;
  let out = (starts === undefined ? plainHeader : startsHeader) + layout(first);
  const time = new NaiveDod(BigInt(first.timeMs));
  const sum = new NaiveXor(first.sum);
  const rows = first.numbers.map((n) =>
    isFloat ? new NaiveXor(bitsOfDouble(n)) : new NaiveDod(BigInt(n)),
  );
  samples.forEach((sample, i) => {
    const number = (n: number, row: number) => {
      if (i > 0) return rows[row]?.next(isFloat ? bitsOfDouble(n) : BigInt(n)) ?? '';
      if (isFloat) return bitString(bitsOfDouble(n), 64);
      return row < 2 ? varbitUint(BigInt(n)) : varbitInt(BigInt(n));
    };
    out += i === 0 ? varbitInt(BigInt(sample.timeMs)) : time.next(BigInt(sample.timeMs));
    const counts = sample.numbers.slice(0, 2).map(number).join('');
    out += sample.stale && !isFloat && i > 0 ? '00' : counts;
    out += i === 0 ? bitString(sample.sum, 64) : sum.next(sample.sum);
    if (!sample.stale)
      out += sample.numbers
        .slice(2)
        .map((n, k) => number(n, k + 2))
        .join('');
    out += starts?.after(i) ?? '';
  });
  return bytesOfBits(out);
}
