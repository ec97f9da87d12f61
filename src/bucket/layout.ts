// Every object key there is. The layout is Thanos's (thanos docs/storage.md): a block is a folder
// named by its ULID; whatever is Varve's own lies under varve/ and is never named meta.json.

import { isUlid } from '../base/model/ulid.ts';

/** Names of a block's files, and of the folder of what is Varve's own. */
export const META_FILE = 'meta.json';
export const INDEX_FILE = 'index';
export const TOMBSTONES_FILE = 'tombstones';
export const DELETION_MARK_FILE = 'deletion-mark.json';
export const NO_COMPACT_MARK_FILE = 'no-compact-mark.json';
export const NO_DOWNSAMPLE_MARK_FILE = 'no-downsample-mark.json';
export const VARVE_PREFIX = 'varve/';

/** `<ULID>/`: everything of one block. */
export function blockPrefix(ulid: string): string {
  return `${ulid}/`;
}

/** The key of a file of a block; `file` is relative to the block, with `/` (`chunks/000001`). */
export function blockKey(ulid: string, file: string): string {
  return `${ulid}/${file}`;
}

/** The ULID of the block that a listed name (`<ULID>/`) or key belongs to, if it is one. */
export function blockOfKey(key: string): string | undefined {
  const first = key.split('/', 1)[0] ?? '';
  return isUlid(first) ? first : undefined;
}
