// What a log holds of series that no readable record names: how much, of when, where it begins. The
// samples themselves cannot be read by anyone; they stay in the log until a checkpoint sets them
// aside (wal/orphan-log.ts).

import type { LogPosition } from '../wal/log.ts';

/** References that are told apart; with more of them the count says "at least". */
const REFS_MAX = 10_000;

export class OrphanTally {
  samples = 0;
  /** Milliseconds; infinite without a sample. */
  minTimeMs = Number.POSITIVE_INFINITY;
  maxTimeMs = Number.NEGATIVE_INFINITY;
  /** The record of the first one. */
  first: LogPosition | undefined;
  readonly #refs = new Set<number>();

  /** A sample of `ref`, logged in the record at `at`, belongs to no series. */
  note(ref: number, at: LogPosition, timeMs: number): void {
    this.samples++;
    this.first ??= at;
    this.minTimeMs = Math.min(this.minTimeMs, timeMs);
    this.maxTimeMs = Math.max(this.maxTimeMs, timeMs);
    if (this.#refs.size < REFS_MAX) this.#refs.add(ref);
  }

  /** Different references among them, up to 10,000. */
  get refCount(): number {
    return this.#refs.size;
  }

  /** For a log line; only when there are any. */
  get fields(): Readonly<Record<string, string | number>> {
    const { first, maxTimeMs, minTimeMs, refCount, samples } = this;
    // In a checkpoint there is no offset to tell.
    const offset = first === undefined || !Number.isFinite(first.offset) ? 0 : first.offset;
    const place = { firstSegment: first?.segment ?? 0, firstOffset: offset };
    return { samples, series: refCount, fromMs: minTimeMs, toMs: maxTimeMs, ...place };
  }
}
