// What of one stream's log the archive holds: how far each file was sent, and from which piece on
// pieces must stay for it. It is kept in the state file between two lives of a gateway.
//
// Invariant: of the pieces from `keepFrom` on, what the bucket's blocks do not hold of the stream
// can be had back as far as it was sent, whatever the engine has taken off the disk meanwhile.

import { z } from 'zod';
import type { LogPosition } from '../log.ts';
import type { ArchivedBlock, PieceStream } from './format.ts';
import type { LocalLog } from './local-log.ts';

const COUNT = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** The form in the state file. */
export const STREAM_STATE = z.strictObject({
  name: z.string(),
  /**
   * The pieces say that this checkpoint stands for all before it; -1 when it is all segments.
   */
  base: z.number().int().min(-1),
  /** The first piece with a part of that checkpoint. */
  baseFirst: COUNT.optional(),
  /** Segments up to this one are not expected; undefined before the first look. */
  floor: z.number().int().min(-1).optional(),
  /** The newest checkpoint must be sent although its blocks may not be in the bucket. */
  wantsCheckpoint: z.boolean(),
  /** Pieces from here on stay until all of the log was sent anew. */
  heldFrom: COUNT.optional(),
  /** All of the log has been sent at some time, and the blocks were in the bucket. */
  isSettled: z.boolean(),
  /** The checkpoint that was sent last; bytes by file. */
  checkpoint: z
    .strictObject({ number: COUNT, first: COUNT, sent: z.array(COUNT), isWhole: z.boolean() })
    .optional(),
  segments: z.array(
    z.strictObject({ number: COUNT, first: COUNT, to: COUNT, isWhole: z.boolean() }),
  ),
  blocks: z.array(
    z.strictObject({
      ulid: z.string(),
      minTimeMs: z.number(),
      maxTimeMs: z.number(),
      segment: COUNT,
      offset: COUNT,
      uploaded: z.boolean(),
    }),
  ),
});

/** See the head of the file. */
export type StreamState = z.infer<typeof STREAM_STATE>;

/** What is known of a stream at this moment. */
export interface StreamLook {
  readonly log: LocalLog;
  readonly synced: LogPosition;
  /** The blocks in its directory that were cut from the log. */
  readonly blocks: readonly ArchivedBlock[];
  /** All blocks of the directory are in the bucket. */
  readonly blocksAreUploaded: boolean;
}

/** Nothing was sent yet. */
export function newState(name: string): StreamState {
  const nothing = { wantsCheckpoint: false, isSettled: false, segments: [], blocks: [] };
  return { name, base: -1, ...nothing };
}

/** Brings the state up to date with what is there; nothing is sent by it. */
export function prepare(state: StreamState, look: StreamLook): void {
  noteBlocks(state, look.blocks);
  noteWhole(state, look);
  if (state.floor === undefined || hasGap(state, state.floor, look)) restart(state, look);
}

/** Segments that are not written to any more, and that were sent to their end. */
export function noteWhole(state: StreamState, { log, synced }: StreamLook): void {
  for (const { number, sizeBytes } of log.segments) {
    if (number >= synced.segment) continue;
    const sent = state.segments.find((one) => one.number === number);
    if (sent !== undefined && sent.to >= sizeBytes) sent.isWhole = true;
    if (sent === undefined && sizeBytes === 0)
      state.segments.push({ number, first: Number.MAX_SAFE_INTEGER, to: 0, isWhole: true });
  }
}

/** All of the log is to be sent anew; what was sent before stays until that is done. */
export function restart(state: StreamState, { log, synced }: StreamLook): void {
  const held = keepFrom(state);
  if (Number.isFinite(held)) state.heldFrom = held;
  const { checkpoint, segments } = log;
  state.floor = checkpoint?.number ?? (segments.at(0)?.number ?? synced.segment) - 1;
  state.wantsCheckpoint = checkpoint !== undefined;
  state.isSettled = false;
  state.segments = [];
  delete state.checkpoint;
  delete state.baseFirst;
}

/** The first piece that is needed for the stream; Infinity when none is. */
export function keepFrom({ baseFirst, checkpoint, heldFrom, segments }: StreamState): number {
  if (heldFrom !== undefined) return heldFrom;
  const firsts = [baseFirst, checkpoint?.first, ...segments.map(({ first }) => first)];
  const least = Math.min(...firsts.map((first) => first ?? Number.POSITIVE_INFINITY));
  return least >= Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : least;
}

/** What a piece brought into the bucket. */
export interface Sent {
  readonly sequence: number;
  readonly parts: readonly Pick<PieceStream['parts'][number], 'checkpoint' | 'segment' | 'to'>[];
  /** Of the checkpoint that the parts are of, sizes by file. */
  readonly checkpoint: PieceStream['checkpoint'];
  readonly base: number;
}

/** Notes what was sent. */
export function noteSent(state: StreamState, { base, checkpoint, parts, sequence }: Sent): void {
  for (const { checkpoint: number, segment, to } of parts) {
    if (number === undefined) noteSegment(state, segment, { first: sequence, to });
    else noteCheckpoint(state, number, { first: sequence, file: segment, to });
  }
  const own = state.checkpoint;
  if (own !== undefined && own.number === checkpoint?.number) {
    own.isWhole = checkpoint.sizes.every((size, file) => (own.sent[file] ?? -1) >= size);
    if (own.isWhole) state.wantsCheckpoint = false;
  }
  if (own?.isWhole !== true || own.number !== base) return;
  state.base = base;
  state.baseFirst = own.first;
  state.floor = Math.max(state.floor ?? -1, base);
  state.segments = state.segments.filter(({ number }) => number > base);
  state.blocks = state.blocks.filter(({ segment }) => segment > base);
}

/** Nothing of the log waits to be sent: older copies may go. */
export function settle(state: StreamState, { blocksAreUploaded, log }: StreamLook): void {
  const needsBase = log.checkpoint !== undefined && state.base !== log.checkpoint.number;
  if (!blocksAreUploaded || needsBase || state.wantsCheckpoint) return;
  delete state.heldFrom;
  state.isSettled = true;
}

function noteSegment(
  state: StreamState,
  number: number,
  { first, to }: { readonly first: number; readonly to: number },
): void {
  const sent = state.segments.find((one) => one.number === number);
  if (sent === undefined) state.segments.push({ number, first, to, isWhole: false });
  else sent.to = to;
}

function noteCheckpoint(
  state: StreamState,
  number: number,
  { file, first, to }: { readonly file: number; readonly first: number; readonly to: number },
): void {
  if (state.checkpoint?.number !== number)
    state.checkpoint = { number, first, sent: [], isWhole: false };
  state.checkpoint.sent[file] = to;
}

/**
 * Blocks that are gone from the disk were set aside, and what they held is in the log still; or the
 * bucket has them, and they left by local retention.
 */
function noteBlocks(state: StreamState, there: readonly ArchivedBlock[]): void {
  const ulids = new Set(there.map(({ ulid }) => ulid));
  const gone = state.blocks.filter(({ ulid, uploaded }) => uploaded && !ulids.has(ulid));
  state.blocks = [...gone, ...there]
    .filter(({ segment }) => segment > state.base)
    .map((block) => ({ ...block }));
}

/** Was something taken off the disk that had not been sent? */
function hasGap(state: StreamState, floor: number, { log, synced }: StreamLook): boolean {
  const { checkpoint, segments } = log;
  const next = segments.at(0)?.number ?? synced.segment;
  const lowest = checkpoint === undefined ? next : checkpoint.number + 1;
  const sent = state.segments.filter(
    ({ isWhole, number }) => isWhole && number > floor && number < lowest,
  );
  return sent.length < lowest - 1 - floor;
}
