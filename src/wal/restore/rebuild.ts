// Makes a log out of what was fetched of one: a single checkpoint that holds every record which is
// not in the bucket's blocks. Its number begins a generation: it is above all that the lost log
// had, so that no position of a block of that log says anything about what is logged from now on.

import type { Logger } from '../../base/observe/logger.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import { checkpointDir, walDir, walSegmentFile } from '../../block/paths.ts';
import {
  type CheckpointCounts,
  CheckpointFilter,
  type CheckpointRules,
  CheckpointSurvey,
  noCounts,
} from '../checkpoint-filter.ts';
import { CheckpointWriter } from '../checkpoint-writer.ts';
import type { Coverage } from '../coverage.ts';
import { OrphanLog } from '../orphan-log.ts';
import { type ScanFile, type WalDamage, WalScan } from '../scan.ts';
import { fileKey, type GatheredStream, hasCheckpoint } from './gather.ts';

export interface RebuildOptions {
  readonly disk: Disk;
  /** The directory with what was fetched of the stream. */
  readonly rawDir: string;
  /** The directory that the stream gets. */
  readonly dir: string;
  readonly quarantineDir: string;
  /** The number of the checkpoint. */
  readonly through: number;
  /** What the bucket's blocks hold. */
  readonly covering: Pick<Coverage, 'covers'>;
  readonly logger: Logger;
  readonly yieldNow: () => Promise<void>;
}

/** What became of a log. */
export interface Rebuilt {
  readonly counts: CheckpointCounts;
  /** Places that could not be read. */
  readonly damages: number;
}

/** Throws what the disk throws, `damaged_wal` when what was written does not read back. */
export async function rebuildLog(
  options: RebuildOptions,
  stream: GatheredStream,
): Promise<Rebuilt> {
  const { covering, disk, logger, quarantineDir, rawDir, through, yieldNow } = options;
  const files = filesToRead(stream, walDir(rawDir));
  const rules: CheckpointRules = {
    isLive: () => false,
    isCovered: (at, timeMs) => covering.covers(at, timeMs),
    isExemplarCovered: () => false, // no block holds them
    isDeletionOpen: () => true,
    isMetadataKept: () => true,
  };
  const survey = new CheckpointSurvey();
  const onNothing = (): void => undefined; // the second pass tells
  const first = new WalScan({ disk, sink: survey.below(rules), onDamage: onNothing, yieldNow });
  for (const file of files) await first.read(file);

  const writing = { disk, dir: walDir(options.dir), through };
  const writer = new CheckpointWriter({ ...writing, compression: 'none', yieldNow });
  const aside = new OrphanLog({ disk, quarantineDir, through });
  const counts = noCounts();
  const append = (record: Uint8Array): void => writer.append(record);
  const setAside = (record: Uint8Array): void => aside.append(record);
  const sink = new CheckpointFilter(survey, rules, { append, setAside, counts });
  const flush = async (): Promise<void> => {
    await writer.flush();
    await aside.flush();
    await yieldNow();
  };
  let damages = 0;
  const onDamage = (damage: WalDamage): void => {
    damages++;
    const { lengthBytes: bytes, offset, path, reason } = damage;
    logger.error('damaged place in the archived log', { path, offset, bytes, reason });
  };
  const scan = new WalScan({ disk, sink, onDamage, quarantineDir, yieldNow: flush });
  for (const file of files) {
    const tail = await scan.read(file);
    if (tail !== undefined) scan.tell(tail);
  }
  scan.finish();
  const orphans = await aside.publish();
  if (orphans !== undefined) {
    const fields = { samples: counts.orphansSetAside, quarantined: orphans };
    logger.error('samples of no readable series, set aside', fields);
  }
  await writer.publish();
  // A log is a checkpoint and segments: blocks that cover the checkpoint are known by standing
  // behind the first segment, and must not leave the disk before it.
  disk.replaceFile(walSegmentFile(walDir(options.dir), through + 1), new Uint8Array(0));
  return { counts, damages };
}

/** The numbers of segments and checkpoints that are known of a lost log. */
export function numbersOf(stream: GatheredStream): readonly number[] {
  const { base, blocks, checkpointSizes, segments } = stream;
  const ofBlocks = blocks.map(({ segment }) => segment);
  return [base, ...segments, ...checkpointSizes.keys(), ...ofBlocks];
}

/**
 * The base checkpoint, then segments; a later checkpoint, sent because segments had gone before
 * they were sent, in their place.
 */
function filesToRead(stream: GatheredStream, dir: string): readonly ScanFile[] {
  const { base, checkpointSizes, segments } = stream;
  const checkpoints = [...checkpointSizes.keys()].filter(
    (number) => number === base || (number > base && hasCheckpoint(stream, number)),
  );
  const ordered = [
    ...segments
      .filter((number) => number > base)
      .map((number) => ({ number, isCheckpoint: false })),
    ...checkpoints.map((number) => ({ number, isCheckpoint: true })),
  ].sort((a, b) => a.number - b.number || (a.isCheckpoint ? 1 : -1));
  return ordered.flatMap(({ isCheckpoint, number }): ScanFile[] => {
    if (!isCheckpoint) {
      const path = walSegmentFile(dir, number);
      return [{ path, segment: number, inCheckpoint: false, label: `segment-${number}` }];
    }
    const inside = checkpointDir(dir, number);
    return (checkpointSizes.get(number) ?? []).flatMap((_, file): ScanFile[] => {
      if (!stream.files.has(fileKey(number, file))) return [];
      const label = `checkpoint-${number}-segment-${file}`;
      const path = walSegmentFile(inside, file);
      return [{ path, segment: number, inCheckpoint: true, label }];
    });
  });
}
