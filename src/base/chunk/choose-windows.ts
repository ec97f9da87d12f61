// Which of several downsampled blocks a reader takes, window by window, where they overlap: the one
// with the larger count (docs/formats/aggregate-chunks.md, "Blocks that overlap").

import type { FloatSamples } from './float-samples.ts';
import { windowEndMs } from './float-windows.ts';

/** A range of whole windows that is read from one block. */
export interface ChosenWindows {
  /** The block's place in the list. */
  readonly source: number;
  /** The first millisecond of the first window, and the last one of the last. */
  readonly startMs: number;
  readonly endMs: number;
}

/** The next window of one block. */
class CountCursor {
  /** Infinity at the end. */
  windowMs = Number.POSITIVE_INFINITY;
  count = 0;
  readonly #counts: FloatSamples;
  readonly #resolutionMs: number;
  #at = 0;

  constructor(counts: FloatSamples, resolutionMs: number) {
    this.#counts = counts;
    this.#resolutionMs = resolutionMs;
    this.step();
  }

  /** A window at the border of two chunks has a count in each. */
  step(): void {
    const counts = this.#counts;
    this.count = 0;
    this.windowMs = Number.POSITIVE_INFINITY;
    if (this.#at === counts.length) return;
    this.windowMs = windowEndMs(counts.time(this.#at), this.#resolutionMs);
    while (this.#at < counts.length && counts.time(this.#at) <= this.windowMs)
      this.count += counts.value(this.#at++);
  }
}

/**
 * What to read of one series, by time: every window that some block has, once. At equal counts the
 * block that stands first in the list is taken.
 *
 * @param sources of each block the COUNT parts of the series' chunks
 */
export function chooseWindows(
  sources: readonly FloatSamples[],
  resolutionMs: number,
): readonly ChosenWindows[] {
  const cursors = sources.map((counts) => new CountCursor(counts, resolutionMs));
  const chosen: ChosenWindows[] = [];
  for (;;) {
    const endMs = Math.min(...cursors.map(({ windowMs }) => windowMs));
    if (endMs === Number.POSITIVE_INFINITY) return chosen;
    let source = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (const [i, cursor] of cursors.entries()) {
      if (cursor.windowMs !== endMs) continue;
      if (cursor.count > most) {
        most = cursor.count;
        source = i;
      }
      cursor.step();
    }
    const last = chosen.at(-1);
    // Neighbours of one block are read in one go.
    if (last?.source === source) chosen.splice(-1, 1, { ...last, endMs });
    else chosen.push({ source, startMs: endMs - resolutionMs + 1, endMs });
  }
}
