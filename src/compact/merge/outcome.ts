// What merging blocks came to. Plain data: it goes from a worker to the planner, which marks a bad
// source, plans around it, or goes on.

import type { DamageKind } from '../../block/damage.ts';

/** What is wrong with a source, found twice. */
export interface SourceFault {
  readonly ulid: string;
  /** Within the block, such as `index` or `chunks/000001`. */
  readonly file: string;
  /** The byte where it was seen. */
  readonly offset: number;
  readonly kind: DamageKind;
  /** Half a sentence. */
  readonly what: string;
}

/** What the work took. */
export interface MergeFigures {
  /** From the store, of the sources. */
  readonly readBytes: number;
  /** To the store. */
  readonly writtenBytes: number;
  /** Local disk at its highest. */
  readonly diskBytesMax: number;
}

/** See the head of the file. Whatever the store or the disk does wrong is thrown instead. */
export type MergeOutcome =
  | {
      readonly kind: 'made';
      readonly ulid: string;
      /** The result's range: that of its sources and of the job together. */
      readonly minTimeMs: number;
      readonly maxTimeMs: number;
      readonly numSeries: number;
      readonly numSamples: number;
      readonly numChunks: number;
      /** All files, meta.json included. */
      readonly sizeBytes: number;
      readonly figures: MergeFigures;
    }
  /** All samples of the sources are deleted: there is nothing to make a block of. */
  | { readonly kind: 'empty'; readonly figures: MergeFigures }
  /** A source is damaged: nothing was made. */
  | { readonly kind: 'bad-source'; readonly fault: SourceFault }
  /** The result would be over a limit of the format: Thanos's `index-size-exceeding`. */
  | { readonly kind: 'too-large'; readonly what: string }
  /** Such blocks are not merged; who planned it made a mistake. */
  | { readonly kind: 'refused'; readonly what: string };
