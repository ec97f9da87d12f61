// Which ranges of a stream to cut now: a pure function of what its windows say (DESIGN §3 Cutting).
//
// A window is due when the stream's samples have passed its end by an hour, or when the clock has
// and nothing arrived for it for ten minutes (so an idle tenant's data still leaves, and a backlog
// is not cut to shreds). Samples before a window's frontier go to late blocks, one an hour at most.

/** How far samples or the clock must be past a window's end before it is cut. */
export const CUT_AFTER_MS = 3_600_000;
/** With the clock only: how long nothing may have arrived for the window. */
export const QUIET_MS = 600_000;
/** Between two late blocks of a window, or between its scheduled block and a late one. */
export const LATE_CUT_EVERY_MS = 3_600_000;

/** What a window says about itself; times in milliseconds. */
export interface WindowState {
  readonly startMs: number;
  readonly endMs: number;
  /** Up to here (exclusive) the window has been cut. */
  readonly frontierMs: number;
  /** Samples at or after the frontier, and the time of the last of them. */
  readonly mainSamples: number;
  readonly mainMaxTimeMs: number;
  /** Samples before the frontier that are in no block yet. */
  readonly lateSamples: number;
  /** When samples were published into the window last. */
  readonly lastArrivalMs: number;
  /** When a block of the window was stored last. */
  readonly lastLateCutMs: number;
}

/** The samples of one block to be cut. */
export interface CutRange {
  /** Scheduled ends at the window's end, a flush behind its last sample, late at the frontier. */
  readonly kind: 'scheduled' | 'flush' | 'late';
  /** Start of the window. */
  readonly windowStartMs: number;
  /** First time of the range, inclusive. */
  readonly minTimeMs: number;
  /** End of the range, exclusive: what a block's meta.json calls maxTime. */
  readonly maxTimeMs: number;
}

/** What the plan goes by beside the windows. */
export interface PlanContext {
  /** Newest published sample of the stream. */
  readonly newestTimeMs: number;
  readonly nowMs: number;
  /** Cut everything there is now. */
  readonly flush: boolean;
}

/** The ranges to cut now, oldest window first, a window's main range before its late one. */
export function planCuts(windows: readonly WindowState[], context: PlanContext): CutRange[] {
  const ranges: CutRange[] = [];
  for (const window of windows) {
    const main = mainRange(window, context);
    if (main !== undefined) ranges.push(main);
    const late = lateRange(window, context);
    if (late !== undefined) ranges.push(late);
  }
  return ranges;
}

function mainRange(window: WindowState, context: PlanContext): CutRange | undefined {
  if (window.mainSamples === 0) return undefined;
  const due = isDue(window, context);
  if (!due && !context.flush) return undefined;
  return {
    kind: due ? 'scheduled' : 'flush',
    windowStartMs: window.startMs,
    minTimeMs: window.frontierMs,
    maxTimeMs: due ? window.endMs : window.mainMaxTimeMs + 1,
  };
}

function isDue(window: WindowState, context: PlanContext): boolean {
  const dueMs = window.endMs + CUT_AFTER_MS;
  if (context.newestTimeMs >= dueMs) return true;
  return context.nowMs >= dueMs && context.nowMs - window.lastArrivalMs >= QUIET_MS;
}

function lateRange(window: WindowState, context: PlanContext): CutRange | undefined {
  if (window.lateSamples === 0) return undefined;
  if (!context.flush && context.nowMs - window.lastLateCutMs < LATE_CUT_EVERY_MS) return undefined;
  return {
    kind: 'late',
    windowStartMs: window.startMs,
    minTimeMs: window.startMs,
    maxTimeMs: window.frontierMs,
  };
}
