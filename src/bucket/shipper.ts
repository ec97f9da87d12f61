// Brings the blocks of every stream's directory into the bucket, those that were cut first of all
// first and of each directory one at a time, and lets old local copies go.
//
// One block that cannot be uploaded is named and counted, all others go on: one that was refused
// stays and is tried again later, a damaged one is set aside. Only what was cut after it and
// overlaps it in time waits for it (hold-back.ts). A store that does not answer ends the round, the
// rest would fail the same way; when that is the fault of one block, others tell
// (failing-blocks.ts). A round is bounded in blocks, so that a long queue holds up nothing else;
// who asked for it begins the next at once.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Clock } from '../base/runtime/clock.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { Timers } from '../base/runtime/timers.ts';
import type { Bucket } from './bucket.ts';
import { FailingBlocks } from './failing-blocks.ts';
import { HeldLog, type ToldHeld } from './held-log.ts';
import type { LocalBlock } from './local-block.ts';
import { type LocalRetention, type PlannedUpload, planLocalDeletions } from './plan-local.ts';
import { Postponed } from './postponed.ts';
import { relogUploads } from './relog.ts';
import { type ShipOutcome, shipBlock } from './ship-block.ts';
import { readShipperFile, writeShipperFile } from './shipper-file.ts';
import type { UploadLog } from './upload-log.ts';
import { UploadQueue } from './upload-queue.ts';
import { UploadTurns } from './upload-turns.ts';
import { VanishedBlocks } from './vanished-blocks.ts';

/** Blocks that one round brings to the bucket at most. */
const ROUND_BLOCKS_MAX = 32;

/** A directory with blocks: one stream's. */
export interface ShipperDir {
  readonly dir: string;
  /** For the catalogue and metrics. */
  readonly tenant?: string;
  /** The whole blocks in it; what is not whole was reported by who made this list. */
  readonly blocks: readonly LocalBlock[];
  /** Takes a block off the disk, all or nothing. */
  remove(block: LocalBlock): void;
  /** Throws `damaged_block` when a block that is to be uploaded cannot be read. */
  check(block: LocalBlock): void;
  /** A block turned out to be damaged: moves it out of the directory. */
  setAside(block: LocalBlock, error: VarveError): void;
}

/** What a round did, in blocks. */
export interface ShipReport {
  readonly uploaded: number;
  readonly bytesSent: number;
  /** Blocks that were in the bucket already and only verified. */
  readonly found: number;
  readonly failed: number;
  readonly removed: number;
  /** Blocks that are on local disk and not in the bucket when the round ends. */
  readonly waiting: number;
  /** True when the round ended at its own limit: another would bring more. */
  readonly more: boolean;
}

export interface ShipperOptions {
  /** Undefined when no object store is configured: then only local retention is applied. */
  readonly bucket: Bucket | undefined;
  readonly disk: Disk;
  readonly logger: Logger;
  /** By default nothing is remembered, and nothing postponed. */
  readonly log?: UploadLog;
  readonly clock?: Clock;
  /** Lets other work run between the pieces of a file. */
  readonly timers?: Pick<Timers, 'yieldNow' | 'after'>;
  /** Uploads at one time, each of another block; 1 by default. */
  readonly concurrency?: number;
  /** Kept by the round: what waits. */
  readonly queue?: UploadQueue;
  /** Told of each upload's end. */
  readonly onOutcome?: (from: ShipperDir, outcome: ShipOutcome) => void;
  /** Told of a directory that the disk did not give. */
  readonly onDirFailed?: (dir: ShipperDir) => void;
}

/** What a round is to do, and what it goes by. */
export interface RoundOptions {
  /** Also what was refused lately is tried. */
  readonly retryAll?: boolean;
  /** See VanishedBlocks; true by default. */
  readonly logsAreRead?: boolean;
}

/** A directory within a round. */
interface DirInRound {
  readonly dir: ShipperDir;
  readonly blocks: readonly LocalBlock[];
  readonly uploaded: Set<string>;
  readonly gone: readonly LocalBlock[];
}

/** What a round goes by, and how far it is. */
interface Round {
  readonly bucket: Bucket;
  readonly tally: Tally;
  begun: number;
  /** The store did not answer: nothing further is begun. */
  hasEnded: boolean;
}

interface Tally {
  uploaded: number;
  bytesSent: number;
  found: number;
  failed: number;
  removed: number;
  waiting: number;
  more: boolean;
}

/** One round over all directories, by a shipper that remembers nothing. */
export function shipOnce(
  options: ShipperOptions,
  dirs: readonly ShipperDir[],
  retention: Omit<LocalRetention, 'hasBucket'>,
): Promise<ShipReport> {
  return new Shipper(options).round(dirs, retention);
}

/** See the head of the file. */
export class Shipper {
  readonly #options: ShipperOptions;
  readonly #postponed = new Postponed();
  readonly #failing = new FailingBlocks();
  readonly #vanished = new VanishedBlocks();
  readonly #heldLog: HeldLog;
  readonly #queue: UploadQueue;
  readonly #cutOff = new AbortController();
  readonly #startedMs: number | undefined;
  #isEnding = false;
  #relogs = true;

  constructor(options: ShipperOptions) {
    this.#options = options;
    this.#heldLog = new HeldLog(options.logger);
    this.#queue = options.queue ?? new UploadQueue();
    this.#startedMs = options.clock?.nowMs();
  }

  /** One round. */
  async round(
    dirs: readonly ShipperDir[],
    retention: Omit<LocalRetention, 'hasBucket'>,
    { retryAll = false, logsAreRead = true }: RoundOptions = {},
  ): Promise<ShipReport> {
    if (retryAll) this.#postponed.forgetAll();
    const none = { uploaded: 0, bytesSent: 0, found: 0, failed: 0, removed: 0, waiting: 0 };
    const tally: Tally = { ...none, more: false };
    const { bucket } = this.#options;
    const inRound: DirInRound[] = [];
    for (const dir of dirs)
      this.#guarded(dir, tally, () => inRound.push(this.#begin(dir, logsAreRead)));
    if (bucket !== undefined) {
      const answers = await this.#uploadAll(bucket, inRound, tally);
      if (answers && !tally.more) await this.#relog(bucket, inRound);
    }
    const rule = { ...retention, hasBucket: bucket !== undefined };
    for (const one of inRound) this.#guarded(one.dir, tally, () => this.#tidy(one, rule, tally));
    return tally;
  }

  /** Brings the queue up to date, without anything being uploaded. */
  look(dirs: readonly ShipperDir[]): void {
    const tally: Pick<Tally, 'failed'> = { failed: 0 };
    for (const dir of dirs) this.#guarded(dir, tally, () => this.#begin(dir, false));
  }

  /**
   * Begins no further upload, and cuts off what is under way after `graceMs`: it goes on in the
   * next life of the process.
   */
  end(graceMs: number): void {
    this.#isEnding = true;
    this.#options.timers?.after(graceMs, () => {
      this.#cutOff.abort(new VarveError('draining', 'The process is shutting down.'));
    });
  }

  #begin(dir: ShipperDir, logsAreRead: boolean): DirInRound {
    const { blocks } = dir;
    const { bucket, disk } = this.#options;
    const uploaded = new Set(readShipperFile(disk, dir.dir));
    const found = { blocks, uploaded };
    const isWatched = logsAreRead && bucket !== undefined;
    const gone = isWatched ? this.#vanished.listed(dir.dir, found) : [];
    if (bucket !== undefined)
      this.#queue.setDir(dir.dir, dir.tenant ?? '', { blocks, uploaded, gone });
    return { dir, blocks, uploaded, gone };
  }

  /** False when the store does not answer. */
  async #uploadAll(bucket: Bucket, dirs: readonly DirInRound[], tally: Tally): Promise<boolean> {
    const { concurrency = 1 } = this.#options;
    const failing = this.#failing;
    const isDue = ({ ulid }: LocalBlock): boolean =>
      this.#postponed.isDue(ulid, this.#monotonicMs());
    const turns = new UploadTurns(dirs, { failing, isDue });
    const round: Round = { bucket, tally, begun: 0, hasEnded: false };
    const work = async (): Promise<void> => {
      while (!round.hasEnded && !this.#isEnding) {
        const next = turns.peek();
        if (next === undefined) return; // whoever is busy with the rest goes on with it
        if (round.begun === ROUND_BLOCKS_MAX) {
          tally.more = true;
          return;
        }
        turns.begin(next);
        round.begun++;
        turns.end(next, await this.#uploadOne(round, next));
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work));
    const answers = failing.endRound() && !round.hasEnded;
    // Whatever is left waits for the store, not for the next round.
    if (!answers || this.#isEnding) tally.more = false;
    else if (!tally.more) this.#heldLog.tell(this.#heldIn(turns));
    return answers;
  }

  /** True when the bucket has it. */
  async #uploadOne(round: Round, { from, block }: PlannedUpload<DirInRound>): Promise<boolean> {
    const { bucket, tally } = round;
    const { disk, logger, log, clock, timers } = this.#options;
    const { dir, uploaded } = from;
    const { outcome, bytesSent, error } = await shipBlock(
      {
        block,
        check: (one) => dir.check(one),
        setAside: (one, error) => dir.setAside(one, error),
      },
      {
        bucket,
        disk,
        logger,
        signal: this.#cutOff.signal,
        tenant: dir.tenant ?? '',
        ...(log === undefined ? {} : { log }),
        ...(timers === undefined ? {} : { pause: () => timers.yieldNow() }),
        ...(clock === undefined ? {} : { nowMs: clock.nowMs() }),
        ...(this.#startedMs === undefined ? {} : { processStartedMs: this.#startedMs }),
      },
    );
    tally.bytesSent += bytesSent;
    const isInBucket = outcome === 'uploaded' || outcome === 'found';
    if (isInBucket) {
      uploaded.add(block.ulid);
      this.#note(dir.dir, uploaded);
      this.#vanished.uploaded(dir.dir, block.ulid);
      tally[outcome]++;
    } else tally.failed++;
    if (error !== undefined) this.#queue.noteFailure(dir.dir, block.ulid, error);
    this.#judge(round, { from, block }, outcome);
    this.#options.onOutcome?.(dir, outcome);
    return isInBucket;
  }

  /** What the outcome says of the block, of others and of the store. */
  #judge(
    round: Round,
    { from, block: { ulid } }: PlannedUpload<DirInRound>,
    outcome: ShipOutcome,
  ): void {
    if (outcome === 'store away') {
      // What was cut off at the end of the process says nothing.
      if (this.#isEnding || this.#failing.failed(ulid)) round.hasEnded = true;
      if (this.#failing.isOwn(ulid)) this.#postpone(ulid);
      round.begun--;
      return;
    }
    if (outcome === 'refused' || outcome === 'set aside') round.begun--;
    if (outcome === 'refused') {
      this.#postpone(ulid);
      return;
    }
    this.#postponed.forget(ulid);
    this.#queue.remove(from.dir.dir, ulid);
    if (outcome === 'set aside') return;
    for (const own of this.#failing.taken(ulid)) {
      this.#postpone(own);
      const what = 'the store takes other blocks and not this one: it is tried last, and seldom';
      this.#options.logger.error(what, { block: own, taken: ulid });
    }
  }

  #postpone(ulid: string): void {
    this.#postponed.postpone(ulid, this.#monotonicMs());
    this.#queue.noteOwnFault(ulid);
  }

  #heldIn(turns: UploadTurns<DirInRound>): readonly ToldHeld[] {
    return turns.held().map(({ from, block, heldBy }) => {
      return { tenant: from.dir.tenant, block, heldBy, isGone: from.gone.includes(heldBy) };
    });
  }

  /** A catalogue that was lost is made anew. It is for people, so that a failure waits. */
  async #relog(bucket: Bucket, dirs: readonly DirInRound[]): Promise<void> {
    const { log, logger } = this.#options;
    if (log === undefined || !this.#relogs || this.#isEnding) return;
    const noted = dirs.map(({ dir, blocks, uploaded }) => {
      return { tenant: dir.tenant ?? '', blocks: blocks.filter(({ ulid }) => uploaded.has(ulid)) };
    });
    try {
      const call = { signal: this.#cutOff.signal };
      const { looked, missing, isLost } = await relogUploads(bucket, { log, call }, noted);
      this.#relogs = !isLost;
      if (looked > 0)
        logger.info('uploads noted anew, as the bucket lists them', { looked, missing });
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      logger.warn('uploads not noted anew, tried again', { code, error: message });
    }
  }

  /** Lets old local copies go, and counts what waits. */
  #tidy({ dir, blocks, uploaded }: DirInRound, rule: LocalRetention, tally: Tally): void {
    const { disk, logger, bucket } = this.#options;
    for (const block of planLocalDeletions(blocks, uploaded, rule)) {
      dir.remove(block);
      tally.removed++;
      logger.info('local block removed after its retention', { block: block.ulid });
    }
    // Keeps the note as short as the directory: what is not on disk need not stand in it.
    const onDisk = new Set(blocks.map((block) => block.ulid));
    const kept = [...uploaded].filter((ulid) => onDisk.has(ulid));
    if (kept.length !== uploaded.size) this.#note(dir.dir, kept);
    if (bucket === undefined) return;
    for (const block of blocks) {
      if (uploaded.has(block.ulid)) continue;
      if (disk.stat(block.dir) !== undefined)
        tally.waiting++; // else it was set aside
      else this.#queue.remove(dir.dir, block.ulid);
    }
  }

  /** One directory that the disk does not give keeps no other from being shipped. */
  #guarded(dir: ShipperDir, tally: Pick<Tally, 'failed'>, run: () => void): void {
    try {
      run();
    } catch (thrown) {
      tally.failed++;
      const { code, message } = asVarveError(thrown);
      const fields = { dir: dir.dir, code, error: message };
      this.#options.logger.error('stream not shipped, tried again', fields);
      this.#options.onDirFailed?.(dir);
    }
  }

  /**
   * Without the note the bucket is asked again in the next round. So a full disk does not keep
   * blocks from being uploaded, and leaving.
   */
  #note(dir: string, uploaded: Iterable<string>): void {
    const { disk, logger } = this.#options;
    try {
      writeShipperFile(disk, dir, uploaded);
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      logger.warn('not noted which blocks are uploaded', { dir, code, error: message });
    }
  }

  #monotonicMs(): number {
    return this.#options.clock?.monotonicMs() ?? 0;
  }
}
