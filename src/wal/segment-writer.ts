// Frames records into the bytes of one segment: fragments that fit into pages, each with a header,
// and zeros behind the last one that fits. Follows docs/formats/wal.md, "Segment" and "Fragment".
//
// Pure: bytes go into a ByteWriter, whoever owns that writes them at the right place.
// Invariant: `offset` is the length of the segment with all that was framed; no fragment crosses a
// page, and a page with less than a header left is filled up at once, as Prometheus does it.

import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import { crc32cOfRange } from '../base/bytes/crc32c.ts';
import {
  FRAGMENT_BYTES_MAX,
  FRAGMENT_FIRST,
  FRAGMENT_FULL,
  FRAGMENT_LAST,
  FRAGMENT_MIDDLE,
  HEADER_BYTES,
  PAGE_BYTES,
} from './format.ts';

/** The framing state of one segment that is being written from its beginning. */
export class SegmentWriter {
  #offset = 0;
  #pages = 0;

  /** Length of the segment so far, in bytes. */
  get offset(): number {
    return this.#offset;
  }

  /** Pages that were filled to their end so far. */
  get completedPages(): number {
    return this.#pages;
  }

  /** Whether a record of `sizeBytes` (as stored) still ends within a segment of that length. */
  fits(sizeBytes: number, segmentBytesMax: number): boolean {
    const pagesLeft = Math.floor(segmentBytesMax / PAGE_BYTES) - this.#pages - 1;
    return sizeBytes <= this.#pageLeft() - HEADER_BYTES + FRAGMENT_BYTES_MAX * pagesLeft;
  }

  /**
   * Appends the frames of `record` to `into`.
   * @param flags SNAPPY_BIT when `record` is compressed, else 0
   */
  append(record: Uint8Array, flags: number, into: ByteWriter): void {
    let start = 0;
    let isFirst = true;
    // One round at least: a record without bytes is a record, too. The first fragment is empty
    // when just a header was left of the page.
    do {
      const end = Math.min(record.length, start + this.#pageLeft() - HEADER_BYTES);
      into.u8(fragmentType(isFirst, end === record.length) | flags);
      into.u16be(end - start);
      into.u32be(crc32cOfRange(record, start, end));
      into.bytes(record, start, end);
      this.#offset += HEADER_BYTES + end - start;
      if (this.#pageLeft() < HEADER_BYTES) this.#completePage(into);
      start = end;
      isFirst = false;
    } while (start < record.length);
  }

  /** Fills a begun page with zeros: the next record begins a page, or the segment ends here. */
  endPage(into: ByteWriter): void {
    if (this.#offset !== this.#pages * PAGE_BYTES) this.#completePage(into);
  }

  #pageLeft(): number {
    return (this.#pages + 1) * PAGE_BYTES - this.#offset;
  }

  #completePage(into: ByteWriter): void {
    const left = this.#pageLeft();
    into.zeros(left);
    this.#offset += left;
    this.#pages += 1;
  }
}

function fragmentType(isFirst: boolean, isLast: boolean): number {
  if (isFirst) return isLast ? FRAGMENT_FULL : FRAGMENT_FIRST;
  return isLast ? FRAGMENT_LAST : FRAGMENT_MIDDLE;
}
