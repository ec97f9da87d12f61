// One native histogram; 1.0 and 2.0 share the message.
//
//   Histogram { oneof count { uint64 count_int = 1; double count_float = 2 }
//     double sum = 3; sint32 schema = 4; double zero_threshold = 5;
//     oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7 }
//     repeated BucketSpan negative_spans = 8; repeated sint64 negative_deltas = 9;
//     repeated double negative_counts = 10; repeated BucketSpan positive_spans = 11;
//     repeated sint64 positive_deltas = 12; repeated double positive_counts = 13;
//     ResetHint reset_hint = 14; int64 timestamp = 15; repeated double custom_values = 16;
//     int64 start_timestamp = 17 (2.0, newer) }
//
// What the bytes cannot be is the request's fault and thrown; what the numbers cannot be is the
// sample's, and becomes its fault code.

import {
  signedOf,
  unsignedOf,
  WIRE_FIXED64,
  WIRE_VARINT,
  zigzag32Of,
} from '../../base/bytes/proto-reader.ts';
import { RESET_GAUGE, RESET_UNKNOWN } from '../../base/chunk/histogram-value.ts';
import { FAULT_MIXED, FAULT_NONE } from './histogram-fault.ts';
import { readCounts, readDeltas, readSpan } from './histogram-lists.ts';
import { reduceToStoredSchema } from './histogram-reduce.ts';
import { validateHistogram } from './histogram-validate.ts';
import type { WireState } from './wire-state.ts';

/** Reads the histogram between the position and `end` into the request's columns. */
export function readHistogram(state: WireState, end: number): void {
  state.countSample();
  const { proto, request, histogram } = state;
  const seen = state.histogramSeen;
  histogram.clear();
  seen.clear();
  while (proto.position < end) {
    const tag = proto.tag(end);
    const field = tag >>> 3;
    if (field <= 7) readNumber(state, field, tag, end);
    else if (field <= 13 || field === 16) readList(state, field, tag, end);
    else if (field <= 17) readSmallField(state, field, tag, end);
    else proto.skip(tag, end);
  }
  const fault = faultOf(state);
  if (fault === FAULT_NONE) reduceToStoredSchema(histogram);
  else histogram.clear();
  request.histograms.push(histogram);
  request.histogramTimes.push(seen.timeMs);
  request.histogramStartTimes.push(seen.startTimeMs);
  request.histogramFaults.push(fault);
}

function faultOf(state: WireState): number {
  const { histogram, histogramSeen: seen } = state;
  const mixed = histogram.isFloat
    ? seen.deltas || (!seen.zeroIsFloat && histogram.zeroCount !== 0)
    : seen.counts || (seen.zeroIsFloat && histogram.zeroCount !== 0);
  return mixed ? FAULT_MIXED : validateHistogram(histogram);
}

/** Fields 1 to 7. Of a oneof's two fields, the one that comes last counts. */
function readNumber(state: WireState, field: number, tag: number, end: number): void {
  const { proto, histogram, histogramSeen: seen } = state;
  if (field === 1 || field === 4 || field === 6) {
    proto.expect(tag, WIRE_VARINT);
    proto.varint(end);
    if (field === 1) {
      histogram.isFloat = false;
      histogram.count = unsignedOf(proto.low, proto.high);
    } else if (field === 6) {
      seen.zeroIsFloat = false;
      histogram.zeroCount = unsignedOf(proto.low, proto.high);
    } else {
      histogram.schema = zigzag32Of(proto.low);
    }
    return;
  }
  proto.expect(tag, WIRE_FIXED64);
  if (field === 3) {
    proto.fixed64(end);
    histogram.sumLow = proto.low;
    histogram.sumHigh = proto.high;
    return;
  }
  const value = proto.double(end);
  if (field === 2) {
    histogram.isFloat = true;
    histogram.count = value;
  } else if (field === 5) {
    histogram.zeroThreshold = value;
  } else {
    seen.zeroIsFloat = true;
    histogram.zeroCount = value;
  }
}

/** Fields 8 to 13 and 16. */
function readList(state: WireState, field: number, tag: number, end: number): void {
  const { histogram, histogramSeen: seen } = state;
  if (field === 8) {
    readSpan(state, tag, end, histogram.negativeSpanOffsets, histogram.negativeSpanLengths);
  } else if (field === 11) {
    readSpan(state, tag, end, histogram.positiveSpanOffsets, histogram.positiveSpanLengths);
  } else if (field === 9) {
    if (readDeltas(state, tag, end, histogram.negativeBuckets)) seen.deltas = true;
  } else if (field === 12) {
    if (readDeltas(state, tag, end, histogram.positiveBuckets)) seen.deltas = true;
  } else if (field === 10) {
    if (readCounts(state, tag, end, histogram.negativeBuckets)) seen.counts = true;
  } else if (field === 13) {
    if (readCounts(state, tag, end, histogram.positiveBuckets)) seen.counts = true;
  } else {
    readCounts(state, tag, end, histogram.customValues);
  }
}

/** Fields 14, 15 and 17. */
function readSmallField(state: WireState, field: number, tag: number, end: number): void {
  const { proto, request, histogram, histogramSeen: seen } = state;
  if (field === 17 && request.version === 1) {
    proto.skip(tag, end);
    return;
  }
  proto.expect(tag, WIRE_VARINT);
  proto.varint(end);
  if (field === 15) {
    seen.timeMs = signedOf(proto.low, proto.high);
  } else if (field === 17) {
    seen.startTimeMs = signedOf(proto.low, proto.high);
  } else {
    // An enum of a later version: what this one does not know, it knows nothing about.
    const known = proto.high === 0 && proto.low <= RESET_GAUGE;
    histogram.resetHint = known ? proto.low : RESET_UNKNOWN;
  }
}
