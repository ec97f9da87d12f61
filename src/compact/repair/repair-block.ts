// Makes a new block of what can be read of a damaged one (docs/operating/tools.md, bucket verify):
// series by series, as a merge does, with one source that may be broken anywhere.
//
// Invariants: the damaged block is read only. meta.json of the new one is sent last, and only after
// what seems lost was read a second time. The new one names itself as its source (DESIGN §3): so it
// stands in for no other block that may still have what was lost.

import { U32Column } from '../../base/bytes/columns.ts';
import { GatheredChunks } from '../../base/chunk/gathered-chunks.ts';
import { mergeGathered } from '../../base/chunk/merge-gathered.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import type { LossReport } from '../../block/salvage/losses.ts';
import type { SalvagedBlock } from '../../block/salvage/salvaged-block.ts';
import { MergeResult, type ResultParts } from '../merge/result.ts';

/** What a repair works with. */
export interface RepairParts extends ResultParts {
  /** Opens the damaged block. Throws `unsupported` for one that must be left alone. */
  readonly open: () => Promise<SalvagedBlock>;
  readonly segmentBytes: number;
}

/** What came of it. */
export type RepairOutcome =
  | { readonly kind: 'made'; readonly meta: BlockMeta; readonly losses: LossReport }
  /** Not one sample can be read. */
  | { readonly kind: 'nothing-left'; readonly losses: LossReport }
  /** The block must be left alone; why, half a sentence. */
  | { readonly kind: 'refused'; readonly what: string };

/**
 * Makes the block `ulid`. Rejects with what the store, the disk or the signal says; then, as with
 * every outcome but `made`, there is no new block.
 */
export async function repairBlock(ulid: string, parts: RepairParts): Promise<RepairOutcome> {
  const { disk, workDir } = parts;
  disk.removeTree(workDir);
  disk.makeDir(workDir);
  let isMade = false;
  try {
    const outcome = await openAndRepair(ulid, parts);
    isMade = outcome.kind === 'made';
    return outcome;
  } catch (thrown) {
    const { code, message } = asVarveError(thrown);
    if (code !== 'unsupported' && code !== 'block_too_large') throw thrown;
    return { kind: 'refused', what: message };
  } finally {
    if (!isMade && parts.signal?.aborted !== true) await parts.sending.takeBack();
    disk.removeTree(workDir);
  }
}

async function openAndRepair(ulid: string, parts: RepairParts): Promise<RepairOutcome> {
  const damaged = await parts.open();
  try {
    const { compaction, thanos } = damaged.meta;
    const { labels = [], resolutionMs = 0 } = thanos ?? {};
    const task = { ulid, labels, resolutionMs, level: Math.max(1, compaction.level) };
    const result = new MergeResult(task, parts, parts.segmentBytes);
    try {
      await writeAll(damaged, result, parts.signal);
      await damaged.confirm();
      const losses = damaged.losses.report();
      if (result.stats.seriesCount === 0) return { kind: 'nothing-left', losses };
      const { meta } = await result.finish(lineageOf(ulid, damaged, losses));
      return { kind: 'made', meta, losses };
    } finally {
      await result.close();
    }
  } finally {
    damaged.close();
  }
}

async function writeAll(
  damaged: SalvagedBlock,
  result: MergeResult,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const symbol of damaged.symbols()) result.addSymbol(symbol);
  const isAggregated = (damaged.meta.thanos?.resolutionMs ?? 0) > 0;
  const chunks = new GatheredChunks();
  const order = new U32Column(64);
  for await (const labels of damaged.series(chunks)) {
    signal?.throwIfAborted();
    mergeGathered(chunks, { isPenalty: false, isAggregated }, order);
    if (order.length === 0) continue;
    result.beginSeries(labels);
    let written = result.writeChunks(chunks, order, 0);
    while (written < order.length) {
      await result.nextSegment();
      written = result.writeChunks(chunks, order, written);
    }
    result.endSeries();
  }
}

/** The range of the old one, or what was found in it where that is more. */
function lineageOf(
  ulid: string,
  { maxTimeMs, meta, minTimeMs }: SalvagedBlock,
  { chunks, touchedSeries, unreadSeries }: LossReport,
) {
  const parent = { ulid: meta.ulid, minTimeMs: meta.minTimeMs, maxTimeMs: meta.maxTimeMs };
  const lostSeries = touchedSeries + unreadSeries;
  return {
    minTimeMs: Math.min(meta.minTimeMs, minTimeMs),
    maxTimeMs: Math.max(meta.maxTimeMs, maxTimeMs + 1),
    sources: [ulid],
    parents: [parent],
    source: 'bucket.repair',
    repair: { of: meta.ulid, lostSeries, lostChunks: chunks },
  };
}
