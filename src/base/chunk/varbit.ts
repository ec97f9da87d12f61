// Varbit integers of histogram chunks: as many leading ones as say which of nine widths follows
// (docs/formats/chunks.md). Signed ones are like times in XOR chunks: n bits hold
// -(2^(n-1) - 1) … 2^(n-1).

import { VarveError } from '../errors/varve-error.ts';
import { highOf, lowOf, signedOf, unsignedOf } from './bit-io.ts';
import type { BitSink } from './bit-sink.ts';
import type { BitWindow } from './bit-window.ts';

/** Bits behind a prefix of so many ones; eight ones are not followed by a zero. */
const WIDTHS = [0, 3, 6, 9, 12, 18, 25, 56, 64] as const;

/** 2 to the width and half of that; computing powers took most of the time. */
const POWERS = WIDTHS.map((width) => 2 ** width);
const HALVES = POWERS.map((power) => power / 2);

/** The widest value that a single write takes, prefix included. */
const SHORT_CLASSES = 7;

/** Writes a whole number within ±2^53. */
export function putVarbitInt(sink: BitSink, value: number): void {
  if (value === 0) {
    sink.put(0, 1);
    return;
  }
  // What is below -2^(n-1) + 1 or above 2^(n-1) takes more than n bits.
  const size = value > 0 ? value - 1 : -value;
  for (let ones = 1; ones < SHORT_CLASSES; ones++)
    if (size < HALVES[ones]!) {
      putShort(sink, ones, value);
      return;
    }
  putLong(sink, value);
}

/** Writes a whole number from 0 to 2^53. */
export function putVarbitUint(sink: BitSink, value: number): void {
  if (value === 0) {
    sink.put(0, 1);
    return;
  }
  for (let ones = 1; ones < SHORT_CLASSES; ones++)
    if (value < POWERS[ones]!) {
      putShort(sink, ones, value);
      return;
    }
  putLong(sink, value);
}

/** A prefix of `ones` ones and a zero, and the value's low bits. */
function putShort(sink: BitSink, ones: number, value: number): void {
  const width = WIDTHS[ones]!;
  const prefix = (1 << (ones + 1)) - 2;
  sink.put(((prefix << width) | (value & ((1 << width) - 1))) >>> 0, ones + 1 + width);
}

/** Seven ones and a zero, and 56 bits: enough for every number that JavaScript holds exactly. */
function putLong(sink: BitSink, value: number): void {
  if (!Number.isSafeInteger(value))
    throw new VarveError('unsupported', 'A histogram counts beyond 2^53.');
  sink.put(0b1111_1110, 8);
  sink.put(highOf(value) & 0xff_ffff, 24);
  sink.put(lowOf(value), 32);
}

/** Reads the prefix; returns how many ones it has. */
function readPrefix(bits: BitWindow): number {
  const ones = Math.min(Math.clz32(~bits.peek()), 8);
  bits.position += Math.min(ones + 1, 8);
  return ones;
}

/** Reads a signed number; rounded beyond ±2^53, which Number.isSafeInteger tells. */
export function readVarbitInt(bits: BitWindow): number {
  const ones = readPrefix(bits);
  if (ones === 0) return 0;
  const width = WIDTHS[ones]!;
  if (width === 64) return bits.readSigned64();
  if (width === 56) {
    // The sign is moved to where 32 bits have it, and back; -2^55 stands for 2^55.
    const high = (bits.read(24) << 8) >> 8;
    const value = signedOf(bits.read(32), high);
    return value === -(2 ** 55) ? 2 ** 55 : value;
  }
  const value = bits.read(width);
  return value > HALVES[ones]! ? value - POWERS[ones]! : value;
}

/** Reads an unsigned number; rounded beyond 2^53, which Number.isSafeInteger tells. */
export function readVarbitUint(bits: BitWindow): number {
  const ones = readPrefix(bits);
  if (ones === 0) return 0;
  const width = WIDTHS[ones]!;
  if (width <= 32) return bits.read(width);
  const high = bits.read(width - 32);
  return unsignedOf(bits.read(32), high);
}

/** Steps over a number of either kind. */
export function skipVarbit(bits: BitWindow): void {
  const ones = readPrefix(bits);
  bits.position += WIDTHS[ones]!;
}
