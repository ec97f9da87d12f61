// Warnings that could come thousands of times a second: the first is written at once, then one per
// period with the number of those that were not.

import type { Clock } from '../runtime/clock.ts';
import type { LogFields, Logger } from './logger.ts';

/** Keys remembered; the one that was used longest ago is forgotten and may be logged anew. */
const KEYS_MAX = 1000;

/** How often the same is said. */
const DEFAULT_PERIOD_MS = 10_000;

interface Said {
  readonly atMs: number;
  suppressed: number;
}

/** Logs each key at most once a period. */
export class LimitedLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #said = new Map<string, Said>();

  constructor(logger: Logger, clock: Clock, periodMs: number = DEFAULT_PERIOD_MS) {
    this.#logger = logger;
    this.#clock = clock;
    this.#periodMs = periodMs;
  }

  /** @param key what counts as the same: the message and, say, the tenant */
  warn(key: string, message: string, fields: LogFields = {}): void {
    const suppressed = this.#admit(key);
    if (suppressed !== undefined) this.#logger.warn(message, { ...fields, ...suppressed });
  }

  /** Like `warn`, for errors. */
  error(key: string, message: string, fields: LogFields = {}): void {
    const suppressed = this.#admit(key);
    if (suppressed !== undefined) this.#logger.error(message, { ...fields, ...suppressed });
  }

  /** The field that tells what was left out; undefined when this one is to be left out too. */
  #admit(key: string): LogFields | undefined {
    const nowMs = this.#clock.monotonicMs();
    const said = this.#said.get(key);
    if (said !== undefined && nowMs - said.atMs < this.#periodMs) {
      said.suppressed++;
      return undefined;
    }
    this.#said.delete(key); // so that it is the youngest when set again
    this.#said.set(key, { atMs: nowMs, suppressed: 0 });
    const oldest = this.#said.keys().next().value;
    if (this.#said.size > KEYS_MAX && oldest !== undefined) this.#said.delete(oldest);
    return said === undefined || said.suppressed === 0 ? {} : { suppressed: said.suppressed };
  }
}
