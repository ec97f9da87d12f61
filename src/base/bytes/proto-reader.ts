// Reads protobuf's wire format (protobuf.dev, "Encoding") from a DataView, without an object per
// field.
//
// The reader has one position; a nested message is read by handing its end to each call. A varint's
// 64 bits land in two halves, `low` and `high`. What the format forbids is refused here, for every
// message alike: varints of more than 64 bits, field number 0, groups, wire types 6 and 7, and
// anything that reaches beyond the end it was given.
// Invariant: `position` never passes the `end` handed in.

import { VarveError } from '../errors/varve-error.ts';
import type { U32Column } from './columns.ts';

/** Wire type of int32 to sint64, bool and enum. */
export const WIRE_VARINT = 0;
/** Wire type of double and fixed64. */
export const WIRE_FIXED64 = 1;
/** Wire type of string, bytes, nested messages and packed lists. */
export const WIRE_BYTES = 2;
/** Wire type of float and fixed32. */
export const WIRE_FIXED32 = 5;

const WIRE_NAMES = ['varint', '64-bit', 'length-delimited', 'group', 'group', '32-bit', '6', '7'];
const TWO_32 = 0x1_0000_0000;
// 2^53 itself is what 2^53 + 1 would be rounded to.
const EXACT_MAX = Number.MAX_SAFE_INTEGER;

/** A position in a message, and the last number read. */
export class ProtoReader {
  view: DataView = new DataView(new ArrayBuffer(0));
  /** The next byte to be read, counted from the start of `view`. */
  position = 0;
  /** The 64 bits that `varint` or `fixed64` read last. */
  low = 0;
  high = 0;

  /** Starts at byte `position` of `view`. */
  load(view: DataView, position: number): void {
    this.view = view;
    this.position = position;
  }

  /** The next field's tag: its number times 8, plus its wire type. Needs `position < end`. */
  tag(end: number): number {
    const at = this.position;
    this.varint(end);
    const tag = this.low;
    if (this.high !== 0) failProto(at, 'has a field number of more than 29 bits');
    if (tag < 8) failProto(at, 'has a field with number 0');
    const wire = tag & 7;
    if (wire === 3 || wire === 4) failProto(at, `has a group (field ${tag >>> 3})`);
    if (wire > 5) failProto(at, `has wire type ${wire}, which does not exist`);
    return tag;
  }

  /** A varint, into `low` and `high`. */
  varint(end: number): void {
    const at = this.position;
    if (at >= end) failProto(at, 'ends inside a varint');
    const byte = this.view.getUint8(at);
    if (byte < 0x80) {
      this.low = byte;
      this.high = 0;
      this.position = at + 1;
    } else {
      this.#longVarint(at, end);
    }
  }

  /** Eight bytes, into `low` and `high`. */
  fixed64(end: number): void {
    const at = this.position;
    if (end - at < 8) failProto(at, 'ends inside a 64-bit number');
    this.low = this.view.getUint32(at, true);
    this.high = this.view.getUint32(at + 4, true);
    this.position = at + 8;
  }

  /** A double whose NaN payload does not matter. */
  double(end: number): number {
    const at = this.position;
    if (end - at < 8) failProto(at, 'ends inside a 64-bit number');
    this.position = at + 8;
    return this.view.getFloat64(at, true);
  }

  /** A length prefix; returns where the content ends, and stands at its start. */
  length(end: number): number {
    const at = this.position;
    this.varint(end);
    if (this.high !== 0 || this.low > end - this.position) {
      failProto(at, 'has a length that reaches beyond what holds it');
    }
    return this.position + this.low;
  }

  /** Passes over the content of an unknown field, whose tag was just read. */
  skip(tag: number, end: number): void {
    const at = this.position;
    switch (tag & 7) {
      case WIRE_VARINT:
        this.varint(end);
        return;
      case WIRE_BYTES:
        this.position = this.length(end);
        return;
      case WIRE_FIXED64:
        if (end - at < 8) failProto(at, 'ends inside a 64-bit number');
        this.position = at + 8;
        return;
      default:
        if (end - at < 4) failProto(at, 'ends inside a 32-bit number');
        this.position = at + 4;
    }
  }

  /**
   * Appends the packed uint32 numbers between `start` and `end` to `into`, and returns the highest
   * of them (0 when there are none). Moves the position.
   */
  packedUint32(start: number, end: number, into: U32Column): number {
    const view = this.view;
    // A run has at most as many numbers as bytes; a long one is counted, so that needless bytes in
    // its varints take no memory.
    const bytes = end - start;
    const cells = into.reserve(bytes <= 4096 ? bytes : countVarints(view, start, end));
    let count = into.length;
    let highest = 0;
    let at = start;
    while (at < end) {
      // One byte or two: nearly all. The second may lie beyond `end`; seen below.
      let value = view.getUint8(at);
      if (value < 0x80) {
        at += 1;
      } else {
        const second = view.getUint8(at + 1);
        if (second < 0x80) {
          value = (value & 0x7f) | (second << 7);
          at += 2;
        } else {
          this.position = at;
          this.varint(end);
          value = this.low;
          at = this.position;
        }
      }
      if (value > highest) highest = value;
      cells[count++] = value;
    }
    if (at !== end) failProto(start, 'ends inside a varint');
    into.length = count;
    return highest;
  }

  /** Refuses a known field whose wire type is not `wire`. Call it right after `tag`. */
  expect(tag: number, wire: number): void {
    if ((tag & 7) !== wire) this.wrongWireType(tag);
  }

  /** Refuses the field whose tag was just read. */
  wrongWireType(tag: number): never {
    const name = WIRE_NAMES[tag & 7];
    return failProto(this.position, `has field ${tag >>> 3} with the wrong wire type (${name})`);
  }

  #longVarint(start: number, end: number): void {
    const view = this.view;
    let at = start;
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end) failProto(start, 'ends inside a varint');
      const byte = view.getUint8(at++);
      if (shift === 63 && byte > 1) failProto(start, 'has a varint of more than 64 bits');
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) break;
    }
    this.low = low >>> 0;
    this.high = high >>> 0;
    this.position = at;
  }
}

/** How many varints end between `start` and `end`. */
export function countVarints(view: DataView, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (view.getUint8(at) < 0x80) count++;
  return count;
}

/** The body is not the protobuf it should be. `at` counts from the start of the body. */
export function failProto(at: number, what: string): never {
  throw new VarveError('malformed_body', `the protobuf body ${what} (at byte ${at})`);
}

/** 64 bits as a signed number: exact below ±2^53, else ±Infinity. */
export function signedOf(low: number, high: number): number {
  const value = (high | 0) * TWO_32 + low;
  if (value > EXACT_MAX) return Number.POSITIVE_INFINITY;
  return value < -EXACT_MAX ? Number.NEGATIVE_INFINITY : value;
}

/** 64 bits as an unsigned number: exact below 2^53, else Infinity. */
export function unsignedOf(low: number, high: number): number {
  const value = high * TWO_32 + low;
  return value > EXACT_MAX ? Number.POSITIVE_INFINITY : value;
}

/** 64 zigzag bits (sint64) as a number: exact below ±2^53, else ±Infinity. */
export function zigzagOf(low: number, high: number): number {
  const sign = -(low & 1);
  const halfLow = (((low >>> 1) | (high << 31)) ^ sign) >>> 0;
  return signedOf(halfLow, (high >>> 1) ^ sign);
}

/** 32 zigzag bits (sint32) as a number. */
export function zigzag32Of(low: number): number {
  return (low >>> 1) ^ -(low & 1);
}
