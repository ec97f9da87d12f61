// `varve bucket replicate`: copies blocks to another bucket, oldest first, and goes on where an
// earlier copy ended. What is on its way is never on the disk, and in memory a piece at a time.
//
// Held are a few numbers of each block that is to be copied, and names and sizes of what the other
// bucket has.

import type { BucketToolConfig } from '../../base/config/catalogue.ts';
import { RESOLUTIONS_MS } from '../../base/config/options-bucket-tool.ts';
import { momentOf } from '../../base/config/time-or-duration.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import { sizeText } from '../../base/model/size-text.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import { type BlockListing, blockBytes, hasFile } from '../../bucket/block-record.ts';
import type { Bucket } from '../../bucket/bucket.ts';
import { DELETION_MARK_FILE } from '../../bucket/layout.ts';
import { isMarkFile } from '../../bucket/marks/format.ts';
import { seeBlocks, throwIfEnded } from './read-blocks.ts';
import { type BucketTool, say } from './tool.ts';

/** As often as Thanos's looks for new blocks. */
const PERIOD_MS = 60_000;

type Tool = BucketTool<BucketToolConfig<'replicate'>>;

/** A block that is to be copied. */
interface Planned {
  readonly ulid: string;
  readonly minTimeMs: number;
  readonly sizeBytes: number;
}

/** What a round comes to. */
interface Round {
  readonly plan: Planned[];
  already: number;
  failed: number;
  copied: number;
  bytesSent: number;
}

/** Copies once, or again and again; 1 when some block of the last round could not be copied. */
export async function replicate(tool: Tool, to: Bucket): Promise<number> {
  const { config, signal, timers } = tool;
  for (;;) {
    const failed = await replicateOnce(tool, to);
    if (config.singleRun || config.ids.length > 0) return failed > 0 ? 1 : 0;
    await timers.sleep(PERIOD_MS, signal);
  }
}

/** How many blocks failed. */
async function replicateOnce(tool: Tool, to: Bucket): Promise<number> {
  const round: Round = { plan: [], already: 0, failed: 0, copied: 0, bytesSent: 0 };
  await plan(tool, to, round);
  // Oldest first: who is cut off has a copy without gaps, up to a point.
  round.plan.sort((a, b) => a.minTimeMs - b.minTimeMs || (a.ulid < b.ulid ? -1 : 1));
  await copyAll(tool, to, round);
  tool.progress.clear();
  const { copied, already, failed } = round;
  const sent = `${copied} blocks copied, ${sizeText(round.bytesSent)}`;
  say(tool, `${sent}; ${already} were there, ${failed} failed`);
  return failed;
}

async function plan(tool: Tool, to: Bucket, round: Round): Promise<void> {
  const { access, config, err, signal } = tool;
  const there = new Map<string, string>();
  if (config.ids.length === 0)
    for await (const listing of access.listBlocks(to, { signal }))
      there.set(listing.ulid, filesText(listing));
  const selects = selection(tool);
  for await (const { listing, meta, error } of seeBlocks(tool, config.ids)) {
    const { ulid } = listing;
    if (error !== undefined) {
      round.failed++;
      err(`${ulid}: ${error.message}`);
    } else if (meta === undefined) {
      // Not a block yet, or not any more; one that was asked for is missed.
      if (config.ids.length > 0) round.failed++;
      err(`${ulid} has no meta.json and is not copied`);
    } else if (!selects(listing, meta)) continue;
    else if (there.get(ulid) === filesText(listing)) round.already++;
    else round.plan.push({ ulid, minTimeMs: meta.minTimeMs, sizeBytes: blockBytes(listing) });
  }
}

function selection(tool: Tool): (listing: BlockListing, meta: BlockMeta) => boolean {
  const { config, access, clock } = tool;
  if (config.ids.length > 0) return () => true;
  const nowMs = clock.nowMs();
  const fromMs =
    config.minTime === undefined ? Number.NEGATIVE_INFINITY : momentOf(config.minTime, nowMs);
  const toMs =
    config.maxTime === undefined ? Number.POSITIVE_INFINITY : momentOf(config.maxTime, nowMs);
  const resolutions = new Set(config.resolutions.map((text) => RESOLUTIONS_MS.get(text)));
  const levels = new Set(config.compactionLevels.map(Number));
  const matches = access.compileMatchers(config.matchers);
  return (listing, meta) => {
    if (config.ignoreMarkedForDeletion && hasFile(listing, DELETION_MARK_FILE)) return false;
    if (meta.maxTimeMs < fromMs || meta.minTimeMs > toMs) return false;
    const resolutionMs = meta.thanos?.resolutionMs ?? 0;
    if (resolutions.size > 0 && !resolutions.has(resolutionMs)) return false;
    if (levels.size > 0 && !levels.has(meta.compaction.level)) return false;
    return matches(meta.thanos?.labels ?? []);
  };
}

/** Names and sizes; marks come and go and say nothing of the block's bytes. */
function filesText({ files }: BlockListing): string {
  return files
    .filter(({ name }) => !isMarkFile(name))
    .map(({ name, sizeBytes }) => `${name}:${sizeBytes}`)
    .join();
}

async function copyAll(tool: Tool, to: Bucket, round: Round): Promise<void> {
  const { access, bucket, config, err, progress, signal } = tool;
  const ofBytes = round.plan.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const done = { blocks: 0, ofBlocks: round.plan.length, bytes: 0, ofBytes };
  const onBytes = (bytes: number): void => {
    done.bytes += bytes;
    progress.showDone(done);
  };
  const queue = round.plan.values();
  const work = async (): Promise<void> => {
    for (const { ulid } of queue) {
      throwIfEnded(tool);
      try {
        const report = await access.copyBlock(ulid, { from: bucket, to, signal, onBytes });
        if (report.filesSent > 0) round.copied++;
        else round.already++;
        round.bytesSent += report.bytesSent;
        const size = sizeText(report.bytesSent);
        if (report.filesSent > 0) say(tool, `copied ${ulid}, ${report.filesSent} files, ${size}`);
      } catch (thrown) {
        throwIfEnded(tool);
        round.failed++;
        err(`${ulid}: ${asVarveError(thrown).message}`);
      }
      done.blocks++;
    }
  };
  // All workers take from the one queue; each goes on until it is empty.
  await Promise.all(Array.from({ length: config.concurrency }, work));
}
