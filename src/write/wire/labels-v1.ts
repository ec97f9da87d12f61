// Labels of 1.0: a run of fields `labels = 1` (of a series or an exemplar), each a Label message.
//
//   Label { string name = 1; string value = 2 }
//
// The wire reader checks each label's bytes and leaves them where they are; admission compares them
// with what it has seen before, and only on a miss takes them apart with LabelCursor.
// Whether the text is UTF-8, whether a name is missing or twice: that is the series', so
// admission's.

import { ProtoReader, WIRE_BYTES } from '../../base/bytes/proto-reader.ts';
import type { DecodedRequest } from './decoded-request.ts';
import type { WireState } from './wire-state.ts';

/** The tag of a label in a series or exemplar: field 1, length-delimited. */
export const LABEL_TAG = (1 << 3) | WIRE_BYTES;
const NAME_TAG = (1 << 3) | WIRE_BYTES;
const VALUE_TAG = (2 << 3) | WIRE_BYTES;

/**
 * Whether the bytes from `start` to `end` are a label in the shape nearly all have: a name and a
 * value, each shorter than 128 bytes, and nothing else. May look beyond `end` (there is slack
 * behind a body); then the sum does not come out right.
 */
export function isPlainLabel(view: DataView, start: number, end: number): boolean {
  const name = view.getUint16(start, true);
  const middle = start + 2 + (name >>> 8);
  const value = view.getUint16(middle, true);
  return (
    (name & 0x80ff) === NAME_TAG &&
    (value & 0x80ff) === VALUE_TAG &&
    middle + 2 + (value >>> 8) === end
  );
}

/** Checks the Label message between `start` and `end`, of whatever shape. */
export function checkLabel(state: WireState, start: number, end: number): void {
  if (!isPlainLabel(state.proto.view, start, end)) checkFields(state.proto, start, end);
}

function checkFields(proto: ProtoReader, start: number, end: number): void {
  const back = proto.position;
  proto.position = start;
  while (proto.position < end) {
    const tag = proto.tag(end);
    if (tag >>> 3 <= 2) proto.expect(tag, WIRE_BYTES);
    proto.skip(tag, end);
  }
  proto.position = back;
}

/**
 * Copies the label fields of a message whose labels do not stand side by side behind the body, in
 * their order. The message, from `start` to `end`, has been checked.
 */
export function gatherLabels(state: WireState, start: number, end: number): void {
  const { proto, request } = state;
  const back = proto.position;
  proto.position = start;
  while (proto.position < end) {
    const fieldStart = proto.position;
    const tag = proto.tag(end);
    proto.skip(tag, end);
    if (tag === LABEL_TAG) request.appendTail(fieldStart, proto.position);
  }
  proto.position = back;
}

/** Walks the labels of a 1.0 series or exemplar as offsets into `request.bytes`. */
export class LabelCursor {
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  readonly #proto = new ProtoReader();
  #end = 0;

  /** Begins with the label fields from `start` to `end`, as the request's columns give them. */
  reset(request: DecodedRequest, start: number, end: number): void {
    this.#proto.load(request.view, start);
    this.#end = end;
  }

  /** Moves to the next label; false after the last one. A field that is absent is empty. */
  next(): boolean {
    const proto = this.#proto;
    if (proto.position >= this.#end) return false;
    proto.tag(this.#end);
    const end = proto.length(this.#end);
    this.nameStart = end;
    this.nameEnd = end;
    this.valueStart = end;
    this.valueEnd = end;
    while (proto.position < end) {
      const tag = proto.tag(end);
      if (tag === NAME_TAG) {
        this.nameEnd = proto.length(end);
        this.nameStart = proto.position;
        proto.position = this.nameEnd;
      } else if (tag === VALUE_TAG) {
        this.valueEnd = proto.length(end);
        this.valueStart = proto.position;
        proto.position = this.valueEnd;
      } else {
        proto.skip(tag, end);
      }
    }
    return true;
  }
}
