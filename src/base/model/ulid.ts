// ULIDs: the names of blocks. 48 bits of time, then 80 random bits, as 26 characters of Crockford's
// base 32, so that names sort by the time they were made (github.com/ulid/spec).
//
// Invariant: the ULIDs of one maker only ever grow, within a millisecond and when the clock goes
// back.

import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;
// The first character holds three bits only: 10 × 5 bits are two more than the time's 48.
const VALID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Is `text` a ULID as block directories are named: 26 characters, upper case? */
export function isUlid(text: string): boolean {
  return VALID.test(text);
}

/** The time in a ULID, milliseconds since the epoch; undefined when `text` is not a ULID. */
export function ulidTimeMs(text: string): number | undefined {
  if (!isUlid(text)) return undefined;
  let timeMs = 0;
  for (const character of text.slice(0, TIME_CHARACTERS))
    timeMs = timeMs * 32 + ALPHABET.indexOf(character);
  return timeMs;
}

/** Makes ULIDs that grow. One per process: two makers know nothing of each other. */
export class UlidMaker {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #digits = new DataView(new ArrayBuffer(RANDOM_CHARACTERS));
  #lastMs = -1;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The next ULID: of now, or one above the last when the clock has not moved on. */
  next(): string {
    const nowMs = Math.max(0, Math.floor(this.#clock.nowMs()));
    if (nowMs > this.#lastMs) {
      this.#lastMs = nowMs;
      this.#draw();
    } else if (!this.#increment()) {
      this.#lastMs++;
      this.#draw();
    }
    return timeText(this.#lastMs) + this.#randomText();
  }

  #draw(): void {
    const bytes = this.#random.bytes(RANDOM_CHARACTERS);
    for (const [at, byte] of bytes.entries()) this.#digits.setUint8(at, byte & 31);
  }

  /** Adds one to the random part; false when it was all ones. */
  #increment(): boolean {
    for (let at = RANDOM_CHARACTERS - 1; at >= 0; at--) {
      const digit = this.#digits.getUint8(at);
      this.#digits.setUint8(at, (digit + 1) & 31);
      if (digit < 31) return true;
    }
    return false;
  }

  #randomText(): string {
    let text = '';
    for (let at = 0; at < RANDOM_CHARACTERS; at++)
      text += ALPHABET.charAt(this.#digits.getUint8(at));
    return text;
  }
}

function timeText(timeMs: number): string {
  let text = '';
  for (let i = 0; i < TIME_CHARACTERS; i++) {
    text = ALPHABET.charAt(timeMs % 32) + text;
    timeMs = Math.floor(timeMs / 32);
  }
  return text;
}
