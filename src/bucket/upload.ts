// One block into the bucket: chunks, index, and meta.json last, each compared with what was sent.
//
// Invariant: meta.json is written only after every other file of the block is in the bucket and was
// found to be what the disk holds; so a block that has one is whole (thanos docs/storage.md).
// Uploading the same block again is harmless: what is there already, whole, is not sent twice.

import { crc32c } from '../base/bytes/crc32c.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { collect } from '../base/runtime/file-pieces.ts';
import type { Bucket, PutSource } from './bucket.ts';
import { blockKey, blockPrefix, META_FILE, TOMBSTONES_FILE } from './layout.ts';
import type { LocalBlock, LocalBlockFile } from './local-block.ts';
import { bytesSource, fileSource } from './put-sources.ts';

/** A meta.json above this is not one. */
const META_BYTES_MAX = 16 * 1024 * 1024;

/** What one upload sent. */
export interface UploadReport {
  /** False when the bucket had the whole block already. */
  readonly sent: boolean;
  readonly filesSent: number;
  readonly bytesSent: number;
}

/**
 * Brings `block` into `bucket`. Errors: `damaged_block` when a local file is not what its writer
 * noted; `conflict` kinds when the bucket holds another block under this ULID; `damaged_object`
 * when the bucket does not give back what it took; the bucket's own.
 */
export async function uploadBlock(
  bucket: Bucket,
  disk: Disk,
  block: LocalBlock,
): Promise<UploadReport> {
  const metaKey = blockKey(block.ulid, META_FILE);
  if (await bucket.exists(metaKey)) {
    await checkSameBlock(bucket, disk, block, metaKey);
    return { sent: false, filesSent: 0, bytesSent: 0 };
  }
  // Nobody but this process uploads this block; what it left when it was killed would stay for
  // ever.
  await bucket.removeUnfinished(blockPrefix(block.ulid));
  let filesSent = 0;
  let bytesSent = 0;
  for (const file of block.files) {
    const path = `${block.dir}/${file.name}`;
    const wanted = await crcOf(wholeOf(fileSource(disk, path)));
    if (file.crc32c !== undefined && wanted !== file.crc32c) {
      throw new VarveError('damaged_block', `${path} is not what was written: its CRC32C differs`);
    }
    const source = fileSource(disk, path);
    if (source.sizeBytes !== file.sizeBytes) {
      const sizes = `${source.sizeBytes} bytes, ${file.sizeBytes} are expected`;
      throw new VarveError('damaged_block', `${path} has ${sizes}`);
    }
    const key = blockKey(block.ulid, file.name);
    if (await isThere(bucket, key, file, wanted)) continue;
    await bucket.put(key, source);
    await verify(bucket, key, source.sizeBytes, wanted);
    filesSent++;
    bytesSent += source.sizeBytes;
  }
  await bucket.put(metaKey, bytesSource(block.metaBytes));
  await verify(bucket, metaKey, block.metaBytes.length, crc32c(block.metaBytes));
  return { sent: true, filesSent: filesSent + 1, bytesSent: bytesSent + block.metaBytes.length };
}

/** A block under this ULID is in the bucket: it must be this one, whole. */
async function checkSameBlock(
  bucket: Bucket,
  disk: Disk,
  block: LocalBlock,
  metaKey: string,
): Promise<void> {
  const stored = await collect(bucket.get(metaKey), META_BYTES_MAX, metaKey);
  const isSame =
    Buffer.compare(stored, block.metaBytes) === 0 ||
    (block.isForeign && isSameBlock(stored, block.metaBytes));
  if (!isSame) {
    throw new VarveError('already_exists', `${metaKey} in ${bucket.name} is of another block`);
  }
  for (const file of block.files) {
    const local = fileSource(disk, `${block.dir}/${file.name}`);
    const wanted = file.crc32c ?? (await crcOf(wholeOf(local)));
    const key = blockKey(block.ulid, file.name);
    // Thanos's shipper leaves them behind.
    if (file.name === TOMBSTONES_FILE && !(await bucket.exists(key))) await bucket.put(key, local);
    await verify(bucket, key, file.sizeBytes, wanted);
  }
}

/** Are these one block's meta.json, whatever their `thanos` sections say? */
function isSameBlock(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [identityOf(a), identityOf(b)];
  return one !== undefined && one === other;
}

/** What stays the same of a block, whoever uploads it; undefined for what is no meta.json. */
function identityOf(bytes: Uint8Array): string | undefined {
  try {
    const meta: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof meta !== 'object' || meta === null) return undefined;
    const { maxTime, minTime, ulid } = meta as Readonly<Record<string, unknown>>;
    return JSON.stringify([ulid, minTime, maxTime]);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/** True when an earlier, cut-off upload brought this very file to the bucket. */
async function isThere(
  bucket: Bucket,
  key: string,
  file: LocalBlockFile,
  wanted: number,
): Promise<boolean> {
  if (!(await bucket.exists(key))) return false;
  const { sizeBytes } = await bucket.attributes(key);
  return sizeBytes === file.sizeBytes && (await storedCrc(bucket, key)) === wanted;
}

/** Compares what the bucket holds with what was sent, or throws `damaged_object`. */
async function verify(
  bucket: Bucket,
  key: string,
  sizeBytes: number,
  wanted: number,
): Promise<void> {
  const attributes = await bucket.attributes(key);
  if (attributes.sizeBytes !== sizeBytes) {
    const sizes = `${attributes.sizeBytes} bytes instead of ${sizeBytes}`;
    throw new VarveError('damaged_object', `${key} in ${bucket.name} has ${sizes}`);
  }
  if ((await storedCrc(bucket, key)) !== wanted) {
    throw new VarveError('damaged_object', `${key} in ${bucket.name} has another CRC32C than sent`);
  }
}

/** The object's CRC32C: the store's own word for the whole object, else from reading it back. */
async function storedCrc(bucket: Bucket, key: string): Promise<number> {
  const { crc32c: kept } = await bucket.attributes(key);
  return kept ?? crcOf(bucket.get(key));
}

function wholeOf(source: PutSource): AsyncIterable<Uint8Array> {
  return source.read(0, source.sizeBytes);
}

async function crcOf(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let crc = 0;
  for await (const piece of pieces) crc = crc32c(piece, crc);
  return crc;
}
