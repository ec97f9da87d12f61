// A block that is in the bucket already: is it this one, and whole? Only then it is uploaded.
//
// Of a block that Varve made the local copy is known to be right, by the checksums in its
// meta.json: a file that the bucket has lost or got wrong is sent again. Of another's block nobody
// can say which copy is right, so only what is missing is sent.

import { VarveError } from '../base/errors/varve-error.ts';
import { collect } from '../base/runtime/file-pieces.ts';
import type { Bucket, CallOptions, PutSource } from './bucket.ts';
import { blockKey, META_FILE } from './layout.ts';
import type { FileDigest, LocalBlock, LocalBlockFile } from './local-block.ts';
import type { ReadFile } from './local-digest.ts';

/** A meta.json above this is not one. */
const META_BYTES_MAX = 32 * 1024 * 1024;

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
  const isOurs = !block.isForeign && Buffer.compare(stored, block.metaBytes) === 0;
  if (!isOurs && !(block.isForeign && isSameBlock(stored, block.metaBytes))) {
    throw new VarveError('already_exists', `${key} in ${bucket.name} is of another block`);
  }
  for (const file of block.files) {
    const { name, sizeBytes, crc32c, sha256 = '' } = file;
    const isNoted = crc32c !== undefined;
    if (isNoted && (await verify({ name, sizeBytes, crc32c, sha256 }))) continue;
    const { source, digest } = await read(file);
    if (!isNoted && (await verify(digest))) continue;
    const fileKey = blockKey(block.ulid, name);
    if (!isNoted && (await bucket.exists(fileKey, call))) {
      const what = 'is another than on disk, and who made the block noted no checksum';
      throw new VarveError('damaged_object', `${fileKey} in ${bucket.name} ${what}`);
    }
    await send(source, digest);
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
