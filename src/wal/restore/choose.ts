// Which archive is restored, from which pieces, and under which claim.
//
// Invariant: one restore takes an epoch; whoever comes second is told, and has changed nothing.
// Pieces that a machine wrote after its epoch was taken over are no part of the log.

import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import type { Clock } from '../../base/runtime/clock.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import type { Random } from '../../base/runtime/random.ts';
import { varveDir } from '../../block/paths.ts';
import type { Bucket, BucketReader } from '../../bucket/bucket.ts';
import { ARCHIVES_PREFIX, isArchiveName } from '../../bucket/layout.ts';
import type { Claim } from '../archive/format.ts';
import { listArchive, randomName, type StoredPiece } from '../archive/open-archive.ts';
import { putClaim, readClaim } from '../archive/small-object.ts';
import { readArchiveState } from '../archive/state-file.ts';
import { type RestoreMarker, readMarker, removeMarker, writeMarker } from './marker.ts';

export interface ChooseOptions {
  readonly disk: Disk;
  readonly bucket: Bucket;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Random;
  readonly tsdbPath: string;
  /** `--wal.archive-name`; without it there must be only one archive. */
  readonly name: string | undefined;
}

/** Throws `bad_config` unless the directory is empty, or a restore of it was cut off. */
export function mustBeEmpty(disk: Disk, tsdbPath: string): void {
  const found = disk.stat(tsdbPath) === undefined ? [] : disk.list(tsdbPath);
  const own = varveDir(tsdbPath);
  const other = found.find(({ name }) => `${tsdbPath}/${name}` !== own);
  const archived = readArchiveState(disk, tsdbPath) !== undefined;
  if (other === undefined && !archived) return;
  const what = other === undefined ? 'a log that is archived' : other.name;
  throw new VarveError(
    'bad_config',
    `--restore wants an empty ${tsdbPath}, and there is ${what} in it. Start without --restore ` +
      'to go on with it, or give another directory.',
  );
}

/** The marker of the restore that is to be done, written to the disk, its epoch claimed. */
export async function claimRestore(options: ChooseOptions): Promise<RestoreMarker> {
  const { bucket, clock, disk, tsdbPath } = options;
  let marker = readMarker(disk, tsdbPath);
  if (marker === undefined) {
    mustBeEmpty(disk, tsdbPath);
    marker = await newMarker(options);
    writeMarker(disk, tsdbPath, marker);
  }
  const { epoch, instance, name, takesOver } = marker;
  const claim = { version: 1 as const, instance, createdMs: clock.nowMs(), takesOver };
  const held = await putClaim(bucket, { name, epoch }, claim);
  if (held.instance === instance) return marker;
  removeMarker(disk, tsdbPath);
  const what = `Another restore of the WAL archive ${name} is under way or done: it has epoch`;
  throw new VarveError('locked', `${what} ${epoch} since ${held.createdMs} (Unix milliseconds).`);
}

/** The pieces that make up the log as it was taken over, from the oldest on. */
export async function piecesOf(
  bucket: BucketReader,
  { name, takesOver }: RestoreMarker,
): Promise<readonly StoredPiece[]> {
  const { epochs, pieces } = await listArchive(bucket, name);
  /** By epoch: the last piece of it that counts. */
  const last = new Map<number, number>([[takesOver.epoch, takesOver.sequence]]);
  for (const epoch of epochs.filter((one) => one <= takesOver.epoch)) {
    const before = await takenOverBy(bucket, name, epoch);
    if (before !== undefined) last.set(before.epoch, before.sequence);
  }
  return pieces.filter(
    ({ epoch, sequence }) =>
      epoch <= takesOver.epoch && sequence <= (last.get(epoch) ?? Number.POSITIVE_INFINITY),
  );
}

/** Undefined also for a claim that is damaged: then every piece of the epoch before counts. */
async function takenOverBy(
  bucket: BucketReader,
  name: string,
  epoch: number,
): Promise<Claim['takesOver']> {
  try {
    return (await readClaim(bucket, name, epoch)).takesOver;
  } catch (thrown) {
    if (asVarveError(thrown).kind !== 'damaged') throw thrown;
    return undefined;
  }
}

async function newMarker(options: ChooseOptions): Promise<RestoreMarker> {
  const { bucket, random } = options;
  const name = options.name ?? (await onlyArchive(bucket));
  const { epochs, pieces } = await listArchive(bucket, name);
  const newest = Math.max(0, ...epochs, ...pieces.map(({ epoch }) => epoch));
  // One that was claimed and has no piece yet is taken over as it is: there is nothing in it.
  if (newest === 0) {
    throw new VarveError('not_found', `${bucket.name} holds no piece of a WAL archive ${name}.`);
  }
  const sequences = pieces.filter(({ epoch }) => epoch === newest);
  const takesOver = { epoch: newest, sequence: sequences.at(-1)?.sequence ?? 0 };
  const instance = randomName(random);
  return { version: 1, name, epoch: newest + 1, instance, takesOver, phase: 'fetching' };
}

async function onlyArchive(bucket: BucketReader): Promise<string> {
  const names: string[] = [];
  for await (const entry of bucket.listNames(ARCHIVES_PREFIX)) {
    const name = entry.replace(/\/$/, '');
    if (entry.endsWith('/') && isArchiveName(name)) names.push(name);
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  if (names.length === 0)
    throw new VarveError('not_found', `${bucket.name} holds no WAL archive to restore from.`);
  throw new VarveError(
    'bad_config',
    `${bucket.name} holds several WAL archives: ${names.join(', ')}. Say which one with ` +
      '--wal.archive-name.',
  );
}

/** For who fetches with patience: is it the store that is away? */
export function isStoreAway(thrown: unknown): boolean {
  const { code } = asVarveError(thrown);
  return code === 'store_unavailable' || code === 'store_throttled';
}
