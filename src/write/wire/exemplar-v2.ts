// One exemplar of a 2.0 series.
//
//   Exemplar { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3 }

import { signedOf, WIRE_FIXED64, WIRE_VARINT } from '../../base/bytes/proto-reader.ts';
import { checkPairs, readRefs } from './label-refs.ts';
import type { WireState } from './wire-state.ts';

/** Reads the exemplar between the position and `end`. A timestamp of 0 is none. */
export function readExemplarV2(state: WireState, end: number): void {
  state.countExemplar();
  const { proto, request } = state;
  const at = proto.position;
  let refsStart = request.labelRefs.length;
  let low = 0;
  let high = 0;
  let time = 0;
  while (proto.position < end) {
    const tag = proto.tag(end);
    const field = tag >>> 3;
    if (field === 1) {
      refsStart = readRefs(state, tag, end, refsStart, request.labelRefs.length);
    } else if (tag === ((2 << 3) | WIRE_FIXED64)) {
      proto.fixed64(end);
      low = proto.low;
      high = proto.high;
    } else if (tag === ((3 << 3) | WIRE_VARINT)) {
      proto.varint(end);
      time = signedOf(proto.low, proto.high);
    } else if (field <= 3) {
      proto.wrongWireType(tag);
    } else {
      proto.skip(tag, end);
    }
  }
  checkPairs(request.labelRefs.length - refsStart, at);
  request.exemplarLabelStarts.push(refsStart);
  request.exemplarLabelEnds.push(request.labelRefs.length);
  request.exemplarTimes.push(time);
  request.exemplarLows.push(low);
  request.exemplarHighs.push(high);
}
