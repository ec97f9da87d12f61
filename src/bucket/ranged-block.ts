// A block of a bucket as who reads it without bringing it to the disk has it: small files whole,
// the large ones by ranges.

import { asVarveError, type VarveError } from '../base/errors/varve-error.ts';
import { collect } from '../base/runtime/file-pieces.ts';
import type { RangedBlock } from '../block/stream/source-block.ts';
import type { BlockListing } from './block-record.ts';
import type { BucketReader, ByteRange, CallOptions } from './bucket.ts';
import { blockKey } from './layout.ts';
import { type FeedOptions, ObjectFeed } from './object-feed.ts';

/** The block that was listed; `options` are those of its feeds. */
export function rangedBlock(
  bucket: BucketReader,
  { ulid, files }: Pick<BlockListing, 'ulid' | 'files'>,
  options: FeedOptions,
): RangedBlock {
  const call: CallOptions = options.signal === undefined ? {} : { signal: options.signal };
  const sizes = new Map(files.map(({ name, sizeBytes }) => [name, sizeBytes]));
  const key = (name: string): string => blockKey(ulid, name);
  const counted = async function* (name: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    for await (const piece of bucket.get(key(name), range, call)) {
      options.onBytes(piece.length);
      yield piece;
    }
  };
  return {
    ulid,
    files,
    read: (name) => counted(name),
    readRange: (name, offset, length) => {
      const range = { offset, length };
      return wholeRange(counted(name, range), { name, range }, options.damaged);
    },
    feed: (name) =>
      new ObjectFeed(bucket, { key: key(name), name, sizeBytes: sizes.get(name) ?? 0 }, options),
  };
}

interface WantedRange {
  readonly name: string;
  readonly range: ByteRange;
}

/** A range that is not there whole is damage. */
async function wholeRange(
  pieces: AsyncIterable<Uint8Array>,
  { name, range }: WantedRange,
  damaged: (name: string, offset: number, what: string) => VarveError,
): Promise<Uint8Array> {
  try {
    const bytes = await collect(pieces, range.length, name);
    if (bytes.length === range.length) return bytes;
  } catch (thrown) {
    const { code } = asVarveError(thrown);
    if (code !== 'bad_parameter' && code !== 'not_found') throw thrown;
  }
  throw damaged(name, range.offset, 'the store gives less than it lists');
}
