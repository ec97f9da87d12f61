// Reads meta.json files and marks, many at once: what stands in each, that it is damaged, or that
// the store did not give it. One request each; what seems damaged is read a second time at once, so
// that a byte that changed on the way is no damage.
//
// Bounded: SMALL_AT_ONCE small objects at a time, and large ones one after the other. Nothing that
// the store does to one object ends the others; a store that is gone is not asked for all of them.

import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import { collect } from '../../base/runtime/file-pieces.ts';
import { type BlockMeta, META_BYTES_MAX } from '../../block/meta/format.ts';
import type { StoredFile } from '../block-record.ts';
import type { BucketReader } from '../bucket.ts';
import { blockKey, META_FILE } from '../layout.ts';
import { MARK_BYTES_MAX, type Mark, parseMark } from '../marks/format.ts';
import { type MetaRecord, metaRecord } from './meta-record.ts';

/** As many as Thanos asks for at once (thanos pkg/block/fetcher.go). */
const SMALL_AT_ONCE = 32;
/** Larger ones wait for each other: a meta.json may have META_BYTES_MAX. */
const SMALL_BYTES_MAX = 1024 * 1024;
/** After so many failures in a row, without one success, the rest is not asked for. */
const FAILURES_IN_A_ROW_MAX = 64;

/** An object that is to be read. */
export interface WantedObject {
  readonly ulid: string;
  readonly file: StoredFile;
}

/** What came of it. */
export type ReadObject =
  | { readonly kind: 'meta'; readonly record: MetaRecord }
  | { readonly kind: 'mark'; readonly mark: Mark }
  | { readonly kind: 'damaged'; readonly what: string }
  /** The store did not give it, for now; `isAnswered`: because it has it no more, or another. */
  | { readonly kind: 'unread'; readonly what: string; readonly isAnswered: boolean };

/** Where and how it is read. */
export interface ReadAccess {
  readonly bucket: BucketReader;
  /** src/block/meta/parse-own.ts: `damaged_block` for what is no meta.json. */
  readonly parseMeta: (bytes: Uint8Array, where: string) => BlockMeta;
  readonly signal: AbortSignal | undefined;
}

/** Reads all of them, and tells of each as it comes. Throws the signal's reason only. */
export async function readObjects(
  access: ReadAccess,
  wanted: readonly WantedObject[],
  tell: (one: WantedObject, read: ReadObject) => void,
): Promise<void> {
  const isSmall = ({ file }: WantedObject): boolean => file.sizeBytes <= SMALL_BYTES_MAX;
  let failuresInARow = 0;
  const readAll = async (queue: Iterator<WantedObject>): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      access.signal?.throwIfAborted();
      const isGone = failuresInARow >= FAILURES_IN_A_ROW_MAX;
      const read = isGone ? notAskedFor(access, next.value) : await readObject(access, next.value);
      failuresInARow = read.kind === 'unread' && !read.isAnswered ? failuresInARow + 1 : 0;
      tell(next.value, read);
    }
  };
  const small = wanted.filter(isSmall).values();
  await Promise.all(Array.from({ length: SMALL_AT_ONCE }, () => readAll(small)));
  await readAll(wanted.filter((one) => !isSmall(one)).values());
}

function notAskedFor({ bucket }: ReadAccess, { ulid, file }: WantedObject): ReadObject {
  const what = `${blockKey(ulid, file.name)}: not asked for, as ${bucket.name} answers nothing`;
  return unread(what, false);
}

function unread(what: string, isAnswered: boolean): ReadObject {
  return { kind: 'unread', what, isAnswered };
}

async function readObject(access: ReadAccess, wanted: WantedObject): Promise<ReadObject> {
  const first = await readOnce(access, wanted);
  return first.kind === 'damaged' ? readOnce(access, wanted) : first;
}

async function readOnce(access: ReadAccess, { ulid, file }: WantedObject): Promise<ReadObject> {
  const { bucket, signal } = access;
  const key = blockKey(ulid, file.name);
  const isMeta = file.name === META_FILE;
  const bytesMax = isMeta ? META_BYTES_MAX : MARK_BYTES_MAX;
  if (file.sizeBytes > bytesMax)
    return { kind: 'damaged', what: `${key} has ${file.sizeBytes} bytes, none has that many` };
  try {
    const call = signal === undefined ? {} : { signal };
    const bytes = await collect(bucket.get(key, undefined, call), bytesMax, key);
    if (bytes.length !== file.sizeBytes)
      return unread(`${key} has changed since it was listed`, true);
    if (!isMeta) return { kind: 'mark', mark: checkedMark(bytes, file.name, ulid) };
    return { kind: 'meta', record: metaRecord(access.parseMeta(bytes, key), ulid, key) };
  } catch (thrown) {
    signal?.throwIfAborted();
    const { kind, message } = asVarveError(thrown);
    if (kind === 'bug') throw thrown;
    if (kind === 'damaged') return { kind: 'damaged', what: message };
    return unread(`${key}: ${message}`, kind === 'not_found');
  }
}

function checkedMark(bytes: Uint8Array, name: string, ulid: string): Mark {
  const where = blockKey(ulid, name);
  const mark = parseMark(bytes, name, where);
  if (mark.ulid === ulid) return mark;
  throw new VarveError('damaged_object', `${where}: its id is ${mark.ulid}, that of another block`);
}
