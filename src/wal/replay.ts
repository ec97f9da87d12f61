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
  /** What should be there and is not; to be told before the file that comes behind it. */
  readonly missing: ReadonlyMap<ScanFile, WalDamage>;
  /** Newer checkpoints than the one to read, which lost their files. */
  readonly lostCheckpoints: readonly WalDamage[];
}

/** Finds what to read, up to and with segment `through`. */
export function findWalFiles(
  disk: Disk,
  dir: string,
  through = Number.POSITIVE_INFINITY,
): WalFiles {
  const { checkpoints, emptyCheckpoints, segments } = listWal(disk, dir);
  const checkpoint = checkpoints.at(-1);
  const missing = new Map<ScanFile, WalDamage>();
  const files: ScanFile[] = [];
  let expected: number | undefined;
  const add = (file: ScanFile, number: number): void => {
    if (expected !== undefined && number > expected)
      missing.set(file, gap(file, expected, number - 1));
    expected = number + 1;
    files.push(file);
  };
  if (checkpoint !== undefined) {
    const inside = checkpointDir(dir, checkpoint);
    expected = 0;
    for (const number of listWal(disk, inside).segments) {
      const path = walSegmentFile(inside, number);
      const label = `checkpoint-${checkpoint}-segment-${number}`;
      add({ path, segment: checkpoint, inCheckpoint: true, label }, number);
    }
    expected = checkpoint + 1;
  }
  for (const segment of segments) {
    if (segment <= (checkpoint ?? -1) || segment > through) continue;
    const path = walSegmentFile(dir, segment);
    add({ path, segment, inCheckpoint: false, label: `segment-${segment}` }, segment);
  }
  const lostCheckpoints = emptyCheckpoints
    .filter((number) => number > (checkpoint ?? -1))
    .map((number) => absent(checkpointDir(dir, number), number, 'a checkpoint without files'));
  return { checkpoint, files, missing, lostCheckpoints };
}

/** Hands everything in the log to the sink, in order. */
export async function replayWal(options: ReplayOptions): Promise<ReplayReport> {
  const { disk, dir } = options;
  const { checkpoint, files, missing, lostCheckpoints } = findWalFiles(disk, dir);
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
  for (const lost of lostCheckpoints) scan.tell(lost);
  for (const file of files) {
    const before = missing.get(file);
    if (before !== undefined) scan.tell(before);
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

/** The files [first, last] are not there, which come before `behind`. */
function gap(behind: ScanFile, first: number, last: number): WalDamage {
  const dir = behind.path.slice(0, behind.path.lastIndexOf('/'));
  const reason = first === last ? 'the segment is missing' : `missing up to segment ${last}`;
  const segment = behind.inCheckpoint ? behind.segment : first;
  return absent(walSegmentFile(dir, first), segment, reason);
}

function absent(path: string, segment: number, reason: string): WalDamage {
  const nothing = { lostTimes: undefined, quarantined: undefined };
  return { path, segment, offset: 0, lengthBytes: 0, reason, ...nothing };
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
