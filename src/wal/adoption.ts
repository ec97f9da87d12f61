// One stream's adoption, from the first look into its directory to the last word about it: what
// stream-opener.ts asks on the way. The steps are in adopt.ts.

import { F64Column, U32Column } from '../base/bytes/columns.ts';
import { assert } from '../base/errors/assert.ts';
import { walDir } from '../block/paths.ts';
import {
  type AdoptedBlocks,
  type AdoptOptions,
  type AdoptsBeside,
  adoptBeside,
  type Beside,
  type LookOptions,
  type Settled,
  settleOrigin,
} from './adopt.ts';
import {
  type Coverage,
  type CoveredRange,
  coverageOf,
  type LoggedRange,
  segmentBehind,
} from './coverage.ts';
import { Deletions, findDeletions } from './deletions.ts';
import { listWal } from './directory.ts';
import type { Log, LogPosition } from './log.ts';
import { coverageOfOrigin, coversLate, readOrigin } from './origin.ts';
import type { RecordSink } from './record-decoder.ts';
import { findWalFiles } from './replay.ts';
import { WalScan } from './scan.ts';

/** Takes series records as a replay does, and tells which series each reference names. */
export interface NamesSeries extends Pick<RecordSink, 'series'> {
  slotOf(ref: number): number;
}

/** What is in a block or deleted although no block cut by Varve says so. */
export interface ForeignPart {
  deletes(ref: number, at: LogPosition, timeMs: number): boolean;
  coversLate(at: LogPosition, timeMs: number): boolean;
}

/** All that the directory's blocks say. */
interface StreamBlocks extends AdoptedBlocks {
  /** Those that were cut from this log. */
  readonly cuts: readonly CoveredRange[];
  /** All that name a position, of whatever log. */
  readonly positioned: readonly LoggedRange[];
}

const NOTHING_BESIDE: Beside = {
  hasHeadChunks: false,
  hasLateLog: false,
  lateLogIsWhole: false,
};

export class Adoption {
  readonly #options: LookOptions;
  readonly #blocks: StreamBlocks;
  readonly #settled: Settled;
  #deletions: Deletions;
  /** Undefined for a mere look. */
  #adopting: AdoptOptions | undefined;

  private constructor(options: LookOptions, blocks: StreamBlocks, settled: Settled) {
    this.#options = options;
    this.#blocks = blocks;
    this.#settled = settled;
    this.#deletions = new Deletions(settled.origin.firstSegment);
  }

  /** The first step of opening a stream's directory. Throws what the disk throws, `damaged_wal`. */
  static async begin(
    options: AdoptOptions,
    blocks: Omit<StreamBlocks, 'firstSegment' | 'hasOwn'>,
  ): Promise<Adoption> {
    const { positioned } = blocks;
    const hasOwn = positioned.length > 0;
    const all = { ...blocks, hasOwn, firstSegment: segmentBehind(positioned) };
    const adoption = new Adoption(options, all, await settleOrigin(options, all));
    adoption.#adopting = options;
    return adoption;
  }

  /**
   * What was settled when the directory became Varve's, for a reader that changes nothing;
   * undefined for a directory that has not been Varve's.
   */
  static settled(options: LookOptions, cuts: readonly CoveredRange[]): Adoption | undefined {
    const origin = readOrigin(options.disk, options.dir);
    if (origin === undefined) return undefined;
    const foreign = { count: 0, coveredBeforeMs: origin.coveredBeforeMs, late: [] };
    const own = { cuts, positioned: cuts, hasOwn: cuts.length > 0, shipperFile: '' };
    const blocks = { ...own, foreign, firstSegment: segmentBehind(cuts) };
    return new Adoption(options, blocks, { origin, beside: NOTHING_BESIDE, isAdoption: false });
  }

  /** What blocks cover of the log, whoever made them. */
  coverage(): Coverage {
    const { disk, dir } = this.#options;
    const ranges = [...this.#blocks.cuts, ...coverageOfOrigin(this.#settled.origin)];
    return coverageOf(ranges, listWal(disk, walDir(dir)));
  }

  /** No segment below this one may be begun. */
  get firstSegment(): number {
    return Math.max(this.#settled.origin.firstSegment, this.#blocks.firstSegment);
  }

  /** Reads the deletions in the log, if it has any; `naming` gets all series records, once. */
  async readDeletions(makeNaming: () => NamesSeries): Promise<void> {
    const { disk, dir, yieldNow } = this.#options;
    const { firstSegment: firstOwnSegment, hasDeletions } = this.#settled.origin;
    if (!hasDeletions) return;
    const wal = walDir(dir);
    this.#deletions = await findDeletions({ disk, dir: wal, firstOwnSegment, yieldNow });
    if (this.#deletions.isEmpty) return;
    const naming = makeNaming();
    const refs = new F64Column();
    const slots = new U32Column();
    const sink = seriesOnly((columns, bytes, at) => {
      naming.series(columns, bytes, at);
      for (let row = 0; row < columns.refs.length; row++) refs.push(columns.refs.at(row));
    });
    const scan = new WalScan({ disk, sink, yieldNow, onDamage: () => undefined }); // told later
    for (const file of findWalFiles(disk, wal).files) await scan.read(file);
    for (let i = 0; i < refs.length; i++) slots.push(naming.slotOf(refs.at(i)));
    this.#deletions.share(refs, slots);
  }

  /** For the replay; undefined when the whole log is as Varve's own. */
  get foreignPart(): ForeignPart | undefined {
    const { origin } = this.#settled;
    const deletions = this.#deletions;
    if (deletions.isEmpty && origin.lateCovered.length === 0) return undefined;
    return {
      deletes: (ref, at, timeMs) => deletions.deletes(ref, at, timeMs),
      coversLate: (at, timeMs) => coversLate(origin, at, timeMs),
    };
  }

  /** Samples in Prometheus's chunks of the head, before this time, are in its blocks. */
  get coveredBeforeMs(): number {
    return this.#blocks.foreign.coveredBeforeMs;
  }

  isEvicted(ref: number): boolean {
    return this.#deletions.isEvicted(ref);
  }

  deletesBeside(ref: number, timeMs: number): boolean {
    return this.#deletions.deletesBeside(ref, timeMs);
  }

  deletes(ref: number, at: LogPosition, timeMs: number): boolean {
    return this.#deletions.deletes(ref, at, timeMs);
  }

  /** See CheckpointOptions.isDeletionOpen. */
  isDeletionOpen(at: LogPosition, through: number): boolean {
    const { firstSegment } = this.#settled.origin;
    return at.segment < firstSegment && through < firstSegment - 1;
  }

  /**
   * The last step before writes are taken: what lies beside the log comes into it, and what was
   * found is told. The log is closed when that fails.
   * @param replayed what the replay counted
   */
  async takeBeside(
    into: AdoptsBeside,
    log: Pick<Log, 'close'>,
    replayed: Readonly<Record<string, number>>,
  ): Promise<void> {
    const options = this.#adopting;
    assert(options !== undefined, 'only what was begun takes in what lies beside the log');
    try {
      await adoptBeside(options, this.#settled.beside, into);
    } catch (thrown) {
      await log.close().catch(() => undefined); // `thrown` is what went wrong first
      throw thrown;
    }
    if (!this.#settled.isAdoption) return;
    const { coveredBeforeMs, firstSegment } = this.#settled.origin;
    options.logger.info("adopted a Prometheus's data directory", {
      blocks: this.#blocks.foreign.count,
      own_from_segment: firstSegment,
      covered_before_ms: Number.isFinite(coveredBeforeMs) ? coveredBeforeMs : undefined,
      ...replayed,
      ...into.figures,
    });
  }
}

function seriesOnly(series: RecordSink['series']): RecordSink {
  const ignore = (): void => undefined;
  return {
    series,
    samples: ignore,
    histograms: ignore,
    exemplars: ignore,
    metadata: ignore,
    tombstones: ignore,
  };
}
