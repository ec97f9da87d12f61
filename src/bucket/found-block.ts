// A block that is in the bucket already: is it this one, and whole? Only then it is uploaded.
//
// Of a block that Varve made the local copy is known to be right, by the checksums in its
// meta.json: a file that the bucket has lost or got wrong is sent again, and last a meta.json that
// was damaged on the way. Of another's block nobody can say which copy of a file is right, so only
// what is missing is sent. A meta.json that is none (no JSON object) is nobody's, whoever made the
// block: an upload left it, and it is sent again. One that can be read and is of another block is
// never touched.

import { crc32c } from '../base/bytes/crc32c.ts';
import { printable } from '../base/errors/printable.ts';
import { VarveError } from '../base/errors/varve-error.ts';
import { collect } from '../base/runtime/file-pieces.ts';
import type { Bucket, CallOptions, PutSource } from './bucket.ts';
import { blockKey, META_FILE } from './layout.ts';
import type { FileDigest, LocalBlock, LocalBlockFile } from './local-block.ts';
import type { ReadFile } from './local-digest.ts';
import { bytesSource } from './put-sources.ts';

/** A meta.json above this is not one. */
const META_BYTES_MAX = 32 * 1024 * 1024;
/** What stays the same of a block, whoever uploads it. */
const IDENTITY = ['ulid', 'minTime', 'maxTime'] as const;
/** A meta.json that differs in more is another one. */
const CHANGED_BYTES_MAX = 8;

/** What the upload lends to it. */
export interface FoundBlock {
  readonly bucket: Bucket;
  readonly block: LocalBlock;
  readonly call: CallOptions;
  readonly read: (file: LocalBlockFile) => Promise<ReadFile>;
  /** True when the bucket has this very file. */
  readonly verify: (digest: FileDigest) => Promise<boolean>;
  readonly send: (source: PutSource, digest: FileDigest) => Promise<void>;
}

/**
 * Errors: `already_exists` when it is another block; `damaged_object` when a file that no checksum
 * is noted of is another than on disk.
 */
export async function checkFoundBlock(found: FoundBlock): Promise<void> {
  const { bucket, block, call, read, verify, send } = found;
  const key = blockKey(block.ulid, META_FILE);
  const stored = await collect(bucket.get(key, undefined, call), META_BYTES_MAX, key);
  // Told of durable names only: this one decides whether the block is there.
  await bucket.attributes(key, call);
  const isDamaged = isDamagedMeta(stored, block);
  const fault = isDamaged ? undefined : differenceOf(stored, block);
  if (fault !== undefined)
    throw new VarveError(
      'already_exists',
      `${key} in ${bucket.name} is of another block: ${fault}`,
    );
  const digests: FileDigest[] = [];
  for (const file of block.files) {
    const { name, sizeBytes, crc32c, sha256 = '' } = file;
    const isNoted = crc32c !== undefined;
    const noted = { name, sizeBytes, crc32c: crc32c ?? 0, sha256 };
    digests.push(noted);
    if (isNoted && (await verify(noted))) continue;
    const { source, digest } = await read(file);
    digests.splice(-1, 1, digest);
    if (!isNoted && (await verify(digest))) continue;
    const fileKey = blockKey(block.ulid, name);
    if (!isNoted && (await bucket.exists(fileKey, call))) {
      const what = 'is another than on disk, and who made the block noted no checksum';
      throw new VarveError('damaged_object', `${fileKey} in ${bucket.name} ${what}`);
    }
    await send(source, digest);
  }
  if (!isDamaged) return;
  const bytes = block.metaWith?.(digests) ?? block.metaBytes;
  const digest = { sizeBytes: bytes.length, crc32c: crc32c(bytes), sha256: '' };
  await send(bytesSource(bytes), { name: META_FILE, ...digest });
}

/** Is it none, or an own one that changed on the way? Left as it is it would be in the way. */
function isDamagedMeta(stored: Uint8Array, { isForeign, metaBytes }: LocalBlock): boolean {
  if (Buffer.compare(stored, metaBytes) === 0) return false;
  return parsed(stored) === undefined || (!isForeign && isDamagedCopy(stored, metaBytes));
}

/** Undefined when the bucket's meta.json is this block's; else what tells them apart. */
function differenceOf(
  stored: Uint8Array,
  { isForeign, metaBytes }: LocalBlock,
): string | undefined {
  const [there, here] = [parsed(stored), parsed(metaBytes)];
  for (const key of IDENTITY) {
    const [its, ours] = [there?.[key], here?.[key]].map((value) => JSON.stringify(value) ?? 'none');
    if (its !== ours) return printable(`its ${key} is ${its}, on disk it is ${ours}`, 200);
  }
  // Who uploaded another's block before may have given it another `thanos` section.
  if (isForeign || Buffer.compare(stored, metaBytes) === 0) return undefined;
  return 'its meta.json is of the same time, and not the one that is on disk';
}

/**
 * Bytes that changed on the way to a store that does not compare checksums: as long as what was
 * sent, and hardly another.
 */
function isDamagedCopy(stored: Uint8Array, sent: Uint8Array): boolean {
  if (stored.length !== sent.length) return false;
  let changed = 0;
  for (const [index, byte] of sent.entries()) if (stored.at(index) !== byte) changed++;
  return changed <= CHANGED_BYTES_MAX;
}

/** Undefined for what is no meta.json at all: no text, no JSON, no object. */
function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const meta: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const isObject = typeof meta === 'object' && meta !== null && !Array.isArray(meta);
    return isObject ? (meta as Readonly<Record<string, unknown>>) : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}
