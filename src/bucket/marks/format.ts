// Marks of a block in a bucket, as Thanos writes them (thanos docs/storage.md): small JSON objects
// beside meta.json. A pure codec.

import { assert } from '../../base/errors/assert.ts';
import { parseObject } from '../../base/errors/parse-object.ts';
import { VarveError } from '../../base/errors/varve-error.ts';
import { isUlid } from '../../base/model/ulid.ts';
import { DELETION_MARK_FILE, NO_COMPACT_MARK_FILE, NO_DOWNSAMPLE_MARK_FILE } from '../layout.ts';

/** The only version there is. */
export const MARK_VERSION = 1;
/** Larger than any: details are a sentence. */
export const MARK_BYTES_MAX = 64 * 1024;

/** Files that are marks, with the key of their time. */
const TIME_KEYS: ReadonlyMap<string, string> = new Map([
  [DELETION_MARK_FILE, 'deletion_time'],
  [NO_COMPACT_MARK_FILE, 'no_compact_time'],
  [NO_DOWNSAMPLE_MARK_FILE, 'no_downsample_time'],
]);

/** What a mark says. */
export interface Mark {
  /** The block that it is of. */
  readonly ulid: string;
  /** When it was set, Unix milliseconds (the file has seconds). */
  readonly timeMs: number;
  /** For people; may be empty. */
  readonly details: string;
  /**
   * Such as `manual` or `index-size-exceeding`. Of deletion marks only Varve writes one; in others
   * it is empty.
   */
  readonly reason: string;
}

/**
 * Thanos's reasons of no-compact and no-downsample marks (pkg/block/metadata/markers.go). Its
 * `index-size-exceeding` says that a merge with this block would pass the index's limits,
 * `block-index-out-of-order-chunk` that chunks of a series are not in order.
 */
export const MANUAL = 'manual';
export const INDEX_SIZE_EXCEEDING = 'index-size-exceeding';
export const OUT_OF_ORDER_CHUNK = 'block-index-out-of-order-chunk';
export const DOWNSAMPLE_VERTICAL_COMPACTION = 'downsample-vertical-compaction';

/** Is this the name of a mark's file? */
export function isMarkFile(name: string): boolean {
  return TIME_KEYS.has(name);
}

/**
 * Parses the mark in the file `name` (its name within the block); `where` names it in errors, which
 * are `damaged_object`.
 */
export function parseMark(bytes: Uint8Array, name: string, where: string): Mark {
  const json = parseObject(bytes, where);
  const { version, id, details, reason } = json;
  if (version !== MARK_VERSION)
    throw damaged(where, `version ${JSON.stringify(version) ?? 'none'} is not known`);
  if (typeof id !== 'string' || !isUlid(id)) throw damaged(where, 'its id is not a ULID');
  const time = json[TIME_KEYS.get(name) ?? ''];
  if (typeof time !== 'number' || !Number.isSafeInteger(time) || time < 0)
    throw damaged(where, `it has no ${TIME_KEYS.get(name) ?? 'time'}`);
  return { ulid: id, timeMs: time * 1000, details: textOf(details), reason: textOf(reason) };
}

/**
 * The bytes of the mark for the file `name`: on one line with Thanos's keys in Thanos's order. A
 * deletion mark has a `reason` only if there is one to tell, behind what Thanos writes.
 */
export function printMark(mark: Mark, name: string): Uint8Array {
  const timeKey = TIME_KEYS.get(name);
  assert(timeKey !== undefined, 'a mark is printed for the file of a mark');
  const { ulid, details, reason, timeMs } = mark;
  const json = JSON.stringify({
    id: ulid,
    version: MARK_VERSION,
    details: details === '' ? undefined : details,
    [timeKey]: Math.floor(timeMs / 1000),
    reason: reason === '' && name === DELETION_MARK_FILE ? undefined : reason,
  });
  return Buffer.from(json.replace(HTML, escaped));
}

/** What Go's encoding/json escapes beyond JSON. */
const HTML = /[<>&\u2028\u2029]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function damaged(where: string, what: string): VarveError {
  return new VarveError('damaged_object', `${where}: ${what}`);
}
