// Marks of a block in a bucket, as Thanos writes them (thanos docs/storage.md): small JSON objects
// beside meta.json. A pure codec.

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
  /** Such as `manual` or `index-size-exceeding`; empty in deletion marks. */
  readonly reason: string;
}

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

function parseObject(bytes: Uint8Array, where: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(where, 'it is not JSON', cause);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw damaged(where, 'it is not a JSON object');
  return json as Readonly<Record<string, unknown>>;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function damaged(where: string, what: string, cause?: unknown): VarveError {
  return new VarveError('damaged_object', `${where}: ${what}`, { cause });
}
