// The pieces of an archive that are in the bucket, and which of them nobody needs any more.

import type { OpenedArchive, StoredPiece } from './open-archive.ts';
import type { ArchiveState } from './state-file.ts';
import { keepFrom, type StreamState } from './stream-state.ts';

/** Pieces that are removed after one round: deletions must not keep the next round waiting. */
const REMOVED_AT_ONCE = 20;

/** See the head of the file. */
export class PieceShelf {
  /** Of this epoch, ascending. */
  readonly #own: StoredPiece[];
  readonly #older: StoredPiece[];

  constructor({ older, pieces }: Pick<OpenedArchive, 'older' | 'pieces'>) {
    this.#own = [...pieces];
    this.#older = [...older];
  }

  get held(): { readonly pieces: number; readonly bytes: number } {
    const all = [...this.#older, ...this.#own];
    return { pieces: all.length, bytes: bytesOf(all) };
  }

  /** The pieces that stay because of this stream, with all behind them. */
  heldFor(state: StreamState): { readonly pieces: number; readonly bytes: number } {
    const from = keepFrom(state);
    const held = this.#own.filter(({ sequence }) => sequence >= from);
    return { pieces: held.length, bytes: bytesOf(held) };
  }

  add(piece: StoredPiece): void {
    this.#own.push(piece);
  }

  /** One that came over damaged is never the newest: that one says what is settled. */
  addDamaged(piece: StoredPiece): void {
    this.#own.splice(-1, 0, piece);
  }

  remove(piece: StoredPiece): void {
    for (const list of [this.#older, this.#own]) {
      const at = list.indexOf(piece);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** The oldest of those that are needed for no stream; at most some at once. */
  removable({ restored, spared, streams }: ArchiveState): readonly StoredPiece[] {
    const isMoved = restored.every((name) =>
      streams.some((stream) => stream.name === name && stream.isSettled),
    );
    const from = Math.min(...streams.map(keepFrom));
    const older = isMoved ? this.#older.filter(({ key }) => !spared.includes(key)) : [];
    // The newest stays: it says what is settled.
    const own = this.#own.slice(0, -1).filter(({ sequence }) => sequence < from);
    return [...older, ...own].slice(0, REMOVED_AT_ONCE);
  }
}

function bytesOf(pieces: readonly StoredPiece[]): number {
  return pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
