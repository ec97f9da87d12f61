// Makes checkpoint N out of the old checkpoint and the segments up to N, and only when it is
// durable and was read back, removes those. docs/formats/wal.md, "Checkpoint".
//
// Runs beside ingest in the engine's thread: in slices, between which `yieldNow` lets others go on.
// Invariant: at every moment the newest finished checkpoint and the segments above it hold every
// record that is not covered; a crash leaves at most files that are not looked at any more.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { checkpointDir, walSegmentFile } from '../block/paths.ts';
import {
  type CheckpointCounts,
  CheckpointFilter,
  type CheckpointRules,
  CheckpointSurvey,
  noCounts,
} from './checkpoint-filter.ts';
import { CheckpointWriter } from './checkpoint-writer.ts';
import { listWal } from './directory.ts';
import type { LogPosition } from './log.ts';
import { OrphanLog } from './orphan-log.ts';
import type { RecordCompression } from './record-compression.ts';
import type { RecordSink } from './record-decoder.ts';
import { findWalFiles } from './replay.ts';
import { type WalDamage, WalScan } from './scan.ts';

export interface CheckpointOptions {
  readonly disk: Disk;
  /** The `wal` directory. */
  readonly dir: string;
  /** The last segment that the checkpoint stands for; must be closed (see plan-truncate.ts). */
  readonly through: number;
  /** Whether the head still holds the series with this WAL reference. */
  readonly isLive: (ref: number) => boolean;
  /**
   * Whether a sample of that series, logged there, is in a verified block or was deleted. What lay
   * in the old checkpoint has that one's number and offset Infinity.
   */
  readonly isCovered: (at: LogPosition, timeMs: number, ref: number) => boolean;
  /**
   * Whether a deletion logged there may concern samples that the checkpoint does not stand for;
   * without it all deletions stay.
   */
  readonly isDeletionOpen?: (at: LogPosition, through: number) => boolean;
  /** Whether an exemplar may go; as `isCovered` by default. */
  readonly isExemplarCovered?: (at: LogPosition, timeMs: number, ref: number) => boolean;
  /** Whether metadata under this reference is still wanted; as long as its series by default. */
  readonly isMetadataKept?: (ref: number) => boolean;
  /** Where unreadable bytes are copied to before their segment goes. */
  readonly quarantineDir: string;
  /** Told of samples that leave the log without being in a block. */
  readonly logger?: Logger;
  readonly compression?: RecordCompression;
  readonly yieldNow?: () => Promise<void>;
  /** Called when the checkpoint is durable, before anything is removed. */
  readonly onPublished?: (through: number) => void;
}

/** What a checkpoint kept and what it could not read. */
export interface CheckpointReport {
  readonly through: number;
  readonly bytes: number;
  readonly counts: CheckpointCounts;
  readonly damages: readonly WalDamage[];
  /** Where samples went whose series no readable record names; undefined without any. */
  readonly orphans: string | undefined;
  readonly segmentsRemoved: number;
}

/**
 * Writes the checkpoint and removes what it stands for. Throws what the disk throws, `damaged_wal`
 * when the checkpoint does not read back, and `disk_failed` when unreadable bytes could not be
 * copied: then nothing was removed.
 */
export async function writeCheckpoint(options: CheckpointOptions): Promise<CheckpointReport> {
  const { disk, dir, through } = options;
  const rules: CheckpointRules = {
    isLive: options.isLive,
    isCovered: options.isCovered,
    isExemplarCovered: options.isExemplarCovered ?? options.isCovered,
    isDeletionOpen: (at) => options.isDeletionOpen?.(at, through) ?? true,
    isMetadataKept: (ref) => options.isMetadataKept?.(ref),
  };
  const survey = await surveyLog(options, rules);
  const { compression = 'none', yieldNow } = options;
  const writer = new CheckpointWriter({ disk, dir, through, compression, yieldNow });
  const aside = new OrphanLog({ disk, quarantineDir: options.quarantineDir, through });
  const counts = noCounts();
  let damages: WalDamage[];
  let orphans: string | undefined;
  try {
    const append = (record: Uint8Array): void => writer.append(record);
    const setAside = (record: Uint8Array): void => aside.append(record);
    const sink = new CheckpointFilter(survey, rules, { append, setAside, counts });
    damages = await filterLog(options, sink, async () => {
      await writer.flush();
      await aside.flush();
    });
    orphans = await aside.publish();
    await writer.publish();
  } catch (thrown) {
    // A failure of this too says nothing new; the next checkpoint removes what is left.
    await Promise.all([writer.abandon(), aside.abandon()]).catch(() => undefined);
    throw thrown;
  }
  options.onPublished?.(through);
  if (orphans !== undefined) {
    const fields = { samples: counts.orphansSetAside, quarantined: orphans };
    options.logger?.error('samples of no readable series leave the WAL, set aside', fields);
  }
  const segmentsRemoved = removeBelow(disk, dir, through);
  return { through, bytes: writer.bytes, counts, damages, orphans, segmentsRemoved };
}

async function surveyLog(
  { disk, dir, through, yieldNow }: CheckpointOptions,
  rules: CheckpointRules,
): Promise<CheckpointSurvey> {
  const survey = new CheckpointSurvey();
  // The filter's pass tells the damage.
  const onDamage = (): void => undefined;
  const below = new WalScan({ disk, yieldNow, onDamage, sink: survey.below(rules) });
  const above = new WalScan({ disk, yieldNow, onDamage, sink: survey.above() });
  for (const file of findWalFiles(disk, dir).files) {
    const isBelow = file.inCheckpoint || file.segment <= through;
    await (isBelow ? below : above).read(file);
  }
  return survey;
}

async function filterLog(
  options: CheckpointOptions,
  sink: RecordSink,
  flush: () => Promise<void>,
): Promise<WalDamage[]> {
  const { disk, dir, quarantineDir, through } = options;
  const yieldNow = async (): Promise<void> => {
    await flush();
    await options.yieldNow?.();
  };
  const damages: WalDamage[] = [];
  const onDamage = (damage: WalDamage): void => {
    damages.push(damage);
  };
  const scan = new WalScan({ disk, quarantineDir, sink, yieldNow, onDamage });
  for (const file of findWalFiles(disk, dir, through).files) {
    const tail = await scan.read(file);
    if (tail !== undefined) scan.tell(tail);
  }
  scan.finish();
  const lost = damages.find((damage) => damage.quarantined === undefined);
  if (lost === undefined) return damages;
  throw new VarveError(
    'disk_failed',
    `${lost.path} must stay: its unreadable bytes could not be copied to ${quarantineDir}`,
  );
}

/** Removes from the oldest on, so that what is left at any moment has no gap. */
function removeBelow(disk: Disk, dir: string, through: number): number {
  const { checkpoints, emptyCheckpoints, segments } = listWal(disk, dir);
  for (const old of checkpoints) if (old < through) disk.removeTree(checkpointDir(dir, old));
  for (const old of emptyCheckpoints) disk.removeEmptyDir(checkpointDir(dir, old));
  const gone = segments.filter((segment) => segment <= through);
  for (const segment of gone) disk.removeFile(walSegmentFile(dir, segment));
  disk.syncDir(dir);
  return gone.length;
}
