// What follows the series in an index: label indices, postings, their tables. A merge makes them
// anew and does not look into them; but an index that is damaged there is not whole, and whoever
// set the block aside wants to know. So each part's checksum is compared on the way.

import { ByteReader } from '../../base/bytes/byte-reader.ts';
import { crc32cOfRange } from '../../base/bytes/crc32c.ts';
import { damagedBlock, wrongChecksum } from '../damage.ts';
import { CRC_BYTES, TOC_BYTES, type Toc } from '../index/format.ts';
import type { ByteFeed } from './byte-feed.ts';

const ALIGNMENT = 4;
const LENGTH_BYTES = 4;
/** Of a large part, so many bytes are at hand at a time. */
const PIECE_BYTES = 64 * 1024;

/** Goes through the sections behind the series; `damaged_block` where a part is not whole. */
export async function checkIndexRest(feed: ByteFeed, toc: Toc): Promise<void> {
  const parts = new Parts(feed);
  const tables = [toc.labelIndicesTable, toc.postingsTable];
  const starts = [toc.labelIndices, toc.postings, ...tables].filter((start) => start > 0);
  const rising = [...new Set(starts)].sort((a, b) => a - b);
  for (const [i, start] of rising.entries()) {
    const end = rising.at(i + 1) ?? feed.sizeBytes - TOC_BYTES;
    if (tables.includes(start)) await parts.check(start, end);
    else await parts.checkAll(start, end);
  }
  await feed.drain();
}

/** Walks parts of the form length, bytes, checksum. */
class Parts {
  readonly #feed: ByteFeed;
  readonly #reader = new ByteReader();

  constructor(feed: ByteFeed) {
    this.#feed = feed;
  }

  /** All parts of a section; each begins at the next multiple of four. */
  async checkAll(start: number, end: number): Promise<void> {
    for (let at = start; ; ) {
      const begin = Math.ceil(at / ALIGNMENT) * ALIGNMENT;
      if (begin + LENGTH_BYTES + CRC_BYTES > end) return;
      at = await this.check(begin, end);
    }
  }

  /** One part; where it ends, checksum included. */
  async check(start: number, end: number): Promise<number> {
    const feed = this.#feed;
    const length = await this.#number(start);
    const bytesStart = start + LENGTH_BYTES;
    const bytesEnd = bytesStart + length;
    if (bytesEnd + CRC_BYTES > end)
      throw damagedBlock(feed.name, start, `a part of ${length} bytes`);
    let crc = 0;
    for (let at = bytesStart; at < bytesEnd; ) {
      const count = Math.min(PIECE_BYTES, bytesEnd - at);
      if (!feed.has(at, count)) await feed.bring(at, count);
      const from = feed.load(at, count);
      crc = crc32cOfRange(feed.loaded, from, from + count, crc);
      at += count;
    }
    if ((await this.#number(bytesEnd)) !== crc)
      throw wrongChecksum(feed.name, start, 'the checksum of a part of the postings is wrong');
    return bytesEnd + CRC_BYTES;
  }

  async #number(at: number): Promise<number> {
    const feed = this.#feed;
    if (!feed.has(at, 4)) await feed.bring(at, 4);
    const from = feed.load(at, 4);
    return this.#reader.reset(feed.loaded, from, from + 4).u32be();
  }
}
