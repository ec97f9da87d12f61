// What was sent of each sample, what was acknowledged, and where it was found: millions of samples
// in typed arrays (a hash table with open addressing), a slot each.

import { mix } from '../expected-bits.ts';

const EMPTY = 0xffffffff;
const COUNT_MAX = 255;

/** Samples by series number and time. */
export class SampleTable {
  /** Times are kept relative to this, within 49 days. */
  readonly #baseMs: number;
  #series = new Uint32Array(1 << 16).fill(EMPTY);
  #times = new Uint32Array(1 << 16);
  #sent = new Uint8Array(1 << 16);
  #acknowledged = new Uint8Array(1 << 16);
  #blocks = new Uint8Array(1 << 16);
  #log = new Uint8Array(1 << 16);
  #count = 0;

  constructor(baseMs: number) {
    this.#baseMs = baseMs;
  }

  get size(): number {
    return this.#count;
  }

  /** Slots are 0 … capacity - 1; valid until the next `noteSent`. */
  get capacity(): number {
    return this.#series.length;
  }

  noteSent(series: number, timeMs: number): void {
    if (2 * this.#count >= this.capacity) this.#grow();
    const slot = this.#slot(series, timeMs - this.#baseMs);
    if (this.#series[slot] === EMPTY) {
      this.#series[slot] = series;
      this.#times[slot] = timeMs - this.#baseMs;
      this.#count++;
    }
    increment(this.#sent, slot);
  }

  noteAcknowledged(series: number, timeMs: number): void {
    this.#acknowledged[this.find(series, timeMs)] = 1;
  }

  /** The machine that acknowledged it was lost so soon that it may be gone. */
  withdrawAcknowledged(series: number, timeMs: number): void {
    this.#acknowledged[this.find(series, timeMs)] = 0;
  }

  /** The slot of a sample that was sent; -1 when it never was. */
  find(series: number, timeMs: number): number {
    const offset = timeMs - this.#baseMs;
    if (offset < 0 || offset >= EMPTY) return -1;
    const slot = this.#slot(series, offset);
    return this.#series[slot] === EMPTY ? -1 : slot;
  }

  noteInBlock(slot: number): void {
    increment(this.#blocks, slot);
  }

  noteInLog(slot: number): void {
    increment(this.#log, slot);
  }

  /** The log is read anew. */
  forgetLog(): void {
    this.#log.fill(0);
  }

  /** All blocks are read anew. */
  forgetBlocks(): void {
    this.#blocks.fill(0);
  }

  /** A slot's sample, or undefined when the slot is empty. */
  at(slot: number):
    | {
        readonly series: number;
        readonly timeMs: number;
        readonly sent: number;
        readonly isAcknowledged: boolean;
        readonly blocks: number;
        readonly log: number;
      }
    | undefined {
    const series = this.#series[slot] ?? EMPTY;
    if (series === EMPTY) return undefined;
    return {
      series,
      timeMs: this.#baseMs + (this.#times[slot] ?? 0),
      sent: this.#sent[slot] ?? 0,
      isAcknowledged: this.#acknowledged[slot] === 1,
      blocks: this.#blocks[slot] ?? 0,
      log: this.#log[slot] ?? 0,
    };
  }

  #slot(series: number, offset: number): number {
    const mask = this.capacity - 1;
    let slot = mix(series, offset, 0) & mask;
    while (
      this.#series[slot] !== EMPTY &&
      (this.#series[slot] !== series || this.#times[slot] !== offset)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const old = {
      series: this.#series,
      times: this.#times,
      bytes: [this.#sent, this.#acknowledged, this.#blocks, this.#log],
    };
    const capacity = 2 * this.capacity;
    this.#series = new Uint32Array(capacity).fill(EMPTY);
    this.#times = new Uint32Array(capacity);
    this.#sent = new Uint8Array(capacity);
    this.#acknowledged = new Uint8Array(capacity);
    this.#blocks = new Uint8Array(capacity);
    this.#log = new Uint8Array(capacity);
    const bytes = [this.#sent, this.#acknowledged, this.#blocks, this.#log];
    for (let from = 0; from < old.series.length; from++) {
      const series = old.series[from] ?? EMPTY;
      if (series === EMPTY) continue;
      const offset = old.times[from] ?? 0;
      const slot = this.#slot(series, offset);
      this.#series[slot] = series;
      this.#times[slot] = offset;
      for (const [i, cells] of bytes.entries()) cells[slot] = old.bytes[i]?.[from] ?? 0;
    }
  }
}

function increment(cells: Uint8Array, slot: number): void {
  cells[slot] = Math.min(COUNT_MAX, (cells[slot] ?? 0) + 1);
}
