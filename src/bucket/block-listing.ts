// The blocks of a bucket with their files, from one flat listing: a thousand objects a request,
// where a request for each block would cost as many requests as there are blocks. What is held is
// one block's files.

import { isUlid } from '../base/model/ulid.ts';
import type { BlockListing, StoredFile } from './block-record.ts';
import type { BucketReader, CallOptions } from './bucket.ts';
import { blockPrefix } from './layout.ts';

/** So many files of one block are kept; a block of 100,000 chunk segments would be 50 TB. */
export const BLOCK_FILES_MAX = 100_000;

/** What `listBlocks` takes. */
export interface ListBlocksOptions extends CallOptions {
  /**
   * Told once of each folder whose name is a ULID but for the case of its letters: no block to any
   * reader, though a person may take it for one.
   */
  readonly onMisspelt?: (folder: string) => void;
}

/** All blocks and parts of blocks, by ULID. */
export async function* listBlocks(
  bucket: BucketReader,
  options?: ListBlocksOptions,
): AsyncGenerator<BlockListing> {
  let folder = '';
  let collected: Collected | undefined;
  pages: for await (const page of bucket.list('', options)) {
    for (const { key, sizeBytes, modifiedMs } of page) {
      // Keys come in byte order, and no ULID begins with anything above 7: what is behind them
      // (`debug/`, `varve/` with its many objects) need not be listed.
      if (key >= '8') break pages;
      if (folder === '' || !key.startsWith(folder)) {
        if (collected !== undefined) yield collected.listing(folder.slice(0, -1));
        folder = key.slice(0, key.indexOf('/') + 1);
        collected = isUlid(folder.slice(0, -1)) ? new Collected() : undefined;
        if (collected === undefined && isUlid(folder.slice(0, -1).toUpperCase()))
          options?.onMisspelt?.(folder.slice(0, -1));
      }
      collected?.add({ name: key.slice(folder.length), sizeBytes, modifiedMs });
    }
  }
  if (collected !== undefined) yield collected.listing(folder.slice(0, -1));
}

/** One block's files; an empty list when there is nothing under this ULID. */
export async function listBlock(
  bucket: BucketReader,
  ulid: string,
  options?: CallOptions,
): Promise<BlockListing> {
  const prefix = blockPrefix(ulid);
  const collected = new Collected();
  for await (const page of bucket.list(prefix, options))
    for (const { key, sizeBytes, modifiedMs } of page)
      collected.add({ name: key.slice(prefix.length), sizeBytes, modifiedMs });
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
