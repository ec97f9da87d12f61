// meta.json: what a block is (docs/formats/meta.md). A pure codec; files are read and written by
// ../meta.ts.
//
// Prometheus's part and Thanos's part are typed here; what is in the file beside them is kept as it
// is when the file is written again (`rest`), in its place.

import type { Labels } from '../../base/model/labels.ts';
import type { JsonObject } from './json.ts';

/** The only version of meta.json there is. */
export const META_VERSION = 1;
/** Of the `thanos` section; a missing one counts as 1. */
export const THANOS_VERSION = 1;
/** Larger than any meta.json: one of 100,000 sources is 4 MiB. */
export const META_BYTES_MAX = 32 * 1024 * 1024;
/** Who made a block, in Thanos's words. */
export type BlockSource =
  | 'receive'
  | 'sidecar'
  | 'compactor'
  | 'compactor.repair'
  | 'bucket.repair'
  | 'bucket.rewrite'
  | (string & {});

/** Counts of what is in a block. */
export interface BlockStats {
  readonly numSamples: number;
  readonly numFloatSamples: number;
  readonly numHistogramSamples: number;
  readonly numSeries: number;
  readonly numChunks: number;
  readonly numTombstones: number;
}

/** A block that another was made from. */
export interface BlockParent {
  readonly ulid: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

/** Where a block comes from. */
export interface BlockCompaction {
  /** 1 for a block cut from a head. */
  readonly level: number;
  /** The blocks that were cut from a head and went into this one, itself included. */
  readonly sources: readonly string[];
  readonly parents: readonly BlockParent[];
  /** Such as `from-out-of-order`. */
  readonly hints: readonly string[];
  readonly deletable: boolean;
  readonly failed: boolean;
}

/** One file of a block, as `thanos.files` lists it. */
export interface BlockFileEntry {
  /** Such as `chunks/000001`. */
  readonly relPath: string;
  /** Missing for meta.json, whose size would be part of itself. */
  readonly sizeBytes?: number | undefined;
  /** Lower-case hex. */
  readonly sha256?: string | undefined;
}

/** A file's checksums as Varve notes them. */
export interface VarveFileEntry {
  readonly relPath: string;
  readonly sizeBytes: number;
  /** Eight hex digits. */
  readonly crc32c: string;
  readonly sha256: string;
}

/** A block that had been cut from a log before another was. */
export interface EarlierBlock {
  readonly ulid: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly position: { readonly segment: number; readonly offset: number };
}

/** From where in which log a block was cut. What is undefined was not noted yet at its time. */
export interface WalNote {
  /** Samples logged before here, in the block's range, are in the block (ARCHITECTURE.md) … */
  readonly segment: number;
  readonly offset: number;
  /** Whose log it is: wal/log-id.ts. */
  readonly log?: string | undefined;
  /** The newest checkpoint at that time; -1 for none. */
  readonly checkpoint?: number | undefined;
  /** … but for what was in one of these, whose ranges overlap the block's. */
  readonly earlier?: readonly EarlierBlock[] | undefined;
}

/** Of a block that was made of what could be read of a damaged one. */
export interface RepairNote {
  /** The damaged one. */
  readonly of: string;
  /** Series that lost something, those among them that cannot even be named, and chunks. */
  readonly lostSeries: number;
  readonly lostChunks: number;
}

/** `thanos.extensions.varve`: what Varve notes in blocks that it makes. */
export interface VarveExtension {
  /** Of the block that it is about; set when the file is printed. Missing in early blocks. */
  readonly ulid?: string | undefined;
  /** Of a block cut from a head. */
  readonly wal?: WalNote | undefined;
  readonly repair?: RepairNote | undefined;
  readonly files: readonly VarveFileEntry[];
  /** SHA-256 of meta.json with this very value empty; set when the file is printed. */
  readonly digest?: string | undefined;
}

/** The `thanos` section. */
export interface ThanosMeta {
  /** External labels, lifted labels and the tenant. */
  readonly labels: Labels;
  /** 0 for raw samples. */
  readonly resolutionMs: number;
  readonly source: BlockSource;
  readonly segmentFiles: readonly string[];
  readonly files: readonly BlockFileEntry[];
  /** Largest series in the index and largest chunk, bytes; 0 when not known. */
  readonly seriesBytesMax: number;
  readonly chunkBytesMax: number;
  readonly varve?: VarveExtension | undefined;
  /**
   * The block that Varve's extension in the file is about, when it is another one: Thanos's
   * compactor copies the extensions of a source into what it makes. Then there is no `varve`.
   */
  readonly copiedVarveOf?: string | undefined;
}

/** A block's meta.json. */
export interface BlockMeta {
  readonly ulid: string;
  /** The block's range: samples at or after the first, before the second. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly stats: BlockStats;
  readonly compaction: BlockCompaction;
  readonly thanos?: ThanosMeta | undefined;
  /** The file as it was read; whatever is not known above is kept from here. */
  readonly rest?: JsonObject | undefined;
}
