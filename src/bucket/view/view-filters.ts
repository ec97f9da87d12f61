// Which blocks of a view a compactor or a reader does not look at, and why: by age, marks, time,
// labels, and because another block holds the same. Pure functions over a view, in Thanos's words
// (the states of its `blocks_meta_synced`, thanos pkg/block/fetcher.go).
//
// Invariant: what is hidden is named with its reason; the outcome depends on the view and on the
// order of the filters, never on the order of the blocks.

import { labelsOf } from '../../base/model/labels.ts';
import type { RelabelRules } from '../../base/model/relabel.ts';
import { relabelled } from '../../base/model/relabel.ts';
import { ulidTimeMs } from '../../base/model/ulid.ts';
import type { BlockView, ViewedBlock } from '../block-view.ts';

/** Why a block is hidden. */
export type HiddenReason =
  | 'too-fresh'
  | 'time-excluded'
  | 'label-excluded'
  | 'marked-for-deletion'
  | 'duplicate';

/** A block that is hidden. */
export interface HiddenBlock {
  readonly ulid: string;
  readonly reason: HiddenReason;
  /** For a person: one sentence. */
  readonly why: string;
}

/** One reason to hide blocks. */
export interface ViewFilter {
  readonly reason: HiddenReason;
  /** Of the blocks that it hides, by ULID, why. */
  hide(blocks: readonly ViewedBlock[]): ReadonlyMap<string, string>;
}

/** What is left of a view. */
export interface FilteredView {
  readonly view: BlockView;
  /** By ULID. */
  readonly hidden: readonly HiddenBlock[];
}

/** Applies the filters one after the other, each to what those before it left. */
export function filterView(view: BlockView, filters: readonly ViewFilter[]): FilteredView {
  let { blocks, broken } = view;
  const hidden: HiddenBlock[] = [];
  for (const { reason, hide } of filters) {
    const why = hide(blocks);
    for (const [ulid, sentence] of why) hidden.push({ ulid, reason, why: sentence });
    if (why.size > 0) blocks = blocks.filter(({ ulid }) => !why.has(ulid));
    // What is broken is told of by its fault already.
    const whyBroken = broken.length > 0 ? hide(broken) : why;
    if (whyBroken.size > 0) broken = broken.filter(({ ulid }) => !whyBroken.has(ulid));
  }
  hidden.sort((a, b) => (a.ulid < b.ulid ? -1 : 1));
  return { view: { ...view, blocks, broken }, hidden };
}

/** Thanos's makers whose blocks need no waiting: their sources are there until they are seen. */
const MADE_OF_BLOCKS: ReadonlySet<string> = new Set([
  'compactor',
  'compactor.repair',
  'bucket.repair',
]);

/**
 * `--consistency-delay`: hides what is younger, but for what a compactor made. A block is as young
 * as its ULID says or as its meta.json was uploaded, whichever is later; a ULID of the future says
 * nothing (a clock was wrong when it was made, and waiting for it could last for years).
 */
export function consistencyDelay(delayMs: number, nowMs: number): ViewFilter {
  return eachBlock('too-fresh', ({ ulid, source, uploadedMs }) => {
    if (MADE_OF_BLOCKS.has(source)) return undefined;
    const madeMs = ulidTimeMs(ulid) ?? 0;
    const ageMs = nowMs - Math.max(uploadedMs, madeMs <= nowMs ? madeMs : 0);
    if (ageMs >= delayMs) return undefined;
    return `uploaded ${seconds(ageMs)} ago, less than the consistency delay of ${seconds(delayMs)}`;
  });
}

/** `--min-time` and `--max-time`, both included: hides blocks that lie outside altogether. */
export function timeRange(minTimeMs: number, maxTimeMs: number): ViewFilter {
  return eachBlock('time-excluded', (block) => {
    if (block.maxTimeMs < minTimeMs) return 'ends before --min-time';
    return block.minTimeMs > maxTimeMs ? 'begins after --max-time' : undefined;
  });
}

/** The label that holds a block's ULID while it is relabelled, as in Thanos. */
const BLOCK_ID_LABEL = '__block_id';

/** `--selector.relabel-config`: hides blocks that the rules drop, or leave without any label. */
export function labelSelector(rules: RelabelRules): ViewFilter {
  return eachBlock('label-excluded', ({ ulid, labels }) => {
    const named = labels.map(({ name, value }) => [name, value] as const);
    const kept = relabelled(labelsOf([[BLOCK_ID_LABEL, ulid], ...named]), rules);
    return kept === undefined || kept.length === 0 ? 'not of the selected labels' : undefined;
  });
}

/**
 * Hides blocks that were marked for deletion longer ago than `delayMs`. A compactor takes 0: it
 * works with none of them. A reader takes half of the delete delay (as Thanos's store gateway): by
 * then it has seen what stands in for the block, and the block is still there.
 */
export function deletionMarks(delayMs: number, nowMs: number): ViewFilter {
  return eachBlock('marked-for-deletion', ({ marks: { deletion } }) => {
    if (deletion === undefined) return undefined;
    const ageMs = nowMs - deletion.timeMs;
    if (delayMs > 0 && ageMs <= delayMs) return undefined;
    return `marked for deletion ${seconds(ageMs)} ago: ${deletion.details || 'no details'}`;
  });
}

/** Of garbage blocks their ULID, with that of the block that holds all of each. */
export type FindGarbage = (blocks: readonly ViewedBlock[]) => ReadonlyMap<string, string>;

/** Hides garbage; `findGarbage` is the rule of plans (compact/plan/garbage.ts). */
export function duplicates(findGarbage: FindGarbage): ViewFilter {
  const hide = (blocks: readonly ViewedBlock[]): ReadonlyMap<string, string> => {
    const why = new Map<string, string>();
    for (const [ulid, by] of findGarbage(blocks))
      why.set(ulid, `all that went into it is in block ${by}`);
    return why;
  };
  return { reason: 'duplicate', hide };
}

function eachBlock(
  reason: HiddenReason,
  whyHidden: (block: ViewedBlock) => string | undefined,
): ViewFilter {
  const hide = (blocks: readonly ViewedBlock[]): ReadonlyMap<string, string> => {
    const hidden = new Map<string, string>();
    for (const block of blocks) {
      const why = whyHidden(block);
      if (why !== undefined) hidden.set(block.ulid, why);
    }
    return hidden;
  };
  return { reason, hide };
}

function seconds(durationMs: number): string {
  return `${Math.floor(durationMs / 1000)} s`;
}
