// The blocks of a bucket with their meta.json, a few read ahead; one that cannot be read does not
// hide the others.

import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import { labelValue } from '../../base/model/labels.ts';
import { collect } from '../../base/runtime/file-pieces.ts';
import { readAhead } from '../../base/runtime/read-ahead.ts';
import { type BlockMeta, META_BYTES_MAX } from '../../block/meta/format.ts';
import { type BlockListing, isPartial } from '../../bucket/block-record.ts';
import type { BucketReader } from '../../bucket/bucket.ts';
import { blockKey, META_FILE } from '../../bucket/layout.ts';
import type { BucketTool } from './tool.ts';

/** So many meta.json are read at the same time. */
export const READS = 16;

/** What is under a ULID in the bucket. */
export interface SeenBlock {
  readonly listing: BlockListing;
  /** Undefined for what is no block, or one whose meta.json cannot be read. */
  readonly meta: BlockMeta | undefined;
  /** Why there is no `meta` though there is a meta.json. */
  readonly error: VarveError | undefined;
}

/** All that is under a ULID, in their order; only `ids` when there are any. */
export function seeBlocks(
  tool: BucketTool<unknown>,
  ids: readonly string[] = [],
): AsyncGenerator<SeenBlock> {
  const { access, bucket, signal } = tool;
  const listings =
    ids.length === 0 ? access.listBlocks(bucket, { signal }) : listBlocksOf(tool, ids);
  return readAhead(listings, READS, (listing) => seeBlock(tool, listing));
}

/** The meta.json of a block in `tool.bucket`; `damaged_block` when it is of another one. */
export async function readBucketMeta(tool: BucketTool<unknown>, ulid: string): Promise<BlockMeta> {
  return parseOwnMeta(tool, await readBucketMetaBytes(tool, tool.bucket, ulid), ulid);
}

/** The bytes of a block's meta.json. */
export function readBucketMetaBytes(
  { signal }: Pick<BucketTool<unknown>, 'signal'>,
  bucket: BucketReader,
  ulid: string,
): Promise<Uint8Array> {
  const key = blockKey(ulid, META_FILE);
  return collect(bucket.get(key, undefined, { signal }), META_BYTES_MAX, key);
}

/** Parses a meta.json that must be of the block `ulid`. */
export function parseOwnMeta(
  { access }: BucketTool<unknown>,
  bytes: Uint8Array,
  ulid: string,
): BlockMeta {
  const key = blockKey(ulid, META_FILE);
  const meta = access.parseMeta(bytes, key);
  if (meta.ulid === ulid) return meta;
  throw new VarveError('damaged_block', `${key} is of block ${meta.ulid}, in the place of another`);
}

/** Has the block all these labels? */
export function hasLabels(
  meta: BlockMeta,
  wanted: readonly { readonly name: string; readonly value: string }[],
): boolean {
  const labels = meta.thanos?.labels ?? [];
  return wanted.every(({ name, value }) => labelValue(labels, name) === value);
}

/** Does the command go on after this? What ends it is the signal, and nothing else. */
export function throwIfEnded({ signal }: Pick<BucketTool<unknown>, 'signal'>): void {
  if (signal.aborted) throw signal.reason;
}

/** The listings of these blocks; `not_found` for one of which there is nothing. */
export async function* listBlocksOf(
  { access, bucket, signal }: BucketTool<unknown>,
  ids: readonly string[],
): AsyncGenerator<BlockListing> {
  for (const ulid of [...ids].sort()) {
    const listing = await access.listBlock(bucket, ulid, { signal });
    if (listing.files.length === 0)
      throw new VarveError('not_found', `there is no block ${ulid} in ${bucket.name}`);
    yield listing;
  }
}

async function seeBlock(tool: BucketTool<unknown>, listing: BlockListing): Promise<SeenBlock> {
  if (isPartial(listing)) return { listing, meta: undefined, error: undefined };
  try {
    return { listing, meta: await readBucketMeta(tool, listing.ulid), error: undefined };
  } catch (thrown) {
    throwIfEnded(tool);
    return { listing, meta: undefined, error: asVarveError(thrown) };
  }
}
