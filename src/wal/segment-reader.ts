// Reads the fragments of one segment file, window by window, and finds its way past damage.
// Follows docs/formats/wal.md, "Segment", "Fragment" and "Reading what is damaged".
//
// After something that is no fragment it goes on, in this order: behind the bytes that the header
// speaks of, when what stands there is in order; at the next byte of the page where a header and
// its checksum hold; at the next page.
// Invariant: every byte of the file is either in a fragment with the right checksum, or is zeros up
// to the end of its page, or was told to `onDamage`. Memory: one window, whatever the file's size.

import { crc32cOfRange } from '../base/bytes/crc32c.ts';
import type { SyncFile } from '../base/runtime/disk.ts';
import {
  FRAGMENT_LAST,
  FRAGMENT_TYPE_MASK,
  HEADER_BYTES,
  PAGE_BYTES,
  PAGE_REST_IS_EMPTY,
  SNAPPY_BIT,
  ZSTD_BIT,
} from './format.ts';

/** How much is read at once: 16 pages, as Prometheus does it. */
const WINDOW_BYTES = 16 * PAGE_BYTES;

/** Told of bytes `[start, end)` of the segment that are no fragment, and why. */
export type OnUnreadable = (start: number, end: number, reason: string) => void;

/** A cursor over the fragments of one segment. */
export class SegmentReader {
  readonly #file: SyncFile;
  readonly #onUnreadable: OnUnreadable;
  readonly #window: Uint8Array;
  readonly #view: DataView;
  #windowOffset = 0;
  #windowLength = 0;
  /** Next byte to look at, as an offset in the window. */
  #at = 0;

  /** FRAGMENT_FULL … FRAGMENT_LAST of the present fragment. */
  type = 0;
  /** SNAPPY_BIT, ZSTD_BIT or 0. */
  flags = 0;
  /** Where its header begins in the segment. */
  offset = 0;
  /** Where it ends in the segment. */
  end = 0;
  /** Its payload: `bytes[payloadStart, payloadEnd)`, valid until the next call. */
  readonly bytes: Uint8Array;
  payloadStart = 0;
  payloadEnd = 0;

  constructor(file: SyncFile, onUnreadable: OnUnreadable) {
    this.#file = file;
    this.#onUnreadable = onUnreadable;
    // A file that is shorter needs no whole window: a tenant of little traffic has small segments.
    const pages = Math.max(1, Math.ceil(file.sizeBytes() / PAGE_BYTES));
    this.#window = new Uint8Array(Math.min(WINDOW_BYTES, pages * PAGE_BYTES));
    this.#view = new DataView(this.#window.buffer);
    this.bytes = this.#window;
  }

  /** Steps to the next fragment whose checksum holds; false at the end of the file. */
  next(): boolean {
    for (;;) {
      if (this.#at >= this.#windowLength && !this.#load()) return false;
      const pageEnd = this.#pageEnd(this.#at);
      const fault = this.#faultAt(this.#at, pageEnd);
      if (fault === undefined) {
        if (this.#view.getUint8(this.#at) === PAGE_REST_IS_EMPTY) this.#at = pageEnd;
        else return this.#step();
      } else {
        const resume = this.#resume(this.#at, pageEnd);
        this.#onUnreadable(this.#windowOffset + this.#at, this.#windowOffset + resume, fault);
        this.#at = resume;
      }
    }
  }

  #step(): true {
    const at = this.#at;
    const first = this.#view.getUint8(at);
    this.type = first & FRAGMENT_TYPE_MASK;
    this.flags = first & ~FRAGMENT_TYPE_MASK;
    this.payloadStart = at + HEADER_BYTES;
    this.payloadEnd = this.payloadStart + this.#view.getUint16(at + 1);
    this.offset = this.#windowOffset + at;
    this.end = this.#windowOffset + this.payloadEnd;
    this.#at = this.payloadEnd;
    return true;
  }

  /**
   * Undefined when a fragment with the right checksum, or the page's empty rest, begins at `at`.
   */
  #faultAt(at: number, pageEnd: number): string | undefined {
    const isWholePage = pageEnd % PAGE_BYTES === 0;
    if (
      this.#view.getUint8(at) === PAGE_REST_IS_EMPTY ||
      (isWholePage && pageEnd - at < HEADER_BYTES)
    ) {
      return this.#isZero(at, pageEnd) ? undefined : 'bytes where the page should be empty';
    }
    if (!this.#isPlausible(at)) return 'not a fragment header';
    if (pageEnd - at < HEADER_BYTES) return 'the segment ends within a fragment header';
    const end = at + HEADER_BYTES + this.#view.getUint16(at + 1);
    if (end > pageEnd) {
      return isWholePage
        ? 'a fragment that is longer than its page'
        : 'the segment ends within a fragment';
    }
    return this.#checksumHolds(at, end) ? undefined : 'the checksum does not match';
  }

  /** Where to go on after something unreadable at `at`. */
  #resume(at: number, pageEnd: number): number {
    if (pageEnd - at >= HEADER_BYTES && this.#isPlausible(at)) {
      const behind = at + HEADER_BYTES + this.#view.getUint16(at + 1);
      if (behind === pageEnd || this.#isInOrder(behind, pageEnd)) return behind;
    }
    for (let from = at + 1; from + HEADER_BYTES < pageEnd; from++) {
      if (!this.#isPlausible(from)) continue;
      const length = this.#view.getUint16(from + 1);
      const end = from + HEADER_BYTES + length;
      if (length > 0 && end <= pageEnd && this.#checksumHolds(from, end)) return from;
    }
    return pageEnd;
  }

  /**
   * Whether something good begins at `at`, as far as one can tell within damage. The checksum of
   * nothing is 0, so that a 1 and six zeros look like an empty fragment: such a one counts only
   * where they are really written, as the last thing in a page.
   */
  #isInOrder(at: number, pageEnd: number): boolean {
    if (at > pageEnd || this.#faultAt(at, pageEnd) !== undefined) return false;
    if (this.#view.getUint8(at) === PAGE_REST_IS_EMPTY || pageEnd - at <= HEADER_BYTES) return true;
    return this.#view.getUint16(at + 1) > 0;
  }

  #isPlausible(at: number): boolean {
    const first = this.#view.getUint8(at);
    const type = first & FRAGMENT_TYPE_MASK;
    const flags = first & ~FRAGMENT_TYPE_MASK;
    return (
      type !== PAGE_REST_IS_EMPTY &&
      type <= FRAGMENT_LAST &&
      (flags === 0 || flags === SNAPPY_BIT || flags === ZSTD_BIT)
    );
  }

  #checksumHolds(at: number, end: number): boolean {
    return crc32cOfRange(this.#window, at + HEADER_BYTES, end) === this.#view.getUint32(at + 3);
  }

  #isZero(start: number, end: number): boolean {
    for (let at = start; at < end; at++) if (this.#view.getUint8(at) !== 0) return false;
    return true;
  }

  #pageEnd(at: number): number {
    return Math.min(this.#windowLength, (Math.floor(at / PAGE_BYTES) + 1) * PAGE_BYTES);
  }

  #load(): boolean {
    // A short window was the end, even if the file has grown since: pages count from its start.
    if (this.#windowLength % WINDOW_BYTES !== 0) return false;
    this.#windowOffset += this.#windowLength;
    this.#windowLength = this.#file.read(this.#window, this.#windowOffset);
    this.#at = 0;
    return this.#windowLength > 0;
  }
}
