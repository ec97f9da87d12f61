// `--restore`: an empty directory gets the logs that another machine has archived, and goes on
// where that one ended. docs/operating/wal-archive.md.
//
// Order: claim → fetch pieces → find the blocks that the bucket has → make each stream's directory
// → give them their names. Invariants: until the last step nothing is under a stream's name; a kill
// at any moment leaves the marker, and the next --restore begins anew or ends what was begun; what
// cannot be read costs itself and is told by name.

import type { VarveError } from '../../base/errors/varve-error.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import type { Labels } from '../../base/model/labels.ts';
import { tenantFault } from '../../base/model/tenant.ts';
import type { Logger } from '../../base/observe/logger.ts';
import type { Timers } from '../../base/runtime/timers.ts';
import {
  blockDir,
  originFile,
  parseStreamName,
  quarantineDir,
  restoreDir,
  streamDir,
  streamFile,
} from '../../block/paths.ts';
import type { StoredPiece } from '../archive/open-archive.ts';
import { writeArchiveState } from '../archive/state-file.ts';
import type { EarlierCut } from '../coverage.ts';
import { newLogId, writeLogId } from '../log-id.ts';
import { type Origin, parseOrigin } from '../origin.ts';
import { type ChooseOptions, claimRestore, isStoreAway, piecesOf } from './choose.ts';
import { bucketCoverage, knownBlocks } from './covering.ts';
import { type FetchedPiece, fetchPiece } from './fetch-piece.ts';
import { type GatheredStream, gather } from './gather.ts';
import { nextGeneration } from './generation.ts';
import { type RestoreMarker, removeMarker, writeMarker } from './marker.ts';
import { numbersOf, rebuildLog } from './rebuild.ts';

/** Pieces that are fetched at one time. */
const FETCHED_AT_ONCE = 4;
/** How often a store that is away is asked for the same, and how long it is waited in between. */
const ATTEMPTS_MAX = 10;
const ATTEMPT_AFTER_MS = 3_000;
/** Clocks of machines that made blocks and pieces may differ by so much. */
const CLOCKS_APART_MS = 24 * 3_600_000;

/** A block in the bucket that was cut from a log of Varve's, and not merged since. */
export interface FoundBlock {
  readonly ulid: string;
  readonly labels: Labels;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly segment: number;
  readonly offset: number;
  /** See WalNote (block/meta/format.ts). */
  readonly log: string | undefined;
  readonly checkpoint: number | undefined;
  readonly earlier: readonly EarlierCut[] | undefined;
}

/** What the bucket has. */
export interface FoundBlocks {
  /** Whole blocks with a log position. */
  readonly cut: readonly FoundBlock[];
  /** ULIDs of the blocks that went into any block; those that were merged may be gone. */
  readonly sources: ReadonlySet<string>;
}

/** The blocks of the bucket. */
export interface BucketBlocks {
  /** Those made at `fromMs` or later. */
  madeSince(fromMs: number): Promise<FoundBlocks>;
  /** Brings it to `dir`, checked and synced. */
  download(ulid: string, dir: string): Promise<void>;
  /** When it was made, by its name; undefined for what is no ULID. */
  madeAtMs(ulid: string): number | undefined;
  /** Notes in a stream's directory which of its blocks the bucket has. */
  noteUploaded(dir: string, ulids: readonly string[]): void;
}

export interface RestoreOptions extends ChooseOptions {
  readonly logger: Logger;
  readonly timers: Pick<Timers, 'sleep' | 'yieldNow'>;
  readonly blocks: BucketBlocks;
}

/** What a restore did. */
export interface RestoreReport {
  readonly name: string;
  readonly epoch: number;
  readonly pieces: number;
  /** Pieces that are missing or could not be read as they were sent. */
  readonly damagedPieces: number;
  readonly streams: number;
  /** Samples that the logs hold now. */
  readonly samples: number;
  readonly blocks: number;
}

/** Throws `bad_config`, `locked`, `not_found` by name; what disk and store throw. */
export async function restoreArchive(options: RestoreOptions): Promise<RestoreReport> {
  const { disk, logger, tsdbPath } = options;
  const restore = new Restore(options, await claimRestore(options));
  const { marker } = restore;
  logger.info('restoring from the WAL archive', { name: marker.name, epoch: marker.epoch });
  if (marker.phase === 'fetching') await restore.make();
  place(options);
  removeMarker(disk, tsdbPath);
  disk.removeTree(restoreDir(tsdbPath));
  logger.info('restored from the WAL archive', { ...restore.report });
  return restore.report;
}

/** Gives each stream's directory its name. Done again after a kill, it goes on where it was. */
function place({ disk, tsdbPath }: RestoreOptions): void {
  const made = restoreDir(tsdbPath, 'made');
  for (const { name } of disk.stat(made) === undefined ? [] : disk.list(made))
    disk.rename(`${made}/${name}`, streamDir(tsdbPath, name));
  disk.syncDir(tsdbPath);
}

class Restore {
  readonly marker: RestoreMarker;
  readonly report: { -readonly [Key in keyof RestoreReport]: RestoreReport[Key] };
  readonly #options: RestoreOptions;

  constructor(options: RestoreOptions, marker: RestoreMarker) {
    this.#options = options;
    this.marker = marker;
    const { epoch, name } = marker;
    const nothing = { pieces: 0, damagedPieces: 0, streams: 0, samples: 0, blocks: 0 };
    this.report = { name, epoch, ...nothing };
  }

  async make(): Promise<void> {
    const { bucket, disk, tsdbPath } = this.#options;
    disk.removeTree(restoreDir(tsdbPath)); // of one that was cut off
    disk.makeDir(restoreDir(tsdbPath, 'made'));
    const pieces = await this.#patiently(() => piecesOf(bucket, this.marker));
    const fetched = await this.#fetchAll(pieces);
    this.#tellMissing(pieces);
    const streams = gather(fetched).filter(({ name }) => isStreamName(name));
    const found = await this.#findBlocks(streams, fetched);
    const logId = fetched.findLast(({ header }) => header?.log !== undefined)?.header?.log;
    // Another gateway may write blocks with the same labels: its log's positions mean nothing here.
    const cut = found.cut.filter(({ log }) => log === undefined || log === logId);
    for (const stream of streams) await this.#makeStream(stream, { ...found, cut });
    disk.syncDir(restoreDir(tsdbPath, 'made'));
    writeLogId(disk, tsdbPath, logId ?? newLogId(this.#options.random));
    const { epoch, instance, name } = this.marker;
    writeArchiveState(disk, tsdbPath, {
      version: 1,
      name,
      instance,
      epoch,
      sequence: 0,
      streams: [],
      restored: streams.map((stream) => stream.name),
      spared: fetched.filter(({ faults }) => faults.length > 0).map(({ key }) => key),
    });
    writeMarker(disk, tsdbPath, { ...this.marker, phase: 'placing' });
  }

  async #fetchAll(pieces: readonly StoredPiece[]): Promise<readonly FetchedPiece[]> {
    const { bucket, disk, tsdbPath } = this.#options;
    const raw = restoreDir(tsdbPath, 'raw');
    const dirOf = (name: string) => (isStreamName(name) ? `${raw}/${name}` : undefined);
    const fetched: FetchedPiece[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < pieces.length; at = next++) {
        const key = pieces[at]?.key ?? '';
        const piece = await this.#patiently(() => fetchPiece({ bucket, disk, dirOf }, key));
        fetched[at] = piece;
        this.report.pieces++;
        if (piece.faults.length === 0) continue;
        this.report.damagedPieces++;
        const fields = { key, error: piece.faults.slice(0, 3).join('; ') };
        this.#options.logger.error('piece of the WAL archive is damaged, the rest is used', fields);
      }
    };
    await Promise.all(Array.from({ length: FETCHED_AT_ONCE }, work));
    return fetched;
  }

  /** Pieces go from the oldest on: one that is missing between others was not removed by Varve. */
  #tellMissing(pieces: readonly StoredPiece[]): void {
    for (const [at, { epoch, sequence }] of pieces.entries()) {
      const before = pieces[at - 1];
      if (before === undefined || before.epoch !== epoch) continue;
      const missing = sequence - before.sequence - 1;
      if (missing === 0) continue;
      this.report.damagedPieces += missing;
      const fields = { epoch, from: before.sequence + 1, to: sequence - 1 };
      this.#options.logger.error('pieces of the WAL archive are missing', fields);
    }
  }

  /** Blocks that the bucket has, and that may hold samples of what was fetched. */
  #findBlocks(
    streams: readonly GatheredStream[],
    fetched: readonly FetchedPiece[],
  ): Promise<FoundBlocks> {
    const { blocks } = this.#options;
    const times = [
      ...fetched.flatMap(({ header }) => (header === undefined ? [] : [header.createdMs])),
      ...streams.flatMap((stream) => stream.blocks.map(({ ulid }) => blocks.madeAtMs(ulid) ?? 0)),
    ];
    const oldest = times.reduce((least, time) => Math.min(least, time), Number.MAX_SAFE_INTEGER);
    return this.#patiently(() => blocks.madeSince(oldest - CLOCKS_APART_MS));
  }

  async #makeStream(stream: GatheredStream, { cut, sources }: FoundBlocks): Promise<void> {
    const { disk, logger, timers, tsdbPath } = this.#options;
    const { name } = stream;
    const labels = keyOf(stream.labels.map(([label, value]) => ({ name: label, value })));
    const found = cut.filter(
      (block) => block.segment > stream.base && keyOf(block.labels) === labels,
    );
    const known = knownBlocks(found, { named: stream.blocks, sources });
    const dir = `${restoreDir(tsdbPath, 'made')}/${name}`;
    disk.makeDir(dir);
    if (stream.streamFile !== undefined)
      disk.replaceFile(streamFile(dir), Buffer.from(stream.streamFile));
    disk.replaceFile(originFile(dir), Buffer.from(stream.origin));
    const numbers = [...numbersOf(stream), ...found.map(({ segment }) => segment)];
    const rebuilt = await rebuildLog(
      {
        disk,
        rawDir: `${restoreDir(tsdbPath, 'raw')}/${name}`,
        dir,
        quarantineDir: quarantineDir(tsdbPath, name),
        through: nextGeneration(numbers, this.marker.epoch),
        covering: bucketCoverage(known, this.#originOf(stream)),
        logger: logger.child({ stream: name }),
        yieldNow: () => timers.yieldNow(),
      },
      stream,
    );
    await this.#download(found, dir);
    this.report.streams++;
    this.report.samples += rebuilt.counts.samplesKept;
    const { samplesKept, samplesSeen } = rebuilt.counts;
    const fields = { samples: samplesKept, in_blocks: samplesSeen - samplesKept };
    logger.info('log restored', { stream: name, ...fields, damaged_places: rebuilt.damages });
  }

  /** What a Prometheus had in blocks when Varve began, if all of these are in the bucket. */
  #originOf({ foreignUploaded, name, origin }: GatheredStream): Origin | undefined {
    if (!foreignUploaded) return undefined;
    try {
      return parseOrigin(Buffer.from(origin), name);
    } catch (thrown) {
      this.#warn('origin.json of the archived log cannot be read', asVarveError(thrown));
      return undefined;
    }
  }

  /** For reads, and so that their windows are known to be cut; the log does without them. */
  async #download(found: readonly FoundBlock[], dir: string): Promise<void> {
    const { blocks, disk } = this.#options;
    const brought: string[] = [];
    for (const { ulid } of found) {
      const to = blockDir(dir, ulid);
      try {
        await this.#patiently(() => blocks.download(ulid, to));
        brought.push(ulid);
        this.report.blocks++;
      } catch (thrown) {
        const error = asVarveError(thrown);
        if (error.kind !== 'damaged' && error.kind !== 'not_found') throw error;
        disk.removeTree(to);
        this.#warn('block stays in the bucket only, it could not be brought here', error);
      }
    }
    if (brought.length > 0) blocks.noteUploaded(dir, brought);
    disk.syncDir(dir);
  }

  #warn(message: string, { code, message: error }: VarveError): void {
    this.#options.logger.warn(message, { code, error });
  }

  /** Asks a store that is away again, for a while. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask();
      } catch (thrown) {
        if (!isStoreAway(thrown) || attempt >= ATTEMPTS_MAX) throw thrown;
        this.#warn('the store does not answer, it is asked again', asVarveError(thrown));
        await this.#options.timers.sleep(ATTEMPT_AFTER_MS);
      }
    }
  }
}

/** Names come from outside: only what a stream's directory can be called becomes a path. */
function isStreamName(name: string): boolean {
  const { hash, tenant } = parseStreamName(name);
  return tenantFault(tenant) === undefined && (hash === undefined || /^[0-9a-f]{16}$/.test(hash));
}

function keyOf(labels: Labels): string {
  const pairs = labels.map(({ name, value }) => [name, value]);
  return JSON.stringify(pairs.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
}
