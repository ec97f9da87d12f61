// The bytes of an upload, counted and summed while they are sent.
//
// Invariant: the last piece of the source is given out only after all of it was counted and, when
// the caller knows it, its CRC32C was compared. So a request that streams it is never complete with
// bytes that are not as said: whoever sends breaks off instead, and the store makes no object.

import { crc32c } from '../src/base/bytes/crc32c.ts';
import { assert } from '../src/base/errors/assert.ts';
import { VarveError } from '../src/base/errors/varve-error.ts';
import type { PutSource } from '../src/bucket/bucket.ts';
import type { MovedBytes } from './told.ts';

/** A source that is read part after part; a part may begin again where an earlier one went. */
export class CheckedSource {
  readonly #source: PutSource;
  readonly #key: string;
  readonly #expected: number | undefined;
  #crc = 0;
  /** The checksum holds the bytes before this offset. */
  #summedBytes = 0;

  /** @param crc32cExpected CRC32C of the whole source, when it is known */
  constructor(source: PutSource, key: string, crc32cExpected: number | undefined) {
    this.#source = source;
    this.#key = key;
    this.#expected = crc32cExpected;
  }

  get sizeBytes(): number {
    return this.#source.sizeBytes;
  }

  /** CRC32C of what was read so far. */
  get crc32c(): number {
    return this.#crc;
  }

  /**
   * `length` bytes from `offset` on, no further than where the last part ended; `moved` counts what
   * was taken of them.
   * @throws VarveError `damaged_object` when the source gives more or less, or other bytes
   */
  async *part(offset: number, length: number, moved: MovedBytes): AsyncIterable<Uint8Array> {
    assert(offset <= this.#summedBytes, 'a part begins where the one before it ended, or earlier');
    const end = offset + length;
    let position = offset;
    let held: Uint8Array | undefined;
    for await (const piece of this.#source.read(offset, length)) {
      if (held !== undefined) {
        moved.sentBytes += held.length;
        yield held;
      }
      held = piece;
      this.#sum(piece, position);
      position += piece.length;
      if (position > end) break;
    }
    this.#check(position, end);
    if (held === undefined) return;
    moved.sentBytes += held.length;
    yield held;
  }

  #sum(piece: Uint8Array, position: number): void {
    const known = this.#summedBytes - position;
    if (known >= piece.length) return;
    this.#crc = crc32c(piece.subarray(known), this.#crc);
    this.#summedBytes = position + piece.length;
  }

  #check(position: number, end: number): void {
    if (position !== end) {
      throw new VarveError(
        'damaged_object',
        `the source of ${this.#key} gave ${position} bytes instead of ${end}`,
      );
    }
    if (end < this.sizeBytes || this.#expected === undefined) return;
    if (this.#crc !== this.#expected) {
      throw new VarveError(
        'damaged_object',
        `the source of ${this.#key} gave bytes of another CRC32C than said`,
      );
    }
  }
}
