// From the wire reader's fault numbers to reasons of the refusal catalogue.

import { type Refusal, type RefusalName, refusal } from './refusals.ts';
import {
  FAULT_BOUNDS_NOT_FINITE,
  FAULT_BOUNDS_TOO_FEW,
  FAULT_BOUNDS_UNEXPECTED,
  FAULT_BOUNDS_UNSORTED,
  FAULT_BUCKET_INDEX,
  FAULT_COUNT,
  FAULT_COUNT_TOO_SMALL,
  FAULT_CUSTOM_EXTRAS,
  FAULT_INEXACT,
  FAULT_MIXED,
  FAULT_NEGATIVE_BUCKET,
  FAULT_NEGATIVE_COUNT,
  FAULT_SCHEMA,
  FAULT_SPAN_OFFSET,
  FAULT_SPANS,
} from './wire/histogram-fault.ts';

const NAMES: ReadonlyMap<number, RefusalName> = new Map([
  [FAULT_MIXED, 'histogram_mixed'],
  [FAULT_SCHEMA, 'histogram_schema'],
  [FAULT_SPANS, 'histogram_spans'],
  [FAULT_SPAN_OFFSET, 'histogram_spans'],
  [FAULT_BUCKET_INDEX, 'histogram_spans'],
  [FAULT_NEGATIVE_BUCKET, 'histogram_negative'],
  [FAULT_NEGATIVE_COUNT, 'histogram_negative'],
  [FAULT_COUNT, 'histogram_count'],
  [FAULT_COUNT_TOO_SMALL, 'histogram_count'],
  [FAULT_INEXACT, 'histogram_inexact'],
  [FAULT_BOUNDS_UNSORTED, 'histogram_bounds'],
  [FAULT_BOUNDS_NOT_FINITE, 'histogram_bounds'],
  [FAULT_BOUNDS_TOO_FEW, 'histogram_bounds'],
  [FAULT_CUSTOM_EXTRAS, 'histogram_bounds'],
  [FAULT_BOUNDS_UNEXPECTED, 'histogram_bounds'],
]);

/** The reason for a fault; a fault that is not known here counts as one of the spans. */
export function histogramRefusal(fault: number): Refusal {
  return refusal(NAMES.get(fault) ?? 'histogram_spans');
}
