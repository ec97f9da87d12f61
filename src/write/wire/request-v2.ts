// Remote write 2.0: io.prometheus.write.v2.Request (proto/io/prometheus/write/v2/types.proto).
//
//   Request { reserved 1 to 3; repeated string symbols = 4; repeated TimeSeries timeseries = 5 }
//
// Fields 1 to 3 are what 1.0 uses in its place. Passing over them as unknown would acknowledge a
// whole 1.0 request as an empty one, so they are refused.
// The symbols may stand behind the series that refer to them, so references are checked at the end.

import { failProto, WIRE_BYTES } from '../../base/bytes/proto-reader.ts';
import { VarveError } from '../../base/errors/varve-error.ts';
import { tooMany } from './limits.ts';
import { readSeriesV2 } from './series-v2.ts';
import type { WireState } from './wire-state.ts';

const SYMBOL_TAG = (4 << 3) | WIRE_BYTES;
const SERIES_TAG = (5 << 3) | WIRE_BYTES;

/** Walks the body of `length` bytes that `state` has begun with, into `state.request`. */
export function readWriteRequestV2(state: WireState, length: number): void {
  const { proto, request } = state;
  const view = proto.view;
  while (proto.position < length) {
    const at = proto.position;
    // Symbols and series are nearly always shorter than 128 bytes: tag and length at once.
    const head = view.getUint16(at, true);
    const shortEnd = at + 2 + (head >>> 8);
    if (shortEnd <= length) {
      if ((head & 0x80ff) === SYMBOL_TAG) {
        addSymbol(state, at + 2, shortEnd);
        proto.position = shortEnd;
        continue;
      }
      if ((head & 0x80ff) === SERIES_TAG) {
        readSeriesV2(state, at + 2, shortEnd);
        proto.position = shortEnd;
        continue;
      }
    }
    const tag = proto.tag(length);
    const field = tag >>> 3;
    if (field === 4 || field === 5) {
      proto.expect(tag, WIRE_BYTES);
      const next = proto.length(length);
      if (field === 5) readSeriesV2(state, proto.position, next);
      else addSymbol(state, proto.position, next);
      proto.position = next;
    } else if (field < 4) {
      throw new VarveError(
        'wrong_version',
        `the content type says remote write 2.0, but field ${field} (at byte ${at}) is one of 1.0`,
      );
    } else {
      proto.skip(tag, length);
    }
  }
  checkRefs(state, length);
  request.end();
}

function addSymbol(state: WireState, start: number, end: number): void {
  const { request, limits } = state;
  const { symbolStarts, symbolLengths } = request;
  if (symbolStarts.length >= limits.symbolsMax) tooMany('symbols', limits.symbolsMax);
  state.symbolBytes += end - start;
  if (state.symbolBytes > limits.symbolBytesMax) {
    tooMany('bytes of symbols', limits.symbolBytesMax);
  }
  if (symbolStarts.length === 0 && end !== start) {
    failProto(start, 'has a symbol table that does not begin with the empty string');
  }
  symbolStarts.push(start);
  symbolLengths.push(end - start);
}

function checkRefs(state: WireState, length: number): void {
  const { request, highestRef } = state;
  const count = request.symbolStarts.length;
  const anyRef = request.labelRefs.length > 0 || highestRef > 0;
  if (anyRef && highestRef >= count) {
    failProto(length, `refers to symbol ${highestRef}, but has ${count} symbols`);
  }
  if (count === 0) {
    // Absent metadata refers to symbol 0: it is there even when the sender had no symbols at all.
    request.symbolStarts.push(0);
    request.symbolLengths.push(0);
  }
}
