// Remote write 1.0: prometheus.WriteRequest (proto/prometheus/remote.proto).
//
//   WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3 }
//
// Fields 4 and 5 are what 2.0 uses in its place. Passing over them as unknown would acknowledge a
// whole 2.0 request as an empty one, so they are refused.

import { WIRE_BYTES } from '../../base/bytes/proto-reader.ts';
import { VarveError } from '../../base/errors/varve-error.ts';
import { readMetadataV1 } from './metadata-v1.ts';
import { readSeriesV1 } from './series-v1.ts';
import type { WireState } from './wire-state.ts';

const SERIES_TAG = (1 << 3) | WIRE_BYTES;

/** Walks the body of `length` bytes that `state` has begun with, into `state.request`. */
export function readWriteRequestV1(state: WireState, length: number): void {
  const { proto, request } = state;
  const view = proto.view;
  while (proto.position < length) {
    const at = proto.position;
    // A series is nearly always 128 bytes to 16 KiB long: its tag and a length of two bytes at
    // once.
    const head = view.getInt32(at, true);
    const seriesEnd = at + 3 + (((head >>> 8) & 0x7f) | ((head >>> 9) & 0x3f80));
    if ((head & 0x8080ff) === (0x8000 | SERIES_TAG) && seriesEnd <= length) {
      readSeriesV1(state, at + 3, seriesEnd);
      proto.position = seriesEnd;
      continue;
    }
    const tag = proto.tag(length);
    const field = tag >>> 3;
    if (field === 1 || field === 3) {
      proto.expect(tag, WIRE_BYTES);
      const next = proto.length(length);
      if (field === 1) readSeriesV1(state, proto.position, next);
      else readMetadataV1(state, next);
      proto.position = next;
    } else if ((field === 4 || field === 5) && (tag & 7) === WIRE_BYTES) {
      throw new VarveError(
        'wrong_version',
        `the content type says remote write 1.0, but field ${field} (at byte ${at}) is one of 2.0`,
      );
    } else {
      proto.skip(tag, length);
    }
  }
  request.end();
}
