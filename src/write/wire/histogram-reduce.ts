// Brings an exponential histogram of a finer schema down to the finest one that is stored (8), as
// Prometheus does on receiving it: in schema s - k, bucket i of schema s is part of bucket
// ceil(i / 2^k).

import type { F64Column, U32Column } from '../../base/bytes/columns.ts';
import type { HistogramValue } from '../../base/chunk/histogram-value.ts';

/** The finest schema that chunks hold. */
export const STORED_SCHEMA_MAX = 8;

/** Reduces `value`, which has been validated, in place; does nothing when its schema is stored. */
export function reduceToStoredSchema(value: HistogramValue): void {
  if (value.schema <= STORED_SCHEMA_MAX) return;
  const factor = 2 ** (value.schema - STORED_SCHEMA_MAX);
  reduceSide(
    value.positiveSpanOffsets,
    value.positiveSpanLengths,
    value.positiveBuckets,
    value.isFloat,
    factor,
  );
  reduceSide(
    value.negativeSpanOffsets,
    value.negativeSpanLengths,
    value.negativeBuckets,
    value.isFloat,
    factor,
  );
  value.schema = STORED_SCHEMA_MAX;
}

// Cold: senders use such schemas hardly ever, so plain arrays will do.
function reduceSide(
  offsets: F64Column,
  lengths: U32Column,
  buckets: F64Column,
  isFloat: boolean,
  factor: number,
): void {
  const indexes: number[] = [];
  const counts: number[] = [];
  let index = 0;
  let count = 0;
  let bucket = 0;
  for (let span = 0; span < offsets.length; span++) {
    index += offsets.at(span);
    for (let i = 0; i < lengths.at(span); i++, index++, bucket++) {
      count = isFloat ? buckets.at(bucket) : count + buckets.at(bucket);
      const target = Math.ceil(index / factor) + 0; // + 0: no negative zero
      const last = indexes.length - 1;
      if (last >= 0 && indexes.at(last) === target) counts.push((counts.pop() ?? 0) + count);
      else {
        indexes.push(target);
        counts.push(count);
      }
    }
  }
  refill(offsets, lengths, buckets, { isFloat, indexes, counts });
}

interface Reduced {
  readonly isFloat: boolean;
  readonly indexes: readonly number[];
  readonly counts: readonly number[];
}

function refill(offsets: F64Column, lengths: U32Column, buckets: F64Column, from: Reduced): void {
  offsets.clear();
  lengths.clear();
  buckets.clear();
  let expected = Number.NaN;
  let spanEnd = 0;
  let last = 0;
  from.indexes.forEach((index, i) => {
    const count = from.counts.at(i) ?? 0;
    if (index === expected) {
      lengths.set(lengths.length - 1, lengths.at(lengths.length - 1) + 1);
    } else {
      offsets.push(index - spanEnd);
      lengths.push(1);
    }
    expected = index + 1;
    spanEnd = expected;
    buckets.push(from.isFloat ? count : count - last);
    last = count;
  });
}
