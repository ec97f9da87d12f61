// What compact/merge works with, made of the pieces of block/ and bucket/: who runs merges (a
// worker thread, a bench, a test) wires them here, as gateway.ts wires what `serve` runs.

import { crc32c } from './base/bytes/crc32c.ts';
import type { MakeChunks } from './base/chunk/merge-gathered.ts';
import type { Disk } from './base/runtime/disk.ts';
import { DamagePlace, damagedBlock, damageOf, placeOfDamage } from './block/damage.ts';
import { INDEX_BYTES_MAX } from './block/index/format.ts';
import { printMeta } from './block/meta/print.ts';
import { BlockSpool } from './block/stream/block-spool.ts';
import { checkSpooledIndex } from './block/stream/check-spooled-index.ts';
import { SourceBlock } from './block/stream/source-block.ts';
import { uniteSymbols } from './block/stream/symbol-feed.ts';
import { listBlock } from './bucket/block-listing.ts';
import type { Bucket, BucketReader, CallOptions } from './bucket/bucket.ts';
import { blockKey, INDEX_FILE, META_FILE } from './bucket/layout.ts';
import { bytesSource, fileSource } from './bucket/put-sources.ts';
import { putVerified } from './bucket/put-verified.ts';
import { rangedBlock } from './bucket/ranged-block.ts';
import { takeMetaAway } from './bucket/take-meta-away.ts';
import { segmentBytesFor, windowBytesFor } from './compact/merge/merge-sizes.ts';
import type {
  MergeParts,
  MergeProgress,
  MergeTask,
  ResultSending,
  SourceReading,
} from './compact/merge/parts.ts';
import { AggregateDownsampler } from './downsample/aggregate-series.ts';
import { RawDownsampler } from './downsample/raw-series.ts';

/** The world of a merge. */
export interface MergeWorld {
  /** Where the sources are read; `bucket` unless a test looks at the requests. */
  readonly from?: BucketReader;
  readonly bucket: Bucket;
  readonly disk: Disk;
  /** For this merge alone. */
  readonly workDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: MergeProgress) => void;
  /** Lets other work of the thread run; nothing by default. */
  readonly pause?: () => Promise<void>;
  readonly indexBytesMax?: number;
  /** Of the result's segments, by the bytes of the sources. */
  readonly segmentBytesFor?: (sourceBytes: number) => number;
}

/** The parts for one merge. */
export function mergeParts(task: MergeTask, world: MergeWorld): MergeParts {
  const { bucket, disk, workDir, signal } = world;
  const call = signal === undefined ? {} : { signal };
  const windowBytes = windowBytesFor(task.sources.length);
  return {
    disk,
    workDir,
    signal,
    reading: new BucketReading(world.from ?? bucket, windowBytes, call),
    sending: new BucketSending(world, task.ulid, call),
    onProgress: world.onProgress ?? (() => undefined),
    pause: world.pause ?? (async () => undefined),
    segmentBytesFor: world.segmentBytesFor ?? segmentBytesFor,
    indexBytesMax: world.indexBytesMax ?? INDEX_BYTES_MAX,
    downsample: downsampling(task),
    uniteSymbols,
    newSpool: (dir, segmentBytes) => new BlockSpool({ disk, dir, segmentBytes }),
    checkIndex: ({ places, stats }, file) => checkSpooledIndex(disk, { file, places, stats }),
    placeOfDamage,
  };
}

/** What makes the chunks of a series coarser. */
function downsampling({ fromResolutionMs, resolutionMs }: MergeTask): MakeChunks {
  if (fromResolutionMs === undefined || fromResolutionMs === 0) {
    const raw = new RawDownsampler(resolutionMs);
    return (chunks) => raw.series(chunks);
  }
  const aggregates = new AggregateDownsampler({ fromMs: fromResolutionMs, toMs: resolutionMs });
  return (chunks) => aggregates.series(chunks);
}

class BucketReading implements SourceReading {
  readBytes = 0;
  totalBytes = 0;
  indexBytes = 0;
  readonly #bucket: BucketReader;
  readonly #windowBytes: number;
  readonly #call: CallOptions;

  constructor(bucket: BucketReader, windowBytes: number, call: CallOptions) {
    this.#bucket = bucket;
    this.#windowBytes = windowBytes;
    this.#call = call;
  }

  async open(ulid: string, rank: number): Promise<SourceBlock> {
    const { files } = await listBlock(this.#bucket, ulid, this.#call);
    if (!files.some(({ name }) => name === META_FILE)) {
      const place = { file: META_FILE, offset: 0 };
      throw damageOf(new DamagePlace(place, 'the file is missing', 'missing'));
    }
    for (const { name, sizeBytes } of files) {
      this.totalBytes += sizeBytes;
      if (name === INDEX_FILE) this.indexBytes += sizeBytes;
    }
    const block = rangedBlock(
      this.#bucket,
      { ulid, files },
      {
        ...this.#call,
        windowBytes: this.#windowBytes,
        damaged: damagedBlock,
        onBytes: (bytes) => {
          this.readBytes += bytes;
        },
      },
    );
    return SourceBlock.open(block, rank);
  }
}

class BucketSending implements ResultSending {
  readonly #bucket: Bucket;
  readonly #disk: Disk;
  readonly #ulid: string;
  readonly #call: CallOptions;
  readonly #begun: string[] = [];
  #mayBeBlock = false;

  constructor({ bucket, disk }: MergeWorld, ulid: string, call: CallOptions) {
    this.#bucket = bucket;
    this.#disk = disk;
    this.#ulid = ulid;
    this.#call = call;
  }

  async send({ path, digest }: Parameters<ResultSending['send']>[0]): Promise<void> {
    const key = blockKey(this.#ulid, digest.relPath);
    this.#begun.push(key);
    const source = fileSource(this.#disk, path);
    await putVerified(this.#bucket, { key, source, crc32c: digest.crc32c }, this.#call);
  }

  async sendMeta(meta: Parameters<ResultSending['sendMeta']>[0]): Promise<number> {
    const bytes = printMeta(meta);
    const key = blockKey(this.#ulid, META_FILE);
    const object = { key, source: bytesSource(bytes), crc32c: crc32c(bytes) };
    this.#mayBeBlock = true;
    try {
      await putVerified(this.#bucket, object, this.#call);
    } catch (failure) {
      await takeMetaAway(this.#bucket, this.#ulid, { failure, call: this.#call });
      throw failure;
    }
    return bytes.length;
  }

  async takeBack(): Promise<void> {
    // Once meta.json may have arrived, whatever was answered, there may be a block: it is whole,
    // and to take files of it away would damage it. Without meta.json it is swept like any upload.
    if (this.#mayBeBlock) return;
    for (const key of this.#begun.splice(0)) await this.#bucket.delete(key, this.#call);
  }
}
