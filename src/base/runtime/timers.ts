// The door to waiting: everything that happens later, happens through here.

/** Ends what it was returned for; harmless when called twice. */
export type Cancel = () => void;

export interface Timers {
  /** Calls `run` once, after `delayMs`. Does not keep the process alive on its own. */
  after(delayMs: number, run: () => void): Cancel;
  /** Calls `run` again and again, the next time `periodMs` after the last call returned. */
  every(periodMs: number, run: () => void | Promise<void>): Cancel;
  /** Resolves after `delayMs`, or rejects with the signal's reason when that fires first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Lets everything that is waiting run first. For loops that would hold a thread for long. */
  yieldNow(): Promise<void>;
}
