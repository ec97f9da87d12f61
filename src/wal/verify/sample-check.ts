// The samples of a log: does a series say two different things of one time?
//
// Memory is some bytes a series, and a map entry for each *late* sample (one that is not newer than
// its series' newest): two samples of one time cannot both be newer. Whether late ones contradict
// others shows a second pass over the log, which is made only when there are any.

import { F64Column, U32Column } from '../../base/bytes/columns.ts';
import type { LogPosition } from '../log.ts';
import { placeOf, type WalFindings } from './findings.ts';

/** Late samples that are compared; those beyond are told as not compared. */
const LATE_MAX = 1_000_000;

/** A value as two words: a float's bits, or a histogram's fingerprint. */
export interface ValueWords {
  readonly low: number;
  readonly high: number;
}

/** First pass. */
export class SampleCheck {
  readonly #findings: WalFindings;
  // By series number.
  readonly #times = new F64Column(1024);
  readonly #lows = new U32Column(1024);
  readonly #highs = new U32Column(1024);
  readonly #late = new Map<string, ValueWords | undefined>();
  #notCompared = 0;

  constructor(findings: WalFindings) {
    this.#findings = findings;
  }

  /** Is a second pass worth it? Hand `add` of a LateCheck everything again. */
  get late(): LateCheck | undefined {
    return this.#late.size === 0 ? undefined : new LateCheck(this.#late, this.#findings);
  }

  get notCompared(): number {
    return this.#notCompared;
  }

  /** A sample of series number `series` (from 1 on), which messages call `ref`. */
  add(series: number, timeMs: number, low: number, high: number): void {
    while (this.#times.length <= series) {
      this.#times.push(Number.NEGATIVE_INFINITY);
      this.#lows.push(0);
      this.#highs.push(0);
    }
    const last = this.#times.at(series);
    if (timeMs > last) {
      this.#times.set(series, timeMs);
      this.#lows.set(series, low);
      this.#highs.set(series, high);
    } else if (timeMs < last || !this.#isLast(series, low, high)) this.#noteLate(series, timeMs);
  }

  /** The same again is what a retry leaves. */
  #isLast(series: number, low: number, high: number): boolean {
    return this.#lows.at(series) === low >>> 0 && this.#highs.at(series) === high >>> 0;
  }

  #noteLate(series: number, timeMs: number): void {
    if (this.#late.size < LATE_MAX) this.#late.set(`${series}:${timeMs}`, undefined);
    else this.#notCompared++;
  }
}

/** Second pass: compares all samples at the times of late ones. */
export class LateCheck {
  readonly #values: Map<string, ValueWords | undefined>;
  readonly #findings: WalFindings;

  constructor(values: Map<string, ValueWords | undefined>, findings: WalFindings) {
    this.#values = values;
    this.#findings = findings;
  }

  /** A sample at `at`; `ref` names its series in messages. */
  add(series: number, timeMs: number, words: ValueWords, where: { ref: number; at: LogPosition }) {
    const key = `${series}:${timeMs}`;
    if (!this.#values.has(key)) return;
    const first = this.#values.get(key);
    if (first === undefined) this.#values.set(key, { low: words.low, high: words.high });
    else if ((first.low ^ words.low) !== 0 || (first.high ^ words.high) !== 0) {
      const what = `series ${where.ref}: at ${timeMs} two values, the first one stays`;
      this.#findings.warning(placeOf(where.at), what);
    }
  }
}
