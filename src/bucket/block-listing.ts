// The blocks of a bucket with their files, from one flat listing: a thousand objects a request,
// where a request for each block would cost as many requests as there are blocks. What is held is
// one block's files.

import { isUlid } from '../base/model/ulid.ts';
import type { BlockListing, StoredFile } from './block-record.ts';
import type { BucketReader, CallOptions } from './bucket.ts';
import { blockPrefix } from './layout.ts';

/** So many files of one block are kept; a block of 100,000 chunk segments would be 50 TB. */
export const BLOCK_FILES_MAX = 100_000;

/** All blocks and parts of blocks, by ULID. */
export async function* listBlocks(
  bucket: BucketReader,
  options?: CallOptions,
): AsyncGenerator<BlockListing> {
  let ulid = '';
  let collected = new Collected();
  for await (const { key, ...rest } of bucket.list('', options)) {
    // Keys come in byte order, and no ULID begins with anything above 7: what is behind them
    // (`debug/`, `varve/` with its many objects) need not be listed.
    if (key >= '8') break;
    const slash = key.indexOf('/');
    const first = key.slice(0, Math.max(slash, 0));
    if (!isUlid(first)) continue;
    if (first !== ulid) {
      if (ulid !== '') yield collected.listing(ulid);
      ulid = first;
      collected = new Collected();
    }
    collected.add({ ...rest, name: key.slice(slash + 1) });
  }
  if (ulid !== '') yield collected.listing(ulid);
}

/** One block's files; an empty list when there is nothing under this ULID. */
export async function listBlock(
  bucket: BucketReader,
  ulid: string,
  options?: CallOptions,
): Promise<BlockListing> {
  const prefix = blockPrefix(ulid);
  const collected = new Collected();
  for await (const { key, ...rest } of bucket.list(prefix, options))
    collected.add({ ...rest, name: key.slice(prefix.length) });
  return collected.listing(ulid);
}

class Collected {
  readonly #files: StoredFile[] = [];
  #more = 0;

  add(file: StoredFile): void {
    if (this.#files.length < BLOCK_FILES_MAX) this.#files.push(file);
    else this.#more++;
  }

  listing(ulid: string): BlockListing {
    return { ulid, files: this.#files, moreFiles: this.#more };
  }
}
