// What the record codecs share: references and times as numbers, and the columns of labels.
// Follows docs/formats/wal.md, "Records".
//
// A reference is an unsigned, a time a signed 64-bit number; both travel as plain numbers.
// Prometheus adds deltas modulo 2^64, and so does this, where plain numbers would not be exact.

import { ByteReader, OutOfBytes } from '../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import { U32Column } from '../base/bytes/columns.ts';

/** Marks in place of a start timestamp: none, that of the sample before, or that it follows. */
const START_NONE = 0;
const START_SAME = 1;
const START_GIVEN = 2;

/**
 * References read from a log are below this. They count up one by one, so nothing real comes near;
 * above it there must be room for all that are given out after reading a damaged one.
 */
const REF_END = 2 ** 52;

/** Base and deltas of a record's references and times; one is reused for all records. */
export class DeltaReader extends ByteReader {
  #baseRef = 0;
  #baseTime = 0;
  #baseTimeExact = 0n;

  /** Reads the 16 bytes that a record of samples begins with. */
  readBase(): void {
    this.#baseRef = this.ref();
    this.#setBaseTime(this.i64be());
  }

  /**
   * Reads the reference, time and start timestamp that a record with start timestamps begins with,
   * those of its first sample; returns the reference.
   */
  readFirst(): number {
    this.#baseRef = 0;
    const ref = this.nextRef();
    this.#setBaseTime(this.varint());
    this.varint();
    return ref;
  }

  /** The time of the first sample, or the base; ±Infinity beyond ±2^53. */
  get baseTime(): number {
    return this.#baseTimeExact === 0n ? this.#baseTime : timeOf(this.#baseTimeExact);
  }

  /** A reference as its distance to the one before, which `readFirst` or this read. */
  nextRef(): number {
    this.#baseRef = this.deltaRef();
    return this.#baseRef;
  }

  /** Steps over the start timestamp of a sample that is not the first. */
  skipStart(): void {
    const mark = this.u8();
    if (mark === START_NONE || mark === START_SAME) return;
    if (mark !== START_GIVEN)
      throw new OutOfBytes(`start timestamp mark ${mark}`, this.position - 1);
    this.quickVarint();
  }

  #setBaseTime(time: number): void {
    this.#baseTime = time;
    this.#baseTimeExact = Number.isSafeInteger(time) ? 0n : exact(this.high, this.low);
  }

  /** A reference as its distance to the base. */
  deltaRef(): number {
    const ref = this.#baseRef + this.quickVarint();
    if (ref < 0 || ref >= REF_END) throw refOutOfRange(this.position);
    return ref;
  }

  /** A time as its distance to the base, in milliseconds; ±Infinity beyond ±2^53. */
  deltaTime(): number {
    const delta = this.quickVarint();
    const time = this.#baseTime + delta;
    if (Number.isSafeInteger(time) && Number.isSafeInteger(delta)) return time;
    const base = this.#baseTimeExact === 0n ? BigInt(this.#baseTime) : this.#baseTimeExact;
    const exactDelta = Number.isSafeInteger(delta) ? BigInt(delta) : exact(this.high, this.low);
    return timeOf(BigInt.asIntN(64, base + exactDelta));
  }

  /** A reference in eight bytes. */
  ref(): number {
    const start = this.position;
    this.u64be();
    const ref = this.high * 0x1_0000_0000 + this.low;
    if (ref >= REF_END) throw refOutOfRange(start);
    return ref;
  }

  /** A reference as a uvarint. */
  uvarintRef(): number {
    const start = this.position;
    const ref = this.uvarint();
    if (ref >= REF_END) throw refOutOfRange(start);
    return ref;
  }

  /** A time as a varint of its own; ±Infinity beyond ±2^53. */
  varintTime(): number {
    return this.#timeRead(this.varint());
  }

  /** A time in eight bytes; ±Infinity beyond ±2^53. */
  wholeTime(): number {
    return this.#timeRead(this.i64be());
  }

  #timeRead(time: number): number {
    return Number.isSafeInteger(time) ? time : timeOf(exact(this.high, this.low));
  }
}

/**
 * Writes a reference or a time as its distance to the record's base, exact for all of ±2^53; a time
 * of ±Infinity becomes the end of int64.
 */
export function writeDelta(value: number, base: number, into: ByteWriter): void {
  const delta = value - base;
  if (Number.isSafeInteger(delta)) into.varint(delta);
  else writeExact(BigInt.asIntN(64, bigTime(value) - BigInt(base)), into);
}

/** What a record takes as its base when its first time is this one: any will do. */
export function baseTimeFor(time: number): number {
  return Number.isFinite(time) ? time : 0;
}

/** Writes a time in eight bytes; ±Infinity becomes the end of int64. */
export function writeWholeTime(time: number, into: ByteWriter): void {
  const bits = BigInt.asUintN(64, bigTime(time));
  into.u64be(Number(bits & 0xffff_ffffn), Number(bits >> 32n));
}

function bigTime(time: number): bigint {
  if (Number.isFinite(time)) return BigInt(time);
  return time < 0 ? -(2n ** 63n) : 2n ** 63n - 1n;
}

/** A varint of any 64 bits; only for what plain numbers do not hold. */
function writeExact(value: bigint, into: ByteWriter): void {
  const folded = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  into.uvarint64(Number(folded & 0xffff_ffffn), Number(folded >> 32n));
}

/** Writes a time as a varint; ±Infinity becomes the end of int64. */
export function writeVarintTime(time: number, into: ByteWriter): void {
  if (Number.isFinite(time)) into.varint(time);
  else writeExact(bigTime(time), into);
}

function exact(high: number, low: number): bigint {
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
}

function timeOf(time: bigint): number {
  const rounded = Number(time);
  if (Number.isSafeInteger(rounded)) return rounded;
  return rounded < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function refOutOfRange(position: number): OutOfBytes {
  return new OutOfBytes('a series reference of 2^52 or more', position);
}

/** Labels of many series (or exemplars) as places in the bytes they were read from. */
export class LabelColumns {
  /** Row i's labels are cells `firstOf(i)` to `firstOf(i + 1)` of the columns below. */
  readonly #firsts = new U32Column(64);
  readonly nameStarts = new U32Column(256);
  readonly nameLengths = new U32Column(256);
  readonly valueStarts = new U32Column(256);
  readonly valueLengths = new U32Column(256);

  constructor() {
    this.#firsts.push(0);
  }

  /** The cell of row `row`'s first label; with `row` the number of rows: the number of cells. */
  firstOf(row: number): number {
    return this.#firsts.at(row);
  }

  clear(): void {
    this.#firsts.clear();
    this.#firsts.push(0);
    this.nameStarts.clear();
    this.nameLengths.clear();
    this.valueStarts.clear();
    this.valueLengths.clear();
  }

  /**
   * Adds a row of the labels that stand at the reader: their number, then name and value of each.
   */
  read(from: ByteReader): void {
    const count = from.uvarint();
    for (let i = 0; i < count; i++) {
      const nameLength = from.uvarint();
      this.nameStarts.push(from.take(nameLength));
      this.nameLengths.push(nameLength);
      const valueLength = from.uvarint();
      this.valueStarts.push(from.take(valueLength));
      this.valueLengths.push(valueLength);
    }
    this.#firsts.push(this.nameStarts.length);
  }

  /** Writes row `row`, whose places are in `bytes`. */
  write(row: number, bytes: Uint8Array, into: ByteWriter): void {
    const first = this.firstOf(row);
    const end = this.firstOf(row + 1);
    into.uvarint(end - first);
    for (let cell = first; cell < end; cell++) {
      writeText(bytes, this.nameStarts.at(cell), this.nameLengths.at(cell), into);
      writeText(bytes, this.valueStarts.at(cell), this.valueLengths.at(cell), into);
    }
  }
}

/** A length and that many of `bytes`, as names and values stand in records. */
export function writeText(
  bytes: Uint8Array,
  start: number,
  length: number,
  into: ByteWriter,
): void {
  into.uvarint(length);
  into.bytes(bytes, start, start + length);
}
