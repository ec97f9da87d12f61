// Starting on a directory that a Prometheus has used: settles whose the log is (origin.json), and
// brings what lies beside the log, late samples (wbl/) and chunks of the head (chunks_head/), into
// the head and into Varve's own log. docs/operating/prometheus-directory.md.
//
// Order: settleOrigin → the log is replayed → adoptBeside → writes are taken.
// Invariants: origin.json is durable before anything else is changed; what was read of wbl/ and
// chunks_head/ is durable in the log before they are set aside; until then a crash leaves them in
// their place, and reading them again adds nothing twice.

import type { Logger } from '../base/observe/logger.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { ForeignBlocks } from '../block/foreign-blocks.ts';
import {
  CHUNKS_HEAD_DIR,
  chunksHeadDir,
  headChunksFile,
  parseHeadChunksName,
  WBL_DIR,
  walDir,
  wblDir,
} from '../block/paths.ts';
import { findDeletions } from './deletions.ts';
import { listWal } from './directory.ts';
import { RECORD_BYTES_MAX } from './format.ts';
import { type HeadChunk, HeadChunkReader } from './head-chunks/reader.ts';
import { type Origin, readOrigin, writeOrigin } from './origin.ts';
import type { RecordSink } from './record-decoder.ts';
import { RecordReader } from './record-reader.ts';
import { findWalFiles, replayWal } from './replay.ts';
import { setAside } from './set-aside.ts';
import { syncTree } from './sync-tree.ts';

/** For a look at a stream's directory. */
export interface LookOptions {
  readonly disk: Disk;
  /** The stream's directory. */
  readonly dir: string;
  readonly yieldNow: () => Promise<void>;
}

export interface AdoptOptions extends LookOptions {
  /** Where a Prometheus's files go when they are not needed any more. */
  readonly asideDir: string;
  readonly logger: Logger;
}

/** What the directory's blocks say. */
export interface AdoptedBlocks {
  readonly foreign: ForeignBlocks;
  /** True when Varve has cut blocks here: then it has logged here, too. */
  readonly hasOwn: boolean;
  /** No segment below this one is begun. */
  readonly firstSegment: number;
  /** Told by name: the note of what was uploaded, to be set aside. */
  readonly shipperFile: string;
}

/** What a Prometheus left beside the log. */
export interface Beside {
  readonly hasHeadChunks: boolean;
  readonly hasLateLog: boolean;
  /** Every late sample is in the late log, or in a block already. */
  readonly lateLogIsWhole: boolean;
}

/** What is known before the log is replayed. */
export interface Settled {
  readonly origin: Origin;
  readonly beside: Beside;
  /** False when Varve has opened the directory before and no Prometheus since. */
  readonly isAdoption: boolean;
}

/** Takes what lies beside the log; the head's side of it is head/adopting.ts. */
export interface AdoptsBeside {
  /** Takes the records of the late log. */
  readonly late: RecordSink;
  takeChunk(chunk: HeadChunk): void;
  /** What was taken and what was not, for the operator's log. */
  readonly figures: Readonly<Record<string, number>>;
  /** Logs, syncs and publishes what was taken, if it has become much. */
  commitIfMuch(): Promise<void>;
  /** The same, however little it is. */
  commit(): Promise<void>;
}

/** Reads origin.json, or finds out what belongs into it. Throws what the disk throws. */
export async function settleOrigin(options: AdoptOptions, blocks: AdoptedBlocks): Promise<Settled> {
  const { disk, dir, yieldNow } = options;
  const beside = await lookBeside(options);
  const known = readOrigin(disk, dir);
  const isSeen = beside.hasHeadChunks || beside.hasLateLog;
  if (known !== undefined && !isSeen) return { origin: known, beside, isAdoption: false };
  if (known === undefined) await syncTree(disk, dir, yieldNow);
  const { checkpoints, segments } = listWal(disk, walDir(dir));
  const behind = Math.max(segments.at(-1) ?? -1, checkpoints.at(-1) ?? -1) + 1;
  const firstOwnSegment = known?.firstSegment ?? Math.max(behind, blocks.firstSegment);
  const find = { disk, dir: walDir(dir), firstOwnSegment, yieldNow };
  const hasDeletions = !(await findDeletions(find)).isEmpty;
  const origin = { ...(known ?? firstOrigin(blocks, beside, firstOwnSegment)), hasDeletions };
  // A note of uploads is of another's bucket, perhaps; in doubt the bucket is asked.
  const isForeign = isSeen || blocks.foreign.count > 0;
  if (known === undefined && isForeign && disk.stat(`${dir}/${blocks.shipperFile}`) !== undefined)
    setAside({ disk, from: dir, name: blocks.shipperFile, into: options.asideDir });
  writeOrigin(disk, dir, origin);
  return { origin, beside, isAdoption: isForeign };
}

function firstOrigin(blocks: AdoptedBlocks, beside: Beside, firstSegment: number) {
  const { foreign, hasOwn } = blocks;
  // Where both have logged, nobody can tell whose a sample is; in doubt it is in no block.
  const coveredBeforeMs = hasOwn ? Number.NEGATIVE_INFINITY : foreign.coveredBeforeMs;
  const late = hasOwn || !beside.lateLogIsWhole ? [] : foreign.late;
  const lateCovered = late.filter(({ maxTimeMs }) => maxTimeMs > coveredBeforeMs);
  return { firstSegment, coveredBeforeMs, lateCovered };
}

/** What wbl/ and chunks_head/ hold goes into the head and the log; then they are set aside. */
export async function adoptBeside(
  options: AdoptOptions,
  { hasHeadChunks, hasLateLog, lateLogIsWhole }: Beside,
  into: AdoptsBeside,
): Promise<void> {
  const { asideDir, disk, dir, logger } = options;
  if (hasHeadChunks) await readHeadChunks(options, lateLogIsWhole, into);
  if (hasLateLog) await readLateLog(options, into);
  await into.commit();
  const aside = { disk, from: dir, into: asideDir };
  // In this order: while the late log is there, late chunks are known to be told by it.
  for (const name of [
    ...(hasHeadChunks ? [CHUNKS_HEAD_DIR] : []),
    ...(hasLateLog ? [WBL_DIR] : []),
  ]) {
    const path = setAside({ ...aside, name });
    logger.info('set aside, what it held is in the log now', { directory: `${dir}/${name}`, path });
  }
}

async function lookBeside({ disk, dir, yieldNow }: AdoptOptions): Promise<Beside> {
  const hasLateLog = disk.stat(wblDir(dir))?.isDirectory === true;
  return {
    hasHeadChunks: disk.stat(chunksHeadDir(dir))?.isDirectory === true,
    hasLateLog,
    lateLogIsWhole: hasLateLog && (await isWhole(disk, wblDir(dir), yieldNow)),
  };
}

/** Has every record of that log its checksum, and is no segment missing? */
async function isWhole(disk: Disk, dir: string, yieldNow: () => Promise<void>): Promise<boolean> {
  const { files, lostCheckpoints, missing } = findWalFiles(disk, dir);
  let damages = missing.size + lostCheckpoints.length;
  const onDamage = (): void => {
    damages++;
  };
  for (const { path } of files) {
    const opened = disk.openSync(path, 'read');
    try {
      const reader = new RecordReader(opened, { recordBytesMax: RECORD_BYTES_MAX, onDamage });
      for (let read = 1; reader.next(); read++) if (read % 1000 === 0) await yieldNow();
      if (reader.tail !== undefined) damages++;
    } finally {
      opened.close();
    }
  }
  return damages === 0;
}

async function readLateLog(options: AdoptOptions, into: AdoptsBeside): Promise<void> {
  const { disk, dir, logger, yieldNow } = options;
  const report = await replayWal({
    disk,
    dir: wblDir(dir),
    sink: into.late,
    yieldNow: async () => {
      await into.commitIfMuch();
      await yieldNow();
    },
  });
  const torn = report.torn === undefined ? [] : [report.torn];
  for (const { offset, path, reason } of [...report.damages, ...torn].slice(0, LINES_MAX))
    logger.error('damaged place in the log of late samples', { path, offset, reason });
}

/** Damaged places that get a line each. */
const LINES_MAX = 20;

async function readHeadChunks(
  { disk, dir, logger, yieldNow }: AdoptOptions,
  lateLogIsWhole: boolean,
  into: AdoptsBeside,
): Promise<void> {
  let lines = 0;
  for (const { name, isDirectory } of disk.list(chunksHeadDir(dir))) {
    const number = isDirectory ? undefined : parseHeadChunksName(name);
    if (number === undefined) continue;
    const path = headChunksFile(chunksHeadDir(dir), number);
    const file = disk.openSync(path, 'read');
    try {
      const reader = new HeadChunkReader(file, (offset, end, reason) => {
        if (lines++ < LINES_MAX) {
          const message = 'damaged place in the chunks of the head';
          logger.error(message, { path, offset, bytes: end - offset, reason });
        }
      });
      for (let read = 1; reader.next(); read++) {
        const { chunk } = reader;
        // What came late is in the late log, or was put into a block when that was truncated.
        if (chunk !== undefined && !(chunk.isLate && lateLogIsWhole)) into.takeChunk(chunk);
        if (read % 100 !== 0) continue;
        await into.commitIfMuch();
        await yieldNow();
      }
    } finally {
      file.close();
    }
  }
}
