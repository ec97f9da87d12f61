// One exemplar of a 1.0 series.
//
//   Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3 }

import { signedOf, WIRE_FIXED64, WIRE_VARINT } from '../../base/bytes/proto-reader.ts';
import { checkLabel, gatherLabels, LABEL_TAG } from './labels-v1.ts';
import type { WireState } from './wire-state.ts';

/** Reads the exemplar between the position and `end`. A timestamp of 0 is none. */
export function readExemplarV1(state: WireState, end: number): void {
  state.countExemplar();
  const { proto, request } = state;
  const start = proto.position;
  let labelsStart = start;
  let labelsEnd = start;
  let apart = false;
  let low = 0;
  let high = 0;
  let time = 0;
  while (proto.position < end) {
    const at = proto.position;
    const tag = proto.tag(end);
    if (tag === LABEL_TAG) {
      const next = proto.length(end);
      checkLabel(state, proto.position, next);
      proto.position = next;
      if (labelsEnd === labelsStart) labelsStart = at;
      else if (labelsEnd !== at) apart = true;
      labelsEnd = next;
    } else if (tag === ((2 << 3) | WIRE_FIXED64)) {
      proto.fixed64(end);
      low = proto.low;
      high = proto.high;
    } else if (tag === ((3 << 3) | WIRE_VARINT)) {
      proto.varint(end);
      time = signedOf(proto.low, proto.high);
    } else if (tag >>> 3 <= 3) {
      proto.wrongWireType(tag);
    } else {
      proto.skip(tag, end);
    }
  }
  if (apart) {
    labelsStart = request.tailEnd;
    gatherLabels(state, start, end);
    labelsEnd = request.tailEnd;
  }
  request.exemplarLabelStarts.push(labelsStart);
  request.exemplarLabelEnds.push(labelsEnd);
  request.exemplarTimes.push(time);
  request.exemplarLows.push(low);
  request.exemplarHighs.push(high);
}
