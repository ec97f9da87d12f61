// What a stream's blocks say about its log and its windows. Pure.

import { isPartial } from './foreign-blocks.ts';
import type { BlockMeta, EarlierBlock, WalNote } from './meta/format.ts';

/** A block cut from a stream's head: its range, and how far the log went into it. */
export interface CutRecord extends EarlierBlock {
  /** See WalNote. */
  readonly checkpoint: number | undefined;
  readonly earlier: readonly EarlierBlock[] | undefined;
}

/** What the block `ulid` says of the log that it was cut from. */
export function cutRecord(
  ulid: string,
  { maxTimeMs, minTimeMs }: Pick<BlockMeta, 'maxTimeMs' | 'minTimeMs'>,
  { checkpoint, earlier, offset, segment }: WalNote,
): CutRecord {
  return { ulid, minTimeMs, maxTimeMs, position: { segment, offset }, checkpoint, earlier };
}

/**
 * Where a block was cut from a log: undefined for one that was not, and for one that was merged or
 * downsampled. Thanos's compactor hands on the notes of one of the blocks that it merges, and these
 * say nothing of the whole.
 */
export function cutNote({ compaction, thanos }: BlockMeta): WalNote | undefined {
  if (compaction.level > 1 || compaction.sources.length > 1) return undefined;
  return thanos?.resolutionMs === 0 ? thanos.varve?.wal : undefined;
}

/**
 * The blocks among `metas` that were cut from the log `logId`; those count that do not say from
 * which.
 */
export function cutRecords(
  metas: readonly BlockMeta[],
  logId: string | undefined,
): readonly CutRecord[] {
  return metas.flatMap((meta) => {
    const note = cutNote(meta);
    if (note === undefined || !isOfLog(note, logId)) return [];
    return [cutRecord(meta.ulid, meta, note)];
  });
}

/** Was it cut from that log? Blocks of before these had names may have been. */
export function isOfLog({ log }: Pick<WalNote, 'log'>, logId: string | undefined): boolean {
  return log === undefined || log === logId;
}

/** Every block that names a position, whatever log it is of. */
export function positionedBlocks(metas: readonly BlockMeta[]): readonly EarlierBlock[] {
  return metas.flatMap(({ maxTimeMs, minTimeMs, thanos, ulid }) => {
    const note = thanos?.varve?.wal;
    if (note === undefined) return [];
    const position = { segment: note.segment, offset: note.offset };
    return [{ ulid, minTimeMs, maxTimeMs, position }];
  });
}

/** Where a window's frontier is: up to where blocks hold it from its start. */
export interface WindowFrontier {
  readonly windowStartMs: number;
  readonly frontierMs: number;
}

/**
 * The frontier of every window that any block reaches into, whoever made it: a sample before it
 * goes to a late block. A window that a larger block spans counts as cut to its end; one that a
 * Prometheus made of late samples only does not count.
 */
export function windowFrontiers(
  metas: readonly BlockMeta[],
  windowMs: number,
): readonly WindowFrontier[] {
  const frontiers = new Map<number, number>();
  for (const { minTimeMs, maxTimeMs } of metas.filter((meta) => !isPartial(meta))) {
    const first = Math.floor(minTimeMs / windowMs) * windowMs;
    for (let start = first; start < maxTimeMs; start += windowMs) {
      const end = Math.min(maxTimeMs, start + windowMs);
      frontiers.set(start, Math.max(frontiers.get(start) ?? start, end));
    }
  }
  return [...frontiers]
    .sort(([a], [b]) => a - b)
    .map(([windowStartMs, frontierMs]) => ({ windowStartMs, frontierMs }));
}

/** The newest sample that these blocks may hold; -Infinity without any. */
export function newestTimeMs(metas: readonly BlockMeta[]): number {
  return metas.reduce((max, { maxTimeMs }) => Math.max(max, maxTimeMs - 1), -Infinity);
}
