// Label references of 2.0: numbers of symbols, name and value in turn (`labels_refs = 1`).

import { countVarints, failProto, WIRE_BYTES, WIRE_VARINT } from '../../base/bytes/proto-reader.ts';
import { tooMany } from './limits.ts';
import type { WireState } from './wire-state.ts';

/** Appends the packed references between `start` and `end` to the request's column. */
export function readPackedRefs(state: WireState, start: number, end: number): void {
  const { proto, request, limits } = state;
  const refs = request.labelRefs;
  // There are at most as many as bytes; they are counted only when that could be too many.
  if (refs.length + (end - start) > limits.labelRefsMax) {
    if (refs.length + countVarints(proto.view, start, end) > limits.labelRefsMax) {
      tooMany('label references', limits.labelRefsMax);
    }
  }
  const highest = proto.packedUint32(start, end, refs);
  if (highest > state.highestRef) state.highestRef = highest;
}

/**
 * Reads one occurrence of the field, packed or not. A message's references must end up side by
 * side: when something came between (an exemplar's), those it has from `from` to `to` are copied to
 * the end first. Returns where the message's references now start; they end with the column.
 */
export function readRefs(
  state: WireState,
  tag: number,
  end: number,
  from: number,
  to: number,
): number {
  const { proto, request, limits } = state;
  const refs = request.labelRefs;
  let start = from;
  if (to !== refs.length) {
    start = refs.length;
    if (start + to - from > limits.labelRefsMax) tooMany('label references', limits.labelRefsMax);
    for (let i = from; i < to; i++) refs.push(refs.at(i));
  }
  if ((tag & 7) === WIRE_BYTES) {
    const next = proto.length(end);
    readPackedRefs(state, proto.position, next);
    proto.position = next;
    return start;
  }
  proto.expect(tag, WIRE_VARINT);
  if (refs.length >= limits.labelRefsMax) tooMany('label references', limits.labelRefsMax);
  proto.varint(end);
  if (proto.low > state.highestRef) state.highestRef = proto.low;
  refs.push(proto.low);
  return start;
}

/** Refuses an odd number of references: the last name would have no value. */
export function checkPairs(count: number, at: number): void {
  if (count % 2 === 1) failProto(at, 'has an odd number of label references');
}
