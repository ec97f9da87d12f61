// Symbols as the index stores them (length as uvarint, then the bytes), collected in pages: the
// table's length stands in front of it, so it cannot be written before the last symbol is known,
// and the postings offset table needs all of them again. Pages never move, so collecting costs
// their size once, not twice as a growing buffer would.

import { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { U32Column } from '../../base/bytes/columns.ts';
import { assert } from '../../base/errors/assert.ts';
import { VarveError } from '../../base/errors/varve-error.ts';

const PAGE_BITS = 20;
const PAGE_BYTES = 1 << PAGE_BITS;
/** Most blocks are of small tenants. */
const FIRST_PAGE_BYTES = 32 * 1024;
// A position is page number and offset in 32 bits.
const PAGES_MAX = 2 ** (32 - PAGE_BITS);

interface Page {
  readonly bytes: Uint8Array;
  used: number;
}

/** The symbols of an index that is being written; numbered from 0 in the order of adding. */
export class SymbolPages {
  readonly #pages: Page[] = [];
  readonly #positions = new U32Column(1024);
  readonly #encoder = new ByteWriter(1024);
  #bytes = 0;

  get count(): number {
    return this.#positions.length;
  }

  /** Bytes of all symbols as stored. */
  get encodedBytes(): number {
    return this.#bytes;
  }

  /** Appends a copy of `symbol`, which must be above the last one in byte order. */
  add(symbol: Uint8Array): void {
    const encoder = this.#encoder;
    encoder.clear();
    encoder.uvarint(symbol.length);
    encoder.bytes(symbol);
    const page = this.#pageFor(encoder.length);
    this.#positions.push((((this.#pages.length - 1) << PAGE_BITS) | page.used) >>> 0);
    page.bytes.set(encoder.view(), page.used);
    page.used += encoder.length;
    this.#bytes += encoder.length;
  }

  /** Symbol `number` as stored, length first; a view. */
  encoded(number: number): Uint8Array {
    assert(number < this.count, 'a symbol number that was given out');
    const position = this.#positions.at(number);
    const page = this.#page(position >>> PAGE_BITS);
    const start = position & (PAGE_BYTES - 1);
    const next = number + 1 < this.count ? this.#positions.at(number + 1) : undefined;
    const isLast = next === undefined || next >>> PAGE_BITS !== position >>> PAGE_BITS;
    return page.bytes.subarray(start, isLast ? page.used : next & (PAGE_BYTES - 1));
  }

  /** The stored bytes of all symbols, piece by piece. */
  *pieces(): Generator<Uint8Array> {
    for (const page of this.#pages) yield page.bytes.subarray(0, page.used);
  }

  #pageFor(bytes: number): Page {
    const last = this.#pages.at(-1);
    if (last !== undefined && last.used + bytes <= last.bytes.length) return last;
    if (this.#pages.length === PAGES_MAX)
      throw new VarveError(
        'block_too_large',
        'A block with more than 4 GiB of symbols is not written',
      );
    // A symbol larger than a page has one of its own; it begins at 0, which fits the position.
    const pageBytes = this.#pages.length === 0 ? FIRST_PAGE_BYTES : PAGE_BYTES;
    const page = { bytes: new Uint8Array(Math.max(pageBytes, bytes)), used: 0 };
    this.#pages.push(page);
    return page;
  }

  #page(number: number): Page {
    const page = this.#pages.at(number);
    assert(page !== undefined, 'a page that exists');
    return page;
  }
}
