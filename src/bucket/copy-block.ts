// One block from a bucket into another: every file but the deletion mark, meta.json last, each
// compared with what the first bucket has.
//
// What a file has to be is known by meta.json (Varve's blocks), else by the first store's checksum.
// Where there is neither it is read twice from the first bucket, by two requests that have nothing
// in common: what changed on the way is found out, what was damaged before is not (varve bucket
// verify finds that).
//
// Invariants: meta.json is written only after every other file is there and was found to be the
// same; a block that is not whole at its origin is not copied. A deletion mark stays behind: it
// says that the block has a successor in the bucket it stands in, which the other one may not have.
// Copying again sends only what is missing.

import { crc32c } from '../base/bytes/crc32c.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import { collect } from '../base/runtime/file-pieces.ts';
import { listBlock } from './block-listing.ts';
import type { StoredFile } from './block-record.ts';
import type { Bucket, BucketReader, CallOptions } from './bucket.ts';
import { blockKey, DELETION_MARK_FILE, META_FILE } from './layout.ts';
import { ObjectSource } from './object-source.ts';
import { bytesSource } from './put-sources.ts';
import { bringMeta } from './take-meta-away.ts';

const READINGS_DIFFER = 'two readings of it differ';
/** A meta.json above this is not one. */
const META_BYTES_MAX = 32 * 1024 * 1024;

/** What meta.json says of a file, where it does. */
export interface NotedObject {
  readonly sizeBytes?: number | undefined;
  readonly crc32c?: number | undefined;
}

/** Between which buckets, and what reads a meta.json. */
export interface CopyPlace extends CallOptions {
  readonly from: BucketReader;
  readonly to: Bucket;
  /**
   * The files that a meta.json names besides itself, each with what it notes. Throws for one that
   * cannot be read, or is of another block.
   */
  readonly readNotes: (metaBytes: Uint8Array, ulid: string) => ReadonlyMap<string, NotedObject>;
  /** Told of bytes that are done with, sent or found there. */
  readonly onBytes?: (bytes: number) => void;
}

/** What one copy came to. */
export interface CopyReport {
  readonly filesSent: number;
  readonly bytesSent: number;
}

/**
 * Brings the block `ulid` from one bucket into the other. Errors: `damaged_block` when it is not
 * whole where it is; `already_exists` when the other bucket has another block under this ULID;
 * `damaged_object` when a copy is not what was sent; the buckets' own.
 */
export async function copyBlock(ulid: string, place: CopyPlace): Promise<CopyReport> {
  const { to } = place;
  const metaKey = blockKey(ulid, META_FILE);
  const metaBytes = await readTwice(metaKey, place);
  const files = await wholeFiles(ulid, metaBytes, place);
  const there = new Map(
    (await listBlock(to, ulid, place)).files.map((file) => [file.name, file.sizeBytes]),
  );
  const hasMeta = there.has(META_FILE);
  if (hasMeta) {
    const stored = await collect(to.get(metaKey, undefined, place), META_BYTES_MAX, metaKey);
    if (Buffer.compare(stored, metaBytes) !== 0)
      throw new VarveError('already_exists', `${metaKey} in ${to.name} is of another block`);
  }
  let filesSent = 0;
  let bytesSent = 0;
  for (const file of files) {
    const sent = await bringFile(ulid, file, { place, sizeThere: there.get(file.name), hasMeta });
    if (sent) filesSent++;
    if (sent) bytesSent += file.sizeBytes;
  }
  if (!hasMeta) {
    await copyMeta(ulid, metaBytes, place);
    filesSent++;
    bytesSent += metaBytes.length;
  }
  place.onBytes?.(metaBytes.length);
  return { filesSent, bytesSent };
}

/** Last of all; one that comes over damaged is not left for a block's, nor for another's. */
async function copyMeta(ulid: string, metaBytes: Uint8Array, place: CopyPlace): Promise<void> {
  const { to } = place;
  const key = blockKey(ulid, META_FILE);
  const crc = crc32c(metaBytes);
  const send = async (): Promise<void> => {
    await to.put(key, bytesSource(metaBytes), { ...signalOf(place), crc32c: crc });
    await verifyCopy(key, { sizeBytes: metaBytes.length, crc }, place);
  };
  await bringMeta(to, ulid, { send, call: signalOf(place) });
}

/** Nothing outside says what a meta.json has to be. It is small. */
async function readTwice(key: string, place: CopyPlace): Promise<Uint8Array> {
  const { from } = place;
  const read = () => collect(from.get(key, undefined, place), META_BYTES_MAX, key);
  const bytes = await read();
  if (Buffer.compare(bytes, await read()) === 0) return bytes;
  throw new VarveError('damaged_object', `${key} in ${from.name}: ${READINGS_DIFFER}`);
}

interface FileToCopy extends StoredFile {
  readonly crc32c: number | undefined;
}

/** The files to copy, chunks before the index; or `damaged_block` when one is not as noted. */
async function wholeFiles(
  ulid: string,
  metaBytes: Uint8Array,
  place: CopyPlace,
): Promise<readonly FileToCopy[]> {
  const { from } = place;
  const notes = place.readNotes(metaBytes, ulid);
  const { files, moreFiles } = await listBlock(from, ulid, place);
  const sizes = new Map(files.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const broken = (name: string, what: string): VarveError =>
    new VarveError('damaged_block', `${blockKey(ulid, name)} in ${from.name}: ${what}`);
  if (moreFiles > 0) throw broken('', `${moreFiles} files more than a block can have`);
  for (const [name, { sizeBytes }] of notes) {
    const size = sizes.get(name);
    if (size === undefined) throw broken(name, 'the file that meta.json names is missing');
    if (sizeBytes !== undefined && size !== sizeBytes)
      throw broken(name, `it has ${size} bytes, ${sizeBytes} by meta.json`);
  }
  return files
    .filter(({ name }) => name !== META_FILE && name !== DELETION_MARK_FILE)
    .map((file) => ({ ...file, crc32c: notes.get(file.name)?.crc32c }));
}

/** True when the file was sent, false when it was there already. */
async function bringFile(
  ulid: string,
  file: FileToCopy,
  state: {
    readonly place: CopyPlace;
    readonly sizeThere: number | undefined;
    readonly hasMeta: boolean;
  },
): Promise<boolean> {
  const { place, sizeThere, hasMeta } = state;
  const { from, to } = place;
  const key = blockKey(ulid, file.name);
  const { sizeBytes } = file;
  const isDone = (): false => {
    place.onBytes?.(sizeBytes);
    return false;
  };
  // With a meta.json beside it, it was compared when it was copied.
  if (sizeThere === sizeBytes && hasMeta) return isDone();
  const wanted = await wantedOf(file, key, place);
  if (sizeThere === sizeBytes && (await storedCrc(to, key, place)) === wanted.crc) return isDone();
  const source = new ObjectSource(from, { key, sizeBytes }, place);
  try {
    await to.put(key, source, { ...signalOf(place), crc32c: wanted.crc });
  } catch (thrown) {
    throw originDamage(key, { source, wanted, from }) ?? thrown;
  }
  const damage = originDamage(key, { source, wanted, from });
  if (damage !== undefined) throw damage;
  await verifyCopy(key, { sizeBytes, crc: wanted.crc }, place);
  place.onBytes?.(sizeBytes - source.furthestByte);
  return true;
}

/** The CRC32C that a file has to have, and whether anybody noted it before it was read. */
interface WantedCrc {
  readonly crc: number;
  readonly isNoted: boolean;
}

async function wantedOf(file: FileToCopy, key: string, place: CopyPlace): Promise<WantedCrc> {
  const noted = file.crc32c ?? (await place.from.attributes(key, place)).crc32c;
  if (noted !== undefined) return { crc: noted, isNoted: true };
  return { crc: await crcOf(place.from, key, place), isNoted: false };
}

/** Was what was sent not what it has to be? Then the origin is to blame, not the copy. */
function originDamage(
  key: string,
  sent: {
    readonly source: ObjectSource;
    readonly wanted: WantedCrc;
    readonly from: BucketReader;
  },
): VarveError | undefined {
  const { source, wanted, from } = sent;
  const actual = source.crcOfWhole;
  if (actual === undefined || actual === wanted.crc) return undefined;
  const where = `${key} in ${from.name}`;
  if (!wanted.isNoted) return new VarveError('damaged_object', `${where}: ${READINGS_DIFFER}`);
  const what = 'its CRC32C is not the one that is noted of it';
  return new VarveError('damaged_block', `${where}: ${what}`);
}

async function verifyCopy(
  key: string,
  wanted: { readonly sizeBytes: number; readonly crc: number },
  place: CopyPlace,
): Promise<void> {
  const { to } = place;
  const { sizeBytes, crc32c: kept } = await to.attributes(key, place);
  if (sizeBytes !== wanted.sizeBytes) {
    const sizes = `${sizeBytes} bytes instead of ${wanted.sizeBytes}`;
    throw new VarveError('damaged_object', `${key} in ${to.name} has ${sizes}`);
  }
  if ((kept ?? (await crcOf(to, key, place))) !== wanted.crc)
    throw new VarveError('damaged_object', `${key} in ${to.name} has another CRC32C than sent`);
}

/** The store's own word for the whole object, else from reading it back. */
async function storedCrc(bucket: BucketReader, key: string, place: CopyPlace): Promise<number> {
  return (await bucket.attributes(key, place)).crc32c ?? crcOf(bucket, key, place);
}

async function crcOf(bucket: BucketReader, key: string, place: CopyPlace): Promise<number> {
  let crc = 0;
  for await (const piece of bucket.get(key, undefined, place)) crc = crc32c(piece, crc);
  return crc;
}

function signalOf({ signal }: CallOptions): CallOptions {
  return signal === undefined ? {} : { signal };
}
