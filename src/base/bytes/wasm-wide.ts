// Instructions of WebAssembly on 64-bit integers, doubles and 128-bit vectors, for programs made by
// wasm-assembler.ts (WebAssembly core specification 2.0, section 5).

import type { Code } from './wasm-assembler.ts';

const BITS_64 = 0xffff_ffff_ffff_ffffn;

const unary =
  (...opcode: number[]) =>
  (value: Code): Code => [...value, ...opcode];

const binary =
  (...opcode: number[]) =>
  (left: Code, right: Code): Code => [...left, ...right, ...opcode];

const offsetOf = (offset: number): number[] => {
  const bytes: number[] = [];
  for (; offset >= 128; offset >>>= 7) bytes.push((offset & 127) | 128);
  return [...bytes, offset];
};

const loading =
  (...opcode: number[]) =>
  (at: Code, offset = 0): Code => [...at, ...opcode, 0, ...offsetOf(offset)];

const storing =
  (...opcode: number[]) =>
  (at: Code, value: Code, offset = 0): Code => [...at, ...value, ...opcode, 0, ...offsetOf(offset)];

/** A 64-bit integer, given signed or unsigned. */
function constant64(value: bigint | number): Code {
  let rest = BigInt.asIntN(64, BigInt(value) & BITS_64);
  const bytes: number[] = [];
  for (; rest > 63n || rest < -64n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [0x42, ...bytes, Number(rest & 127n)];
}

function constantDouble(value: number): Code {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return [0x44, ...bytes];
}

/**
 * 64-bit integers, modulo 2^64; shifts take the lowest six bits of their count. Comparisons give
 * a 32-bit 1 or 0. Loads and stores are little-endian, at any byte.
 */
export const i64 = {
  constant: constant64,
  isZero: unary(0x50),
  notEqual: binary(0x52),
  below: binary(0x53),
  aboveUnsigned: binary(0x56),
  atMostUnsigned: binary(0x58),
  atMost: binary(0x57),
  atLeast: binary(0x59),
  atLeastUnsigned: binary(0x5a),
  zerosBefore: unary(0x79),
  zerosBehind: unary(0x7a),
  add: binary(0x7c),
  subtract: binary(0x7d),
  and: binary(0x83),
  or: binary(0x84),
  xor: binary(0x85),
  shiftLeft: binary(0x86),
  /** Filled with the sign. */
  shiftRightSigned: binary(0x87),
  shiftRight: binary(0x88),
  /** To 32 bits. */
  wrap: unary(0xa7),
  /** From 32 unsigned bits. */
  extend: unary(0xad),
  /** Of a double that is whole and within the range; anything else ends the program. */
  ofDouble: unary(0xb0),
  load: loading(0x29),
  /** One byte. */
  load8: loading(0x31),
  store: storing(0x37),
  /** The lowest eight bits. */
  store8: storing(0x3c),
} as const;

/** Doubles. Comparisons give a 32-bit 1 or 0. */
export const f64 = {
  constant: constantDouble,
  equal: binary(0x61),
  notEqual: binary(0x62),
  below: binary(0x63),
  atMost: binary(0x65),
  floor: unary(0x9c),
  add: binary(0xa0),
  subtract: binary(0xa1),
  multiply: binary(0xa2),
  divide: binary(0xa3),
  /** The lesser one; of two that are no NaNs. */
  least: binary(0xa4),
  ofInt64: unary(0xb9),
  ofInt32: unary(0xb7),
  load: loading(0x2b),
  store: storing(0x39),
} as const;

/** Two doubles in a vector, or its 16 bytes. */
export const v128 = {
  /** The double in both places. */
  splat: unary(0xfd, 0x14),
  /** The first of both. */
  first: unary(0xfd, 0x21, 0),
  below: binary(0xfd, 0x49),
  /** The bits of `left` that are not in `right`. */
  andNot: binary(0xfd, 0x4f),
  add: binary(0xfd, 0xf0, 0x01),
  subtract: binary(0xfd, 0xf1, 0x01),
  /** `right < left ? right : left` */
  lesser: binary(0xfd, 0xf6, 0x01),
  /** `left < right ? right : left` */
  greater: binary(0xfd, 0xf7, 0x01),
  load: loading(0xfd, 0x00),
  store: storing(0xfd, 0x0b),
  /** The 16 bytes, the last one first. */
  turned: (value: Code): Code => [
    ...value,
    ...value,
    ...[0xfd, 0x0d, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  ],
} as const;
