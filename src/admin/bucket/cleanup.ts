// `varve bucket cleanup`: deletes blocks whose deletion mark is old enough, and what uploads left
// that were cut off; of the latter what no listing shows, too (cleanup-uploads.ts). As Thanos's
// `tools bucket cleanup`, and more careful with the second: Thanos goes by the ULID alone, which an
// upload that began late has from long before.
//
// Invariant: a block with a meta.json is deleted only when a deletion mark of its own says so.

import type { BucketToolConfig } from '../../base/config/catalogue.ts';
import { printable } from '../../base/errors/printable.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import { sizeText } from '../../base/model/size-text.ts';
import { timeText } from '../../base/model/time-text.ts';
import { ulidTimeMs } from '../../base/model/ulid.ts';
import { collect } from '../../base/runtime/file-pieces.ts';
import {
  type BlockListing,
  blockBytes,
  hasFile,
  isPartial,
  newestMs,
} from '../../bucket/block-record.ts';
import { blockKey, blockPrefix, DELETION_MARK_FILE } from '../../bucket/layout.ts';
import { MARK_BYTES_MAX, type Mark, parseMark } from '../../bucket/marks/format.ts';
import { cleanupUploads } from './cleanup-uploads.ts';
import { throwIfEnded } from './read-blocks.ts';
import { type BucketTool, say } from './tool.ts';

/** An upload that has not moved for so long is taken for cut off, as in Thanos. */
export const PARTIAL_AGE_MS = 48 * 3_600_000;

type Tool = BucketTool<BucketToolConfig<'cleanup'>>;

/** What is to be done with what is under a ULID. */
type Decision =
  | { readonly kind: 'keep' }
  | { readonly kind: 'wait'; readonly why: string }
  | { readonly kind: 'delete'; readonly why: string }
  | { readonly kind: 'sweep'; readonly why: string };

/** Deletes, or says what it would; 1 when something could not be read or deleted. */
export async function cleanup(tool: Tool): Promise<number> {
  const { access, bucket, clock, config, signal } = tool;
  const tally = { blocks: 0, partial: 0, bytes: 0, waiting: 0, failed: 0 };
  const done = new Set<string>();
  for await (const listing of access.listBlocks(bucket, { signal })) {
    try {
      const decision = await decide(tool, listing);
      if (decision.kind === 'keep') continue;
      if (decision.kind === 'wait') {
        tally.waiting++;
        say(tool, `${listing.ulid} stays for now: ${decision.why}`);
      } else if (await carryOut(tool, listing, decision)) {
        if (decision.kind === 'delete') tally.blocks++;
        else tally.partial++;
        tally.bytes += blockBytes(listing);
        done.add(blockPrefix(listing.ulid));
      }
    } catch (thrown) {
      throwIfEnded(tool);
      tally.failed++;
      tool.err(`${listing.ulid}: ${asVarveError(thrown).message}`);
    }
  }
  const { uploads, ...rest } = await cleanupUploads(tool, clock.nowMs() - partialAgeMs(tool), done);
  tally.waiting += rest.waiting;
  tally.failed += rest.failed;
  const deleted = config.dryRun ? 'would be deleted' : 'deleted';
  const left = `${tally.waiting} wait, ${tally.failed} failed`;
  const what =
    `${tally.blocks} marked blocks, ${tally.partial} parts of blocks and ` +
    `${uploads} unfinished uploads`;
  say(tool, `${what} ${deleted}, ${sizeText(tally.bytes)}; ${left}`);
  return tally.failed > 0 ? 1 : 0;
}

function partialAgeMs({ config }: Tool): number {
  return Math.max(PARTIAL_AGE_MS, config.consistencyDelayMs);
}

async function decide(tool: Tool, listing: BlockListing): Promise<Decision> {
  const { clock, config } = tool;
  const nowMs = clock.nowMs();
  if (hasFile(listing, DELETION_MARK_FILE)) {
    const { timeMs, details } = await readMark(tool, listing.ulid);
    const dueMs = timeMs + config.deleteDelayMs;
    const reason = details === '' ? '' : `, ${printable(details)}`;
    const why = `marked for deletion ${timeText(timeMs)}${reason}`;
    if (nowMs >= dueMs) return { kind: 'delete', why };
    if (!isPartial(listing)) return { kind: 'wait', why: `${why}; until ${timeText(dueMs)}` };
  }
  if (!isPartial(listing)) return { kind: 'keep' };
  const ageMs = partialAgeMs(tool);
  const movedMs = Math.max(ulidTimeMs(listing.ulid) ?? nowMs, newestMs(listing));
  const why = `no meta.json, last written ${timeText(movedMs)}`;
  if (nowMs - movedMs > ageMs) return { kind: 'sweep', why };
  return { kind: 'wait', why: `${why}; until ${timeText(movedMs + ageMs)}` };
}

async function readMark({ bucket, signal }: Tool, ulid: string): Promise<Mark> {
  const key = blockKey(ulid, DELETION_MARK_FILE);
  const bytes = await collect(bucket.get(key, undefined, { signal }), MARK_BYTES_MAX, key);
  const mark = parseMark(bytes, DELETION_MARK_FILE, key);
  if (mark.ulid === ulid) return mark;
  throw new VarveError('damaged_object', `${key} is a mark of block ${mark.ulid}; nothing deleted`);
}

/** False when an upload turned out to go on. */
async function carryOut(
  tool: Tool,
  listing: BlockListing,
  { kind, why }: Extract<Decision, { readonly why: string }>,
): Promise<boolean> {
  const { access, bucket, config, signal } = tool;
  const { ulid, files } = listing;
  const what = `${ulid}, ${files.length} files, ${sizeText(blockBytes(listing))}: ${why}`;
  if (config.dryRun) {
    say(tool, `would delete ${what}`);
    return true;
  }
  if (kind === 'delete') await access.deleteBlock(bucket, ulid, { signal });
  else if (!(await access.deletePartial(bucket, listing, { signal }))) {
    say(tool, `${ulid} stays: its upload has gone on meanwhile`);
    return false;
  }
  say(tool, `deleted ${what}`);
  return true;
}
