// The windows of a stream: which samples wait to be cut, and where chunks must end.
//
// A window's frontier is up to where it has been cut. While a cut is under way its new frontier is
// `cuttingMs`; it becomes the frontier when the block is stored, and is forgotten when that failed.
// So there are up to three regions: late [start, frontier), middle [frontier, cutting), main (the
// rest). Invariant: no chunk crosses a region's bound at the time it is opened; regions only ever
// merge (late and middle, or middle and main), so every chunk always lies in one region.

import { assert } from '../base/errors/assert.ts';
import type { CutRange, WindowState } from './plan.ts';

/** No cut is under way. */
const NONE = Number.NEGATIVE_INFINITY;

/** One window: its bounds, its frontier and what it holds. Times are milliseconds. */
export class Window implements WindowState {
  readonly startMs: number;
  readonly endMs: number;
  frontierMs: number;
  cuttingMs = NONE;
  mainSamples = 0;
  middleSamples = 0;
  lateSamples = 0;
  mainMaxTimeMs = Number.NEGATIVE_INFINITY;
  middleMaxTimeMs = Number.NEGATIVE_INFINITY;
  minTimeMs = Number.POSITIVE_INFINITY;
  maxTimeMs = Number.NEGATIVE_INFINITY;
  lastArrivalMs = Number.NEGATIVE_INFINITY;
  lastLateCutMs = Number.NEGATIVE_INFINITY;

  constructor(startMs: number, lengthMs: number) {
    this.startMs = startMs;
    this.endMs = startMs + lengthMs;
    this.frontierMs = startMs;
  }

  /** Where the region of a time in this window begins. */
  regionStart(timeMs: number): number {
    if (timeMs < this.frontierMs) return this.startMs;
    return timeMs < this.cuttingMs || this.cuttingMs === NONE ? this.frontierMs : this.cuttingMs;
  }

  /** Where it ends, exclusive. */
  regionEnd(timeMs: number): number {
    if (timeMs < this.frontierMs) return this.frontierMs;
    return timeMs < this.cuttingMs ? this.cuttingMs : this.endMs;
  }

  get isEmpty(): boolean {
    return (
      this.mainSamples + this.middleSamples + this.lateSamples === 0 && this.cuttingMs === NONE
    );
  }
}

export class Windows {
  readonly lengthMs: number;
  /** By start. */
  readonly #windows: Window[] = [];
  // The region that samples are being counted in.
  #current: Window;
  #from = 0;
  #to = 0;
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(lengthMs: number) {
    this.lengthMs = lengthMs;
    this.#current = new Window(0, lengthMs);
  }

  /** All windows that are known, by start. */
  get all(): readonly Window[] {
    return this.#windows;
  }

  /** The window of a time, new if need be. */
  of(timeMs: number): Window {
    const start = Math.floor(timeMs / this.lengthMs) * this.lengthMs;
    let at = this.#windows.length;
    for (let window = this.#windows[at - 1]; window !== undefined; window = this.#windows[at - 1]) {
      if (window.startMs === start) return window;
      if (window.startMs < start) break;
      at--;
    }
    const window = new Window(start, this.lengthMs);
    this.#windows.splice(at, 0, window);
    return window;
  }

  /** Counts a published sample. */
  note(timeMs: number): void {
    if (timeMs < this.#from || timeMs >= this.#to) this.#turnTo(timeMs);
    this.#count++;
    if (timeMs > this.#max) this.#max = timeMs;
    if (timeMs < this.#min) this.#min = timeMs;
  }

  /** Ends the counting of a batch that was published at `nowMs`. */
  settle(nowMs: number): void {
    this.#store();
    this.#from = 0;
    this.#to = 0;
    for (const window of this.#windows)
      if (window.lastArrivalMs === Number.POSITIVE_INFINITY) window.lastArrivalMs = nowMs;
  }

  /** Forgets windows that are empty and too old to ever get a sample again. */
  forgetBefore(timeMs: number): void {
    const kept = this.#windows.filter((window) => !window.isEmpty || window.endMs > timeMs);
    this.#windows.splice(0, this.#windows.length, ...kept);
  }

  #turnTo(timeMs: number): void {
    this.#store();
    const window = this.of(timeMs);
    this.#current = window;
    this.#from = window.regionStart(timeMs);
    this.#to = window.regionEnd(timeMs);
  }

  #store(): void {
    const window = this.#current;
    if (this.#count === 0) return;
    assert(this.#from < this.#to, 'samples are counted in a region');
    if (this.#to <= window.frontierMs) {
      window.lateSamples += this.#count;
    } else if (this.#to <= window.cuttingMs) {
      window.middleSamples += this.#count;
      window.middleMaxTimeMs = Math.max(window.middleMaxTimeMs, this.#max);
    } else {
      window.mainSamples += this.#count;
      window.mainMaxTimeMs = Math.max(window.mainMaxTimeMs, this.#max);
    }
    window.minTimeMs = Math.min(window.minTimeMs, this.#min);
    window.maxTimeMs = Math.max(window.maxTimeMs, this.#max);
    // Marks the window for `settle`, which knows the time.
    window.lastArrivalMs = Number.POSITIVE_INFINITY;
    this.#count = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }
}

/**
 * The range that a cut of this kind has at this moment. What was planned may be older: meanwhile
 * samples came behind the end of a flush, or another cut moved the frontier.
 */
export function rangeNow(window: Window, kind: CutRange['kind']): CutRange {
  const { startMs, frontierMs, endMs, mainMaxTimeMs } = window;
  const range = { kind, windowStartMs: startMs, minTimeMs: frontierMs };
  if (kind === 'late') return { ...range, minTimeMs: startMs, maxTimeMs: frontierMs };
  if (kind === 'scheduled') return { ...range, maxTimeMs: endMs };
  return { ...range, maxTimeMs: Math.max(frontierMs, mainMaxTimeMs + 1) };
}

/** Begins a cut of a window: from now on samples of its range are counted elsewhere. */
export function beginCut(window: Window, late: boolean, endMs: number): CutCounts {
  assert(window.cuttingMs === NONE, 'one cut of a window at a time');
  if (late) {
    const counts = { samples: window.lateSamples, maxTimeMs: window.frontierMs };
    window.lateSamples = 0;
    return counts;
  }
  assert(endMs >= window.frontierMs && endMs <= window.endMs, 'a frontier moves on');
  const counts = { samples: window.mainSamples, maxTimeMs: window.mainMaxTimeMs };
  window.cuttingMs = endMs;
  window.mainSamples = 0;
  window.mainMaxTimeMs = Number.NEGATIVE_INFINITY;
  return counts;
}

/** What a window said about the samples that a cut takes, to be given back if it fails. */
export interface CutCounts {
  readonly samples: number;
  readonly maxTimeMs: number;
}

/** Ends a cut: stored moves the frontier, else everything is as if it had not been begun. */
export function endCut(
  window: Window,
  late: boolean,
  end: { readonly stored: boolean; readonly counts: CutCounts; readonly nowMs: number },
): void {
  if (end.stored) window.lastLateCutMs = end.nowMs;
  if (late) {
    if (!end.stored) window.lateSamples += end.counts.samples;
    return;
  }
  if (end.stored) {
    window.frontierMs = window.cuttingMs;
    window.lateSamples += window.middleSamples;
  } else {
    window.mainSamples += end.counts.samples + window.middleSamples;
    window.mainMaxTimeMs = Math.max(
      window.mainMaxTimeMs,
      end.counts.maxTimeMs,
      window.middleMaxTimeMs,
    );
  }
  window.middleSamples = 0;
  window.middleMaxTimeMs = Number.NEGATIVE_INFINITY;
  window.cuttingMs = NONE;
}
