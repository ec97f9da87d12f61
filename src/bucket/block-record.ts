// What a listing says of a block in a bucket: its files, and what can be told from them alone.
// Pure.

import { META_FILE } from './layout.ts';

/** A file of a block in the bucket. */
export interface StoredFile {
  /** Within the block: `index`, `chunks/000001`. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** All files that lie under a block's ULID, in byte order of their names. */
export interface BlockListing {
  readonly ulid: string;
  readonly files: readonly StoredFile[];
  /** Files beyond BLOCK_FILES_MAX, which are not in the list. */
  readonly moreFiles: number;
}

/** Is there a file of this name? */
export function hasFile(block: BlockListing, name: string): boolean {
  return block.files.some((file) => file.name === name);
}

/** Without meta.json it is no block: an upload under way or cut off, or a deletion cut off. */
export function isPartial(block: BlockListing): boolean {
  return !hasFile(block, META_FILE);
}

/** Bytes of all its files. */
export function blockBytes({ files }: BlockListing): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** When the newest of its files was written, Unix milliseconds; -Infinity when it has none. */
export function newestMs({ files }: BlockListing): number {
  return files.reduce(
    (newest, { modifiedMs }) => Math.max(newest, modifiedMs),
    Number.NEGATIVE_INFINITY,
  );
}
