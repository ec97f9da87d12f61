// Metadata of a metric family in a 1.0 request.
//
//   MetricMetadata { MetricType type = 1; string metric_family_name = 2; string help = 4;
//                    string unit = 5 }

import { WIRE_BYTES, WIRE_VARINT } from '../../base/bytes/proto-reader.ts';
import { tooMany } from './limits.ts';
import type { WireState } from './wire-state.ts';

/** Reads the metadata between the position and `end`; absent texts are empty. */
export function readMetadataV1(state: WireState, end: number): void {
  const { proto, request, limits } = state;
  const row = request.familyTypes.length;
  if (row >= limits.metadataMax) tooMany('metadata entries', limits.metadataMax);
  request.familyTypes.push(0);
  request.familyNameStarts.push(0);
  request.familyNameEnds.push(0);
  request.familyHelpStarts.push(0);
  request.familyHelpEnds.push(0);
  request.familyUnitStarts.push(0);
  request.familyUnitEnds.push(0);
  while (proto.position < end) {
    const tag = proto.tag(end);
    const field = tag >>> 3;
    if (field === 1) {
      proto.expect(tag, WIRE_VARINT);
      proto.varint(end);
      request.familyTypes.set(row, proto.low);
    } else if (field === 2 || field === 4 || field === 5) {
      proto.expect(tag, WIRE_BYTES);
      const next = proto.length(end);
      setText(state, field, row, next);
      proto.position = next;
    } else {
      proto.skip(tag, end);
    }
  }
}

function setText(state: WireState, field: number, row: number, end: number): void {
  const { request, proto } = state;
  const start = proto.position;
  if (field === 2) {
    request.familyNameStarts.set(row, start);
    request.familyNameEnds.set(row, end);
  } else if (field === 4) {
    request.familyHelpStarts.set(row, start);
    request.familyHelpEnds.set(row, end);
  } else {
    request.familyUnitStarts.set(row, start);
    request.familyUnitEnds.set(row, end);
  }
}
