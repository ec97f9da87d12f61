// The lists of a histogram: spans, deltas, counts. Numbers come packed (the default) or one by one;
// a list may come in several pieces, which follow each other.

import type { F64Column, U32Column } from '../../base/bytes/columns.ts';
import {
  failProto,
  WIRE_BYTES,
  WIRE_FIXED64,
  WIRE_VARINT,
  zigzag32Of,
  zigzagOf,
} from '../../base/bytes/proto-reader.ts';
import type { WireState } from './wire-state.ts';

/** One BucketSpan { sint32 offset = 1; uint32 length = 2 }. */
export function readSpan(
  state: WireState,
  tag: number,
  end: number,
  offsets: F64Column,
  lengths: U32Column,
): void {
  const { proto } = state;
  proto.expect(tag, WIRE_BYTES);
  const next = proto.length(end);
  let offset = 0;
  let length = 0;
  while (proto.position < next) {
    const inner = proto.tag(next);
    const field = inner >>> 3;
    if (field > 2) {
      proto.skip(inner, next);
      continue;
    }
    proto.expect(inner, WIRE_VARINT);
    proto.varint(next);
    if (field === 1) offset = zigzag32Of(proto.low);
    else length = proto.low;
  }
  state.countBuckets(1);
  offsets.push(offset);
  lengths.push(length);
}

/** sint64 numbers; a number beyond ±2^53 becomes ±Infinity. Returns whether there were any. */
export function readDeltas(state: WireState, tag: number, end: number, into: F64Column): boolean {
  const { proto } = state;
  if ((tag & 7) !== WIRE_BYTES) {
    proto.expect(tag, WIRE_VARINT);
    state.countBuckets(1);
    proto.varint(end);
    into.push(zigzagOf(proto.low, proto.high));
    return true;
  }
  const next = proto.length(end);
  const any = next > proto.position;
  while (proto.position < next) {
    state.countBuckets(1);
    proto.varint(next);
    into.push(zigzagOf(proto.low, proto.high));
  }
  return any;
}

/** Doubles. Returns whether there were any. */
export function readCounts(state: WireState, tag: number, end: number, into: F64Column): boolean {
  const { proto } = state;
  if ((tag & 7) !== WIRE_BYTES) {
    proto.expect(tag, WIRE_FIXED64);
    state.countBuckets(1);
    into.push(proto.double(end));
    return true;
  }
  const next = proto.length(end);
  const bytes = next - proto.position;
  if (bytes % 8 !== 0) failProto(proto.position, `has ${bytes} bytes where 64-bit numbers stand`);
  state.countBuckets(bytes / 8);
  while (proto.position < next) into.push(proto.double(next));
  return bytes > 0;
}
