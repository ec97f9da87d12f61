// How far a command is, on standard error: a line that is written over itself when a person sees
// it, nothing when a file or a pipe does.

import { sizeText } from '../../base/model/size-text.ts';
import { durationText } from '../../base/model/time-text.ts';
import { CLEAR_LINE } from '../../base/observe/terminal-line.ts';
import type { Clock } from '../../base/runtime/clock.ts';

/** A line is written at most so often. */
const PERIOD_MS = 200;

/** What is done, of what is to do. */
export interface Done {
  readonly blocks: number;
  readonly ofBlocks: number;
  readonly bytes: number;
  readonly ofBytes: number;
}

/** The line. */
export class Progress {
  readonly #write: ((text: string) => void) | undefined;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #shownMs = Number.NEGATIVE_INFINITY;
  #isShown = false;

  /** @param write undefined when no person sees it */
  constructor(write: ((text: string) => void) | undefined, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
  }

  /** Shows the line, unless the last one is too fresh. */
  show(text: () => string): void {
    if (this.#write === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#shownMs < PERIOD_MS) return;
    this.#shownMs = nowMs;
    this.#isShown = true;
    this.#write(CLEAR_LINE + text());
  }

  /** Blocks, bytes, bytes a second since the start, and how long it will take at this rate. */
  showDone(done: Done): void {
    this.show(() => doneText(done, this.#clock.monotonicMs() - this.#startedMs));
  }

  /** Takes the line away, for what else is written. */
  clear(): void {
    if (this.#isShown) this.#write?.(CLEAR_LINE);
    this.#isShown = false;
  }
}

/** `3 of 12 blocks, 1.2 GiB of 4.8 GiB, 85.0 MiB/s, 43s left`. */
export function doneText(done: Done, elapsedMs: number): string {
  const blocks = `${done.blocks} of ${done.ofBlocks} blocks`;
  const bytes = `${sizeText(done.bytes)} of ${sizeText(done.ofBytes)}`;
  if (done.bytes === 0 || elapsedMs <= 0) return `${blocks}, ${bytes}`;
  const perMs = done.bytes / elapsedMs;
  const leftS = Math.ceil(Math.max(0, done.ofBytes - done.bytes) / perMs / 1000);
  const rate = `${sizeText(Math.round(perMs * 1000))}/s`;
  return `${blocks}, ${bytes}, ${rate}, ${durationText(leftS * 1000)} left`;
}
