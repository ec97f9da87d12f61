// Reads a log from its start: the newest checkpoint that can be read, then the segments above it.
// docs/formats/wal.md, "Checkpoint" and "Reading what is damaged".
//
// Nothing is deleted or changed. A torn end of the last segment is what a crash leaves and is told
// apart from damage; `cutTornEnd` (repair.ts) takes it off before anything new is written.

import type { Disk } from '../base/runtime/disk.ts';
import { checkpointDir, walSegmentFile } from '../block/paths.ts';
import { listWal } from './directory.ts';
import type { LogPosition } from './log.ts';
import type { RecordSink } from './record-decoder.ts';
import { type ScanFile, type WalDamage, WalScan } from './scan.ts';

/** How far a replay is; numbers of segments as /api/v1/status/walreplay shows them. */
export interface ReplayProgress {
  readonly firstSegment: number;
  readonly lastSegment: number;
  readonly currentSegment: number;
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

export interface ReplayOptions {
  readonly disk: Disk;
  /** The `wal` directory; one that is not there is an empty log. */
  readonly dir: string;
  readonly sink: RecordSink;
  /** Where unreadable bytes are copied to; without it they are only told. */
  readonly quarantineDir?: string;
  /** A record that is longer is damage; RECORD_BYTES_MAX by default. */
  readonly recordBytesMax?: number;
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Lets others run, every megabyte. */
  readonly yieldNow?: () => Promise<void>;
}

/** What a replay found. */
export interface ReplayReport {
  /** The checkpoint that was read. */
  readonly checkpoint: number | undefined;
  /** Behind the last record; records appended from now on have greater positions. */
  readonly end: LogPosition;
  /** Records by the name of their type, those in `skipped` included. */
  readonly records: ReadonlyMap<string, number>;
  /** Records of types that this version does not read. */
  readonly skipped: ReadonlyMap<string, number>;
  /** The first thousand damaged places; `damageCount` counts all. */
  readonly damages: readonly WalDamage[];
  readonly damageCount: number;
  /** What a crash left of the last write: unreadable bytes at the end of the last segment. */
  readonly torn: WalDamage | undefined;
}

const DAMAGES_KEPT = 1000;

/** The files of a log in the order to read them. */
export interface WalFiles {
  readonly checkpoint: number | undefined;
  readonly files: readonly ScanFile[];
  /** By the number of a segment before which others are missing: the first of those. */
  readonly gaps: ReadonlyMap<number, number>;
}

/** Finds what to read, up to and with segment `through`. */
export function findWalFiles(
  disk: Disk,
  dir: string,
  through = Number.POSITIVE_INFINITY,
): WalFiles {
  const { checkpoints, segments } = listWal(disk, dir);
  const checkpoint = checkpoints.findLast((number) => isReadable(disk, checkpointDir(dir, number)));
  const files: ScanFile[] = [];
  if (checkpoint !== undefined) {
    const inside = checkpointDir(dir, checkpoint);
    for (const number of listWal(disk, inside).segments) {
      const path = walSegmentFile(inside, number);
      const label = `checkpoint-${checkpoint}-segment-${number}`;
      files.push({ path, segment: checkpoint, inCheckpoint: true, label });
    }
  }
  const gaps = new Map<number, number>();
  let expected: number | undefined = checkpoint === undefined ? undefined : checkpoint + 1;
  for (const segment of segments) {
    if (segment <= (checkpoint ?? -1) || segment > through) continue;
    if (expected !== undefined && segment > expected) gaps.set(segment, expected);
    expected = segment + 1;
    const path = walSegmentFile(dir, segment);
    files.push({ path, segment, inCheckpoint: false, label: `segment-${segment}` });
  }
  return { checkpoint, files, gaps };
}

/** A checkpoint appears by a rename when it is whole; only one that was tampered with is empty. */
function isReadable(disk: Disk, dir: string): boolean {
  return listWal(disk, dir).segments.at(0) === 0;
}

/** Hands everything in the log to the sink, in order. */
export async function replayWal(options: ReplayOptions): Promise<ReplayReport> {
  const { disk, dir } = options;
  const { checkpoint, files, gaps } = findWalFiles(disk, dir);
  const damages: WalDamage[] = [];
  let damageCount = 0;
  const progress = makeProgress(options, files);
  const scan = new WalScan({
    ...options,
    onDamage: (damage) => {
      if (damageCount++ < DAMAGES_KEPT) damages.push(damage);
    },
    onProgress: progress,
  });
  let torn: WalDamage | undefined;
  for (const file of files) {
    const missing = file.inCheckpoint ? undefined : gaps.get(file.segment);
    if (missing !== undefined) scan.tell(gap(dir, missing, file.segment - 1));
    progress(file, 0);
    const tail = await scan.read(file);
    if (tail === undefined) continue;
    if (file === files.at(-1) && !file.inCheckpoint) torn = tail;
    else scan.tell(tail);
  }
  scan.finish();
  const { decoder, end } = scan;
  return {
    checkpoint,
    end: end.segment < 0 && checkpoint !== undefined ? { segment: checkpoint + 1, offset: 0 } : end,
    records: decoder.counts,
    skipped: decoder.skipped,
    damages,
    damageCount,
    torn,
  };
}

function gap(dir: string, first: number, last: number): WalDamage {
  return {
    path: walSegmentFile(dir, first),
    segment: first,
    offset: 0,
    lengthBytes: 0,
    reason: first === last ? 'the segment is missing' : `missing up to segment ${last}`,
    lostTimes: undefined,
    quarantined: undefined,
  };
}

function makeProgress(options: ReplayOptions, files: readonly ScanFile[]) {
  const sizes = new Map<ScanFile, number>();
  for (const file of files) sizes.set(file, options.disk.stat(file.path)?.sizeBytes ?? 0);
  const bytesTotal = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const numbers = files.filter((file) => !file.inCheckpoint).map((file) => file.segment);
  const firstSegment = numbers.at(0) ?? files.at(0)?.segment ?? 0;
  const lastSegment = numbers.at(-1) ?? firstSegment;
  let current: ScanFile | undefined;
  let bytesBefore = 0;
  return (file: ScanFile, offset: number): void => {
    if (current !== undefined && current !== file) bytesBefore += sizes.get(current) ?? 0;
    current = file;
    options.onProgress?.({
      firstSegment,
      lastSegment,
      currentSegment: file.segment,
      bytesRead: bytesBefore + offset,
      bytesTotal,
    });
  };
}
