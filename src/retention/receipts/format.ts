// A receipt of deletions as it stands in the bucket (docs/formats/receipts.md). A pure codec.

import { parseObject } from '../../base/errors/parse-object.ts';
import { VarveError } from '../../base/errors/varve-error.ts';
import type { Labels } from '../../base/model/labels.ts';

/** The only version there is. */
export const RECEIPT_VERSION = 1;
/** Blocks in one receipt; a round that deletes more writes several. */
export const RECEIPT_BLOCKS_MAX = 1_000;

/** What a receipt tells of a block. */
export interface ReceiptBlock {
  readonly ulid: string;
  readonly labels: Labels;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly resolutionMs: number;
  readonly numSamples: number;
  readonly sizeBytes: number;
  /** Of the deletion mark. */
  readonly reason: string;
  readonly details: string;
  /** Blocks that hold what this one held; empty when policy wanted none. */
  readonly successors: readonly string[];
  readonly markedMs: number;
}

/** What came of a block. */
export type ReceiptOutcome =
  /** The receipt was begun, and nobody came back to end it: look at the bucket. */
  | { readonly state: 'planned' }
  | { readonly state: 'deleted'; readonly deletedMs: number }
  | { readonly state: 'kept'; readonly why: string };

/** A receipt. Times are Unix milliseconds by the deleting process. */
export interface Receipt {
  readonly ulid: string;
  /** The process that deleted: host and random digits, as in leases. */
  readonly holder: string;
  readonly begunMs: number;
  /** Undefined in a receipt that was begun and not ended. */
  readonly endedMs: number | undefined;
  readonly blocks: readonly (ReceiptBlock & ReceiptOutcome)[];
}

/** The bytes of a receipt: JSON, a block a line, so that it reads and searches well. */
export function printReceipt(receipt: Receipt): Uint8Array {
  const { ulid, holder, begunMs, endedMs, blocks } = receipt;
  const head = { version: RECEIPT_VERSION, ulid, holder, begunMs, endedMs: endedMs ?? null };
  const lines = blocks.map(({ labels, ...rest }) =>
    JSON.stringify({ ...rest, labels: labels.map(({ name, value }) => [name, value]) }),
  );
  const open = JSON.stringify(head).slice(0, -1);
  return Buffer.from(`${open},"blocks":[\n${lines.join(',\n')}\n]}\n`);
}

/** Parses a receipt; `where` names it in errors, which are `damaged_object`. */
export function parseReceipt(bytes: Uint8Array, where: string): Receipt {
  const json = parseObject(bytes, where);
  const { version, ulid, holder, begunMs, endedMs, blocks } = json;
  if (version !== RECEIPT_VERSION)
    throw damaged(where, `version ${JSON.stringify(version) ?? 'none'} is not known`);
  if (typeof ulid !== 'string' || typeof holder !== 'string' || typeof begunMs !== 'number')
    throw damaged(where, 'it does not say who deleted, and when');
  if (!Array.isArray(blocks)) throw damaged(where, 'it has no list of blocks');
  return {
    ulid,
    holder,
    begunMs,
    endedMs: typeof endedMs === 'number' ? endedMs : undefined,
    blocks: blocks.map((block) => parseBlock(block, where)),
  };
}

function parseBlock(json: unknown, where: string): Receipt['blocks'][number] {
  if (typeof json !== 'object' || json === null) throw damaged(where, 'a block is no object');
  const { labels, ...rest } = json as Receipt['blocks'][number] & { readonly labels: unknown };
  if (typeof rest.ulid !== 'string' || !STATES.has(rest.state) || !Array.isArray(labels))
    throw damaged(where, 'a block has no ulid, state or labels');
  const pairs = labels as readonly (readonly [string, string])[];
  return { ...rest, labels: pairs.map(([name, value]) => ({ name, value })) };
}

const STATES: ReadonlySet<string> = new Set(['planned', 'deleted', 'kept']);

function damaged(where: string, what: string): VarveError {
  return new VarveError('damaged_object', `${where}: ${what}`);
}
