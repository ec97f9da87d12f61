// `varve bucket ls`: the blocks of a bucket, as `thanos tools bucket ls` lists them, or as a table.

import type { BucketToolConfig } from '../../base/config/catalogue.ts';
import { momentMs } from '../../base/config/moment.ts';
import { printable } from '../../base/errors/printable.ts';
import { VarveError } from '../../base/errors/varve-error.ts';
import { sizeText } from '../../base/model/size-text.ts';
import { durationText, timeText } from '../../base/model/time-text.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import {
  type BlockListing,
  blockBytes,
  hasFile,
  isPartial,
  newestMs,
} from '../../bucket/block-record.ts';
import { DELETION_MARK_FILE } from '../../bucket/layout.ts';
import { isMarkFile } from '../../bucket/marks/format.ts';
import { BLOCK_HEADS, blockCells } from '../block-cells.ts';
import { printTable } from '../tsdb/output.ts';
import { hasLabels, type SeenBlock, seeBlocks } from './read-blocks.ts';
import { type BucketTool, withTimeout } from './tool.ts';

const HEAD = [...BLOCK_HEADS, 'STATE'];

type LsConfig = BucketToolConfig<'ls'>;

/** Prints the list; 1 when some block's meta.json cannot be read. */
export async function ls(given: BucketTool<LsConfig>): Promise<number> {
  const { timeoutMs } = given.config;
  const { tool, end } = withTimeout(given, timeoutMs, () => {
    const what = `listing ${given.bucket.name} took longer than --timeout`;
    return new VarveError('store_unavailable', what);
  });
  try {
    return await list(tool);
  } finally {
    end();
  }
}

async function list(tool: BucketTool<LsConfig>): Promise<number> {
  const { config, err, out } = tool;
  const rows: string[][] = [HEAD];
  const selects = selection(tool);
  let unreadable = 0;
  for await (const seen of seeBlocks(tool)) {
    if (seen.error !== undefined) {
      unreadable++;
      err(`${seen.listing.ulid}: ${seen.error.message}`);
    } else if (!selects(seen)) continue;
    else if (config.output === 'table') rows.push(rowOf(seen));
    else printOne(tool, seen);
  }
  if (config.output === 'table') printTable(out, rows);
  return unreadable > 0 ? 1 : 0;
}

/** A part of a block has no times and no labels: a selection by these leaves it out. */
function selection({ config, clock }: BucketTool<LsConfig>): (seen: SeenBlock) => boolean {
  const { minTime, maxTime, selector, excludeDelete } = config;
  const nowMs = clock.nowMs();
  const fromMs = minTime === undefined ? Number.NEGATIVE_INFINITY : momentMs(minTime, nowMs);
  const toMs = maxTime === undefined ? Number.POSITIVE_INFINITY : momentMs(maxTime, nowMs);
  const selectsAll = minTime === undefined && maxTime === undefined && selector.length === 0;
  return ({ listing, meta }) => {
    if (excludeDelete && hasFile(listing, DELETION_MARK_FILE)) return false;
    if (meta === undefined) return selectsAll;
    return meta.maxTimeMs >= fromMs && meta.minTimeMs <= toMs && hasLabels(meta, selector);
  };
}

function printOne(tool: BucketTool<LsConfig>, { listing, meta }: SeenBlock): void {
  const { access, config, err, out } = tool;
  if (config.output === 'json') {
    const extra = JSON.stringify(factsOf(listing));
    out.line(
      meta === undefined
        ? `{"ulid":${JSON.stringify(listing.ulid)},"bucket":${extra}}`
        : access.metaLine(meta, extra),
    );
  } else if (meta === undefined) {
    err(`${listing.ulid} is no block: ${partialText(listing)}`);
  } else if (config.output === 'wide') {
    out.line(wideOf(meta));
  } else out.line(listing.ulid);
}

/** What a listing of the bucket tells, beside meta.json. */
function factsOf(listing: BlockListing) {
  const { files } = listing;
  return {
    state: stateOf(listing),
    files: files.length,
    sizeBytes: blockBytes(listing),
    modified: timeText(newestMs(listing)),
    marks: files.map(({ name }) => name).filter(isMarkFile),
  };
}

/** In words: whether it is a block, and what marks it has. */
function stateOf(listing: BlockListing): string {
  const marks = listing.files
    .map(({ name }) => name)
    .filter(isMarkFile)
    .map((name) => name.replace(/-mark\.json$/, ''));
  return [...(isPartial(listing) ? ['partial'] : []), ...marks].join(',') || 'ok';
}

/** Why there is no meta.json, and how much there is. */
export function partialText(listing: BlockListing): string {
  const { files } = listing;
  const size = sizeText(blockBytes(listing));
  const rest = `${files.length} files, ${size}, newest ${timeText(newestMs(listing))}`;
  const what = hasFile(listing, DELETION_MARK_FILE)
    ? 'a deletion that was cut off'
    : 'an upload under way, or one that was cut off';
  return `${what} (no meta.json, ${rest})`;
}

function rowOf({ listing, meta }: SeenBlock): string[] {
  const sizeBytes = blockBytes(listing);
  const state = stateOf(listing);
  if (meta !== undefined) return [...blockCells(meta, sizeBytes), state];
  const size = String(sizeBytes);
  return [listing.ulid, '-', '-', '-', '-', '-', '-', size, '-', '-', '-', state];
}

/** Thanos's line, in UTC. */
function wideOf(meta: BlockMeta): string {
  const minute = (timeMs: number): string => timeText(timeMs).slice(0, 16).replace('T', ' ');
  const parts = [
    `${meta.ulid} -- ${minute(meta.minTimeMs)} - ${minute(meta.maxTimeMs)} ` +
      `Diff: ${durationText(meta.maxTimeMs - meta.minTimeMs)}`,
    `Compaction: ${meta.compaction.level}`,
    `Downsample: ${meta.thanos?.resolutionMs ?? 0}`,
    `Source: ${printable(meta.thanos?.source ?? '')}`,
  ];
  return parts.join(', ');
}
