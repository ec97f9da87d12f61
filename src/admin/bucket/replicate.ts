// `varve bucket replicate`: copies blocks to another bucket, oldest first, and goes on where an
// earlier copy ended. What is on its way is never on the disk, and in memory a piece at a time.
//
// Held are a few numbers of each block that is to be copied, and names and sizes of what the other
// bucket has.

import { createHash } from 'node:crypto';
import type { BucketToolConfig } from '../../base/config/catalogue.ts';
import { momentMs } from '../../base/config/moment.ts';
import { RESOLUTIONS_MS } from '../../base/config/options-bucket-tool.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import type { Labels } from '../../base/model/labels.ts';
import { sizeText } from '../../base/model/size-text.ts';
import { readAhead } from '../../base/runtime/read-ahead.ts';
import { type BlockListing, blockBytes, hasFile, isPartial } from '../../bucket/block-record.ts';
import type { Bucket } from '../../bucket/bucket.ts';
import { DELETION_MARK_FILE } from '../../bucket/layout.ts';
import { isMarkFile } from '../../bucket/marks/format.ts';
import {
  listBlocksOf,
  parseOwnMeta,
  READS,
  readBucketMetaBytes,
  throwIfEnded,
} from './read-blocks.ts';
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

/** What is kept of a meta.json. */
interface BlockFacts {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly level: number;
  readonly resolutionMs: number;
  readonly labels: Labels;
  readonly digest: string;
}

/** What rounds before have read: a meta.json never changes. */
interface Known {
  readonly facts: Map<string, BlockFacts>;
  /** ULIDs of blocks that are the same in both buckets. */
  readonly same: Set<string>;
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
  const known: Known = { facts: new Map(), same: new Set() };
  for (;;) {
    const failed = await replicateOnce(tool, to, known);
    if (config.singleRun || config.ids.length > 0) return failed > 0 ? 1 : 0;
    await timers.sleep(PERIOD_MS, signal);
  }
}

/** How many blocks failed. */
async function replicateOnce(tool: Tool, to: Bucket, known: Known): Promise<number> {
  const round: Round = { plan: [], already: 0, failed: 0, copied: 0, bytesSent: 0 };
  await plan(tool, { to, known, round });
  // Oldest first: who is cut off has a copy without gaps, up to a point.
  round.plan.sort((a, b) => a.minTimeMs - b.minTimeMs || (a.ulid < b.ulid ? -1 : 1));
  await copyAll(tool, to, round);
  tool.progress.clear();
  const { copied, already, failed } = round;
  const sent = `${copied} blocks copied, ${sizeText(round.bytesSent)}`;
  say(tool, `${sent}; ${already} were there, ${failed} failed`);
  return failed;
}

interface Work {
  readonly to: Bucket;
  readonly known: Known;
  readonly round: Round;
}

async function plan(tool: Tool, work: Work): Promise<void> {
  const { access, bucket, config, signal } = tool;
  const { known, round, to } = work;
  const there = new Map<string, string>();
  if (config.ids.length === 0)
    for await (const listing of access.listBlocks(to, { signal }))
      there.set(listing.ulid, filesText(listing));
  const selects = selection(tool);
  const listings =
    config.ids.length === 0
      ? access.listBlocks(bucket, { signal })
      : listBlocksOf(tool, config.ids);
  const consider = async (listing: BlockListing): Promise<void> => {
    const { ulid } = listing;
    const facts = await factsOf(tool, listing, work);
    if (facts === undefined || !selects(listing, facts)) return;
    const looksSame = there.get(ulid) === filesText(listing);
    if (looksSame && (await hasSameMeta(tool, ulid, { facts, known, to }))) round.already++;
    else round.plan.push({ ulid, minTimeMs: facts.minTimeMs, sizeBytes: blockBytes(listing) });
  };
  for await (const _ of readAhead(listings, READS, consider)) throwIfEnded(tool);
}

/** What a meta.json says of the block; undefined, and said why, when it cannot be copied. */
async function factsOf(
  tool: Tool,
  listing: BlockListing,
  { known, round }: Work,
): Promise<BlockFacts | undefined> {
  const { ulid } = listing;
  const before = known.facts.get(ulid);
  if (before !== undefined && !isPartial(listing)) return before;
  if (isPartial(listing)) {
    // Not a block yet, or not any more; one that was asked for is missed.
    if (tool.config.ids.length > 0) round.failed++;
    tool.err(`${ulid} has no meta.json and is not copied`);
    return undefined;
  }
  try {
    const bytes = await readBucketMetaBytes(tool, tool.bucket, ulid);
    const meta = parseOwnMeta(tool, bytes, ulid);
    const facts = {
      minTimeMs: meta.minTimeMs,
      maxTimeMs: meta.maxTimeMs,
      level: meta.compaction.level,
      resolutionMs: meta.thanos?.resolutionMs ?? 0,
      labels: meta.thanos?.labels ?? [],
      digest: digestOf(bytes),
    };
    known.facts.set(ulid, facts);
    return facts;
  } catch (thrown) {
    throwIfEnded(tool);
    round.failed++;
    tool.err(`${ulid}: ${asVarveError(thrown).message}`);
    return undefined;
  }
}

/** Names and sizes are the same: is it the same block? If that cannot be told, the copy will. */
async function hasSameMeta(
  tool: Tool,
  ulid: string,
  { facts, known, to }: { readonly facts: BlockFacts; readonly known: Known; readonly to: Bucket },
): Promise<boolean> {
  if (known.same.has(ulid)) return true;
  try {
    if (digestOf(await readBucketMetaBytes(tool, to, ulid)) !== facts.digest) return false;
  } catch (thrown) {
    throwIfEnded(tool);
    if (thrown instanceof VarveError) return false;
    throw thrown;
  }
  known.same.add(ulid);
  return true;
}

function selection(tool: Tool): (listing: BlockListing, facts: BlockFacts) => boolean {
  const { config, access, clock } = tool;
  if (config.ids.length > 0) return () => true;
  const nowMs = clock.nowMs();
  const fromMs =
    config.minTime === undefined ? Number.NEGATIVE_INFINITY : momentMs(config.minTime, nowMs);
  const toMs =
    config.maxTime === undefined ? Number.POSITIVE_INFINITY : momentMs(config.maxTime, nowMs);
  const resolutions = new Set(config.resolutions.map((text) => RESOLUTIONS_MS.get(text)));
  const levels = new Set(config.compactionLevels.map(Number));
  const matches = access.compileMatchers(config.matchers);
  return (listing, { minTimeMs, maxTimeMs, resolutionMs, level, labels }) => {
    if (config.ignoreMarkedForDeletion && hasFile(listing, DELETION_MARK_FILE)) return false;
    if (maxTimeMs < fromMs || minTimeMs > toMs) return false;
    if (resolutions.size > 0 && !resolutions.has(resolutionMs)) return false;
    if (levels.size > 0 && !levels.has(level)) return false;
    return matches(labels);
  };
}

/** Names and sizes; marks come and go and say nothing of the block's bytes. */
function filesText({ files }: BlockListing): string {
  return files
    .filter(({ name }) => !isMarkFile(name))
    .map(({ name, sizeBytes }) => `${name}:${sizeBytes}`)
    .join();
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
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
