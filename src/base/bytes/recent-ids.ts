// A small memory of what was looked up last: in front of a hash table whose hash is dear, because
// the same few strings and labels come again and again. One guess per cell; who asks proves it.

const CELLS = 4096;

export class RecentIds {
  /** Number + 1; 0 is nothing. */
  readonly #cells = new Uint32Array(CELLS);
  #stale = false;

  /** The number that was put last under this key, or -1. */
  guess(key: number): number {
    if (this.#stale) {
      this.#cells.fill(0);
      this.#stale = false;
    }
    return this.#cells[key >>> 20]! - 1;
  }

  put(key: number, number: number): void {
    this.#cells[key >>> 20] = number + 1;
  }

  /** Something was removed: no guess from before may be given again. */
  forget(): void {
    this.#stale = true;
  }
}

/** A cheap key of a string: its length, beginning and end. */
export function keyOfBytes(view: DataView, start: number, length: number): number {
  if (length < 4) {
    let word = length;
    for (let i = 0; i < length; i++) word = (word << 8) | view.getUint8(start + i);
    return Math.imul(word, 0x9e3779b1);
  }
  const first = view.getInt32(start, true);
  const last = view.getInt32(start + length - 4, true);
  return Math.imul(Math.imul(first, 0x85ebca6b) ^ (last + length), 0x9e3779b1);
}

/** A cheap key of two numbers. */
export function keyOfPair(a: number, b: number): number {
  return Math.imul(Math.imul(a, 0x85ebca6b) ^ b, 0x9e3779b1);
}
