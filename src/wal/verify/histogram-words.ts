// A histogram as two words that differ when it differs, but for one chance in 2^64: enough to tell
// a sample that was sent again from one that says something else. Pure.

import type { F64Column, U32Column } from '../../base/bytes/columns.ts';
import type { HistogramValue } from '../../base/chunk/histogram-value.ts';

const bits = new DataView(new ArrayBuffer(8));

/** Mixes numbers into two words. */
class Mixer {
  low = 0x811c9dc5;
  high = 0x9e3779b1;

  word(word: number): void {
    this.low = Math.imul(this.low ^ word, 0x01000193);
    this.high = Math.imul((this.high ^ (this.high >>> 15)) + word, 0x85ebca6b);
  }

  number(value: number): void {
    bits.setFloat64(0, value);
    this.word(bits.getInt32(0));
    this.word(bits.getInt32(4));
  }

  list(values: F64Column | U32Column): void {
    this.word(values.length);
    for (let i = 0; i < values.length; i++) this.number(values.at(i));
  }
}

/** All that makes a sample another one; the counter reset hint is not part of what was observed. */
export function histogramWords(value: HistogramValue): { low: number; high: number } {
  const mixer = new Mixer();
  mixer.word(value.isFloat ? 1 : 2);
  for (const number of [value.schema, value.zeroThreshold, value.zeroCount, value.count])
    mixer.number(number);
  mixer.word(value.sumLow);
  mixer.word(value.sumHigh);
  mixer.list(value.positiveSpanOffsets);
  mixer.list(value.positiveSpanLengths);
  mixer.list(value.negativeSpanOffsets);
  mixer.list(value.negativeSpanLengths);
  mixer.list(value.positiveBuckets);
  mixer.list(value.negativeBuckets);
  mixer.list(value.customValues);
  return { low: mixer.low, high: mixer.high };
}
