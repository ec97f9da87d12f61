// What a bucket holds, as plans see it: the blocks with what their meta.json and their marks say.
// Types only; view/ makes it from one flat listing and the catalogue.
//
// Invariant: a block is in `blocks` only when its meta.json was read and is sound. Everything else
// under a ULID is in `partial` or `faults`, with the reason; nothing is left out without a word. A
// block whose mark cannot be read is in both: see UNREADABLE_MARK in view/.

import type { Labels } from '../base/model/labels.ts';
import type { BlockListing } from './block-record.ts';
import type { Mark } from './marks/format.ts';

/** The marks that stand beside a block. */
export interface BlockMarks {
  readonly deletion: Mark | undefined;
  readonly noCompact: Mark | undefined;
  readonly noDownsample: Mark | undefined;
}

/** A whole block, by its meta.json and the listing. */
export interface ViewedBlock {
  readonly ulid: string;
  /** Samples at or after the first, before the second. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** External labels, lifted labels and tenant: `thanos.labels`. */
  readonly labels: Labels;
  /** 0, 300,000 or 3,600,000. */
  readonly resolutionMs: number;
  readonly level: number;
  /** The blocks cut from a head that went into it, in byte order. */
  readonly sources: readonly string[];
  /** Who made it (`thanos.source`). */
  readonly source: string;
  readonly numSeries: number;
  readonly numSamples: number;
  readonly numChunks: number;
  readonly numTombstones: number;
  /** Of its files by the listing, meta.json and marks left out. */
  readonly sizeBytes: number;
  readonly indexBytes: number;
  /** How many files it has, meta.json and marks left out. */
  readonly fileCount: number;
  /** When its meta.json was written, by the store: when it became a block. Unix milliseconds. */
  readonly uploadedMs: number;
  readonly marks: BlockMarks;
}

/** Something under a ULID that is no sound block. */
export interface BlockFault {
  /** Of a folder that only looks like a ULID, its name. */
  readonly ulid: string;
  /** What is wrong and where, one sentence. */
  readonly what: string;
  /**
   * True when the store did not give what it has: the next view may know better, and the block may
   * be a sound one. So a plan fills no gap where such a block might lie.
   */
  readonly isTransient: boolean;
}

/** A bucket at one moment. */
export interface BlockView {
  /** When the listing began, Unix milliseconds. */
  readonly takenMs: number;
  /** By ULID. */
  readonly blocks: readonly ViewedBlock[];
  /** Without a meta.json: uploads under way or cut off, deletions cut off. By ULID. */
  readonly partial: readonly BlockListing[];
  /**
   * Blocks whose meta.json is sound and whose files are not all there, or not as large as it says.
   * Each is among the faults. Nobody reads them; one with a deletion mark is deleted as others are.
   * By ULID.
   */
  readonly broken: readonly ViewedBlock[];
  /** What cannot be read, contradicts itself or is misspelt. By ULID. */
  readonly faults: readonly BlockFault[];
}
