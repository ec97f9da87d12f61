// What goes to the job thread for a cut, and what comes back. Types only.

import type { Labels } from '../base/model/labels.ts';
import type { WalNote } from '../block/meta/format.ts';
import type { CutSnapshot } from './snapshot.ts';

/** A block to be cut: everything the engine knows of it. */
export interface CutJob {
  /** The stream's directory. */
  readonly dir: string;
  readonly tenant: string;
  readonly labels: Labels;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** The log's position at the snapshot, and what the block is to say of the log beside it. */
  readonly position: WalNote;
  readonly snapshot: CutSnapshot;
}

/** The block that came of a cut. */
export interface CutBlock {
  readonly ulid: string;
  readonly sizeBytes: number;
  readonly samples: number;
  readonly series: number;
  readonly chunks: number;
}
