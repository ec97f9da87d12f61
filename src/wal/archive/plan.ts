// Which bytes of a stream's log go into the next piece. Pure.
//
// Synced bytes first. A new checkpoint follows when the blocks that it relies on are in the bucket:
// until then what it left out must be had from the older pieces, and those hold all of the rest,
// too. Only when something was taken off the disk before it was sent, the checkpoint comes first,
// because later records name its series.

import type { PiecePart, PieceStream } from './format.ts';
import type { LocalFile } from './local-log.ts';
import type { StreamLook, StreamState } from './stream-state.ts';

/** A part whose bytes have not been read yet. */
export type PlannedPart = Omit<PiecePart, 'crc32c'>;

/** See the head of the file. */
export interface StreamPlan {
  readonly parts: readonly PlannedPart[];
  /** Of the checkpoint that parts are of. */
  readonly checkpoint: PieceStream['checkpoint'];
  /** The base when the piece is in the bucket. */
  readonly base: number;
  /** What was taken, and what remains for later pieces. */
  readonly bytes: number;
  readonly waitingBytes: number;
}

/** @param roomBytes what the piece still has room for */
export function planStream(state: StreamState, look: StreamLook, roomBytes: number): StreamPlan {
  const plan = new Plan(state, look, roomBytes);
  const { checkpoint } = look.log;
  const sent = checkpoint?.number === state.checkpoint?.number ? state.checkpoint : undefined;
  const isNew = (checkpoint?.number ?? -1) > state.base && look.blocksAreUploaded;
  const isDue = checkpoint !== undefined && sent?.isWhole !== true;
  if (isDue && state.wantsCheckpoint) plan.takeCheckpoint(checkpoint.number, checkpoint.files);
  plan.takeSegments();
  if (isDue && !state.wantsCheckpoint && isNew)
    plan.takeCheckpoint(checkpoint.number, checkpoint.files);
  const isWhole = sent?.isWhole === true || plan.hasAllOfCheckpoint;
  const base =
    checkpoint !== undefined && isWhole && look.blocksAreUploaded ? checkpoint.number : state.base;
  const { bytes, parts, sizes, waitingBytes } = plan;
  const of = sizes === undefined ? undefined : { number: checkpoint?.number ?? 0, sizes };
  return { parts, checkpoint: of, base, bytes, waitingBytes };
}

/** Has everything of the plan come into the bucket? (Own metrics may have stayed behind.) */
export function isSent({ base, parts }: StreamPlan, state: StreamState): boolean {
  const has = ({ checkpoint, segment, to }: PlannedPart): boolean => {
    if (checkpoint !== undefined) {
      const sent = state.checkpoint?.number === checkpoint ? state.checkpoint.sent : [];
      return (sent[segment] ?? -1) >= to;
    }
    const sent = state.segments.find(({ number }) => number === segment);
    return segment <= state.base || (sent?.to ?? 0) >= to;
  };
  return state.base === base && parts.every(has);
}

class Plan {
  readonly parts: PlannedPart[] = [];
  bytes = 0;
  waitingBytes = 0;
  sizes: number[] | undefined;
  hasAllOfCheckpoint = false;
  readonly #state: StreamState;
  readonly #look: StreamLook;
  readonly #roomBytes: number;

  constructor(state: StreamState, look: StreamLook, roomBytes: number) {
    this.#state = state;
    this.#look = look;
    this.#roomBytes = roomBytes;
  }

  takeSegments(): void {
    const { log, synced } = this.#look;
    for (const { number, sizeBytes } of log.segments) {
      if (number > synced.segment) return;
      const end = number === synced.segment ? Math.min(synced.offset, sizeBytes) : sizeBytes;
      const from = this.#state.segments.find((one) => one.number === number)?.to ?? 0;
      if (end > from) this.#take({ segment: number, from, to: end });
    }
  }

  takeCheckpoint(number: number, files: readonly LocalFile[]): void {
    const { checkpoint } = this.#state;
    const sent = checkpoint?.number === number ? checkpoint.sent : [];
    const before = { parts: this.parts.length, waitingBytes: this.waitingBytes };
    const sizes: number[] = [];
    for (const { number: file, sizeBytes } of files) {
      while (sizes.length < file) sizes.push(0); // one that lost its file holds nothing
      sizes.push(sizeBytes);
      const from = sent[file];
      // An empty one is told, too: that there is nothing in it has to be known.
      if (from === undefined || from < sizeBytes)
        this.#take({ checkpoint: number, segment: file, from: from ?? 0, to: sizeBytes });
    }
    if (this.parts.length > before.parts) this.sizes = sizes;
    this.hasAllOfCheckpoint = this.waitingBytes === before.waitingBytes;
  }

  /** Takes as much of it as there is room for. */
  #take(part: PlannedPart): void {
    const wanted = part.to - part.from;
    const taken = Math.min(wanted, this.#roomBytes - this.bytes);
    this.waitingBytes += wanted - taken;
    if (taken <= 0 && wanted > 0) return;
    this.bytes += taken;
    this.parts.push({ ...part, to: part.from + taken });
  }
}
