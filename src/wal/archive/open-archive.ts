// Which archive is this directory's, and what of it is in the bucket: asked once, at the start.
//
// Invariant: no piece is written under an epoch that another directory has claimed, nor under one
// that a later epoch has ended: a machine that comes back after its log was restored elsewhere is
// told so, and overwrites nothing.

import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import type { Logger } from '../../base/observe/logger.ts';
import type { Clock } from '../../base/runtime/clock.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import type { Random } from '../../base/runtime/random.ts';
import type { Bucket, BucketReader } from '../../bucket/bucket.ts';
import { archivePrefix, parseArchiveKey } from '../../bucket/layout.ts';
import type { Claim } from './format.ts';
import { putClaim } from './small-object.ts';
import { type ArchiveState, readArchiveState, writeArchiveState } from './state-file.ts';
import { keepFrom } from './stream-state.ts';

export interface OpenArchiveOptions {
  readonly disk: Disk;
  readonly bucket: Bucket;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Random;
  readonly logger: Logger;
  readonly tsdbPath: string;
  /** `--wal.archive-name`; without it a random one is chosen once. */
  readonly name: string | undefined;
}

/** A piece in the bucket. */
export interface StoredPiece {
  readonly key: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly sizeBytes: number;
}

/** What lies under an archive's name. */
export interface ArchiveListing {
  /** By epoch and sequence. */
  readonly pieces: readonly StoredPiece[];
  /** Epochs that were claimed, ascending. */
  readonly epochs: readonly number[];
}

/** An archive that may be written to. */
export interface OpenedArchive {
  readonly state: ArchiveState;
  /** Of this epoch, and of those before it. */
  readonly pieces: readonly StoredPiece[];
  readonly older: readonly StoredPiece[];
}

/** A name, or an instance: 64 random bits. */
export function randomName(random: Random): string {
  return Buffer.from(random.bytes(8)).toString('hex');
}

/** Throws `locked` when the archive is another's; what disk and store throw. */
export async function openArchive(options: OpenArchiveOptions): Promise<OpenedArchive> {
  const { bucket, clock, disk, tsdbPath } = options;
  const state = stateOf(options);
  const { epoch, instance, name } = state;
  const { epochs, pieces } = await listArchive(bucket, name);
  const newest = epochs.at(-1);
  if (newest !== undefined && newest > epoch) {
    const what = `was taken over by a restore (epoch ${newest}); this directory's is ${epoch}`;
    throw archiveIsOthers(name, what);
  }
  const claim: Claim = { version: 1, instance, createdMs: clock.nowMs() };
  const held = await putClaim(bucket, { name, epoch }, claim);
  if (held.instance !== instance) throw archiveIsOthers(name, 'holds the log of another directory');
  const own = pieces.filter((piece) => piece.epoch === epoch);
  forgetWhatIsMissing(options, state, own);
  state.sequence = Math.max(state.sequence, own.at(-1)?.sequence ?? 0);
  writeArchiveState(disk, tsdbPath, state);
  return { state, pieces: own, older: pieces.filter((piece) => piece.epoch < epoch) };
}

/** Lists an archive, whole. */
export async function listArchive(bucket: BucketReader, name: string): Promise<ArchiveListing> {
  const pieces: StoredPiece[] = [];
  const epochs = new Set<number>();
  for await (const page of bucket.list(archivePrefix(name))) {
    for (const { key, sizeBytes } of page) {
      const parsed = parseArchiveKey(key);
      if (parsed === undefined) continue; // somebody else's; it stays
      const { epoch, sequence } = parsed;
      if (sequence === undefined) epochs.add(epoch);
      else pieces.push({ key, epoch, sequence, sizeBytes });
    }
  }
  pieces.sort((a, b) => a.epoch - b.epoch || a.sequence - b.sequence);
  return { pieces, epochs: [...epochs].sort((a, b) => a - b) };
}

/** The error of who finds that the archive is not, or no more, its own. */
export function archiveIsOthers(name: string, what: string): VarveError {
  const ways = 'Give this one another --wal.archive-name, or start it empty with --restore.';
  return new VarveError('locked', `The WAL archive ${name} ${what}. ${ways}`);
}

function stateOf(options: OpenArchiveOptions): ArchiveState {
  const { disk, logger, name, random, tsdbPath } = options;
  const known = readKnown(options);
  if (known !== undefined && (name === undefined || name === known.name)) return known;
  if (known !== undefined) {
    const fields = { before: known.name, name };
    logger.warn('the WAL archive has another name now; the pieces under the old one stay', fields);
  }
  const begun = { name: name ?? randomName(random), instance: randomName(random) };
  const nothing = { sequence: 0, streams: [], restored: [], spared: [] };
  const state: ArchiveState = { version: 1, ...begun, epoch: 1, ...nothing };
  // Before the claim: who is killed in between finds the claim to be its own.
  writeArchiveState(disk, tsdbPath, state);
  return state;
}

function readKnown({ disk, logger, tsdbPath }: OpenArchiveOptions): ArchiveState | undefined {
  try {
    return readArchiveState(disk, tsdbPath);
  } catch (thrown) {
    const error = asVarveError(thrown);
    if (error.kind !== 'damaged') throw error;
    logger.error('the state of the WAL archive cannot be read', { error: error.message });
    return undefined;
  }
}

/** Pieces that the state counts on and that are not there: all is sent anew. */
function forgetWhatIsMissing(
  { logger }: OpenArchiveOptions,
  state: ArchiveState,
  own: readonly StoredPiece[],
): void {
  const needed = Math.min(...state.streams.map(keepFrom));
  if (!Number.isFinite(needed)) return;
  const there = new Set(own.map(({ sequence }) => sequence));
  for (let sequence = needed; sequence <= state.sequence; sequence++) {
    if (there.has(sequence)) continue;
    const fields = { epoch: state.epoch, sequence };
    logger.warn('a piece of the WAL archive is not in the bucket; the log is sent anew', fields);
    for (const stream of state.streams) {
      stream.heldFrom = needed; // what is there stays until then
      delete stream.floor;
    }
    return;
  }
}
