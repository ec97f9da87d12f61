// Writes the postings offset table: for each label pair the place of its list
// (docs/formats/index.md). Its length stands in front, so the entries are sized before one is
// written; nothing is collected.

import { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { crc32c } from '../../base/bytes/crc32c.ts';
import { VarveError } from '../../base/errors/varve-error.ts';
import type { HashedFile } from '../hashed-file.ts';
import { CRC_BYTES, POSTINGS_KEYS, SECTION_BYTES_MAX, uvarintBytes } from './format.ts';
import type { PostingsBuilder } from './postings-builder.ts';
import type { SymbolPages } from './symbol-pages.ts';

const BUFFER_BYTES = 64 * 1024;
/** Key count, and two lengths of 0: the list of all series stands under the empty pair. */
const EMPTY_PAIR_BYTES = 3;

/**
 * Appends the table of `postings` to `file`.
 * @param listsStart where the first list, that of all series, begins in the file
 */
export function writePostingsTable(
  file: HashedFile,
  symbols: SymbolPages,
  postings: PostingsBuilder,
  listsStart: number,
): void {
  const lists = postings.listCount;
  const bytes = tableBytes(symbols, postings, listsStart);
  if (bytes > SECTION_BYTES_MAX)
    throw new VarveError('block_too_large', 'The postings offset table would be larger than 4 GiB');
  const out = new ByteWriter(Math.min(bytes, BUFFER_BYTES) + 4096);
  out.u32be(bytes);
  file.write(out.view());
  out.clear();
  out.u32be(lists + 1);
  out.u8(POSTINGS_KEYS);
  out.u8(0);
  out.u8(0);
  out.uvarint(listsStart);
  let offset = listsStart + listBytes(postings.seriesCount);
  let crc = 0;
  for (let place = 0; place < lists; place++) {
    out.u8(POSTINGS_KEYS);
    out.bytes(symbols.encoded(postings.listName(place)));
    out.bytes(symbols.encoded(postings.listValue(place)));
    out.uvarint(offset);
    offset += listBytes(postings.listEnd(place) - postings.listStart(place));
    if (out.length >= BUFFER_BYTES) {
      crc = crc32c(out.view(), crc);
      file.write(out.view());
      out.clear();
    }
  }
  crc = crc32c(out.view(), crc);
  out.u32be(crc);
  file.write(out.view());
}

/** What a list of `count` takes in the file: length, count, references, checksum. */
function listBytes(count: number): number {
  return 8 + 4 * count + CRC_BYTES;
}

/** Bytes of the table between its length and its checksum. */
function tableBytes(symbols: SymbolPages, postings: PostingsBuilder, listsStart: number): number {
  let bytes = 4 + EMPTY_PAIR_BYTES + uvarintBytes(listsStart);
  let offset = listsStart + listBytes(postings.seriesCount);
  for (let place = 0; place < postings.listCount; place++) {
    bytes += 1 + symbols.encoded(postings.listName(place)).length;
    bytes += symbols.encoded(postings.listValue(place)).length + uvarintBytes(offset);
    offset += listBytes(postings.listEnd(place) - postings.listStart(place));
  }
  return bytes;
}
