// What merging is made with: the pieces of other stages that a worker hands it. Types only.

import type { MakeChunks } from '../../base/chunk/merge-gathered.ts';
import type { Labels } from '../../base/model/labels.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import type { DamagePlace } from '../../block/damage.ts';
import type { IndexSummary } from '../../block/index/writer.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import type { BlockSpool, SpooledFile } from '../../block/stream/block-spool.ts';
import type { SourceBlock } from '../../block/stream/source-block.ts';
import type { SymbolFeed, SymbolsTold } from '../../block/stream/symbol-feed.ts';
import type { Deduplication } from '../planned-job.ts';

/** What is to be merged, and into what. */
export interface MergeTask {
  readonly sources: readonly string[];
  /** Of the result. */
  readonly ulid: string;
  /** Of the group: replica labels removed. */
  readonly labels: Labels;
  /** Of the result; of the sources as well, unless they are made coarser. */
  readonly resolutionMs: number;
  /** Of the sources, when each series is made coarser on its way: there is one source then. */
  readonly fromResolutionMs?: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly level: number;
  readonly deduplication: Deduplication;
}

/** How far it is. Bytes. */
export interface MergeProgress {
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** That will be read in all. */
  readonly totalBytes: number;
}

/** Blocks that are read, seen as one. */
export interface SourceReading {
  /** Bytes that came from the store so far, and those of all files of the sources. */
  readonly readBytes: number;
  readonly totalBytes: number;
  /** Of the indexes of all sources opened so far. */
  readonly indexBytes: number;
  /** Opens a source; its files are looked for and compared with its meta.json. */
  open(ulid: string, rank: number): Promise<SourceBlock>;
}

/** Where the result goes. */
export interface ResultSending {
  /** Sends a file of the result and verifies it in the store. */
  send(file: SpooledFile): Promise<void>;
  /** Sends meta.json, the last of the files; its size. */
  sendMeta(meta: BlockMeta): Promise<number>;
  /**
   * Takes away what was sent, unless it may have become a block: nobody takes it for one, but it
   * would lie there for days.
   */
  takeBack(): Promise<void>;
}

/** See the head of the file. */
export interface MergeParts {
  readonly disk: Disk;
  /** A directory for this merge alone; it is made, and removed in the end. */
  readonly workDir: string;
  readonly reading: SourceReading;
  readonly sending: ResultSending;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (progress: MergeProgress) => void;
  /** Lets other work of the thread run. */
  readonly pause: () => Promise<void>;
  /** Bytes of the result's segments, by those of the sources (merge-sizes.ts). */
  readonly segmentBytesFor: (sourceBytes: number) => number;
  /** Limit of an index; the format's but in tests. */
  readonly indexBytesMax: number;
  /** Makes the chunks of a series coarser; called only with `fromResolutionMs`. */
  readonly downsample: MakeChunks;
  readonly uniteSymbols: (tables: readonly SymbolFeed[], told: SymbolsTold) => Promise<void>;
  readonly newSpool: (dir: string, segmentBytes: number) => BlockSpool;
  readonly checkIndex: (spool: BlockSpool, file: SpooledFile) => void;
  readonly placeOfDamage: (thrown: unknown) => DamagePlace | undefined;
}

/** An index that is complete. */
export interface FinishedIndex {
  readonly file: SpooledFile;
  readonly summary: IndexSummary;
}
