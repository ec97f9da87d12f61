// The float sample, the hottest message of all.
//
//   Sample { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3 (2.0, newer) }
//
// Senders write it in one of two shapes: value and time (16 bytes), or time alone when the value's
// bits are all zero (7 bytes); times of this century are varints of six bytes. 2.0 may add a start
// timestamp of the same size. Everything else goes field by field.

import { signedOf, WIRE_FIXED64, WIRE_VARINT } from '../../base/bytes/proto-reader.ts';
import type { WireState } from './wire-state.ts';

const VALUE_TAG = (1 << 3) | WIRE_FIXED64;
const TIME_TAG = (2 << 3) | WIRE_VARINT;
const START_TAG = (3 << 3) | WIRE_VARINT;

/** Reads the sample that fills the bytes from `at` to `end` into the request's columns. */
export function readSample(state: WireState, at: number, end: number): void {
  state.countSample();
  const { request, proto } = state;
  const view = proto.view;
  let low = 0;
  let high = 0;
  let next = at;
  if (end - next >= 16 && view.getUint8(next) === VALUE_TAG) {
    low = view.getUint32(next + 1, true);
    high = view.getUint32(next + 5, true);
    next += 9;
  }
  if (end - next >= 7 && view.getUint8(next) === TIME_TAG) {
    const time = sixByteVarint(view, next + 1);
    next += 7;
    if (time >= 0 && next === end) {
      request.sampleTimes.push(time);
      request.sampleLows.push(low);
      request.sampleHighs.push(high);
      request.sampleStartTimes.push(0);
      return;
    }
    if (time >= 0 && end - next === 7 && isStart(state, next)) {
      const start = sixByteVarint(view, next + 1);
      if (start >= 0) {
        request.sampleTimes.push(time);
        request.sampleLows.push(low);
        request.sampleHighs.push(high);
        request.sampleStartTimes.push(start);
        return;
      }
    }
  }
  proto.position = at;
  readFields(state, end);
}

function isStart(state: WireState, at: number): boolean {
  return state.request.version === 2 && state.proto.view.getUint8(at) === START_TAG;
}

/** A varint of exactly six bytes (at most 42 bits), or -1 when it is of another length. */
function sixByteVarint(view: DataView, at: number): number {
  const low = view.getInt32(at, true);
  const high = view.getUint16(at + 4, true);
  if ((low & 0x80808080) !== (0x80808080 | 0) || (high & 0x8080) !== 0x0080) return -1;
  const lower =
    (low & 0x7f) | ((low >>> 1) & 0x3f80) | ((low >>> 2) & 0x1fc000) | ((low >>> 3) & 0xfe00000);
  return ((high & 0x7f) | ((high >>> 1) & 0x3f80)) * 0x1000_0000 + lower;
}

function readFields(state: WireState, end: number): void {
  const { request, proto } = state;
  let low = 0;
  let high = 0;
  let time = 0;
  let start = 0;
  while (proto.position < end) {
    const tag = proto.tag(end);
    if (tag === VALUE_TAG) {
      proto.fixed64(end);
      low = proto.low;
      high = proto.high;
    } else if (tag === TIME_TAG) {
      proto.varint(end);
      time = signedOf(proto.low, proto.high);
    } else if (tag >>> 3 === 3 && request.version === 2) {
      proto.expect(tag, WIRE_VARINT);
      proto.varint(end);
      start = signedOf(proto.low, proto.high);
    } else if (tag >>> 3 <= 2) {
      proto.wrongWireType(tag);
    } else {
      proto.skip(tag, end);
    }
  }
  request.sampleTimes.push(time);
  request.sampleLows.push(low);
  request.sampleHighs.push(high);
  request.sampleStartTimes.push(start);
}
