// Metadata of a 2.0 series.
//
//   Metadata { MetricType type = 1; uint32 help_ref = 3; uint32 unit_ref = 4 }

import { WIRE_VARINT } from '../../base/bytes/proto-reader.ts';
import type { WireState } from './wire-state.ts';

/** Reads the metadata between the position and `end` over what the series has so far. */
export function readMetadataV2(state: WireState, end: number): void {
  const { proto } = state;
  while (proto.position < end) {
    const tag = proto.tag(end);
    const field = tag >>> 3;
    if (field !== 1 && field !== 3 && field !== 4) {
      proto.skip(tag, end);
      continue;
    }
    proto.expect(tag, WIRE_VARINT);
    proto.varint(end);
    if (field === 1) {
      state.metadataType = proto.low;
      continue;
    }
    if (field === 3) state.metadataHelp = proto.low;
    else state.metadataUnit = proto.low;
    if (proto.low > state.highestRef) state.highestRef = proto.low;
  }
}
