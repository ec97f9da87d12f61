// WAL reference → slot, while a log is replayed. References count up, so pages of an array are both
// smaller and faster than a Map; a page is made when the first of its references comes.

const PAGE_BITS = 14;
const PAGE_CELLS = 1 << PAGE_BITS;

/** What `get` says when the reference is not known. */
export const NO_SLOT = 0xffffffff;

export class RefMap {
  readonly #pages = new Map<number, Uint32Array>();
  #lastNumber = -1;
  #lastPage: Uint32Array = new Uint32Array(0);

  set(ref: number, slot: number): void {
    const number = Math.floor(ref / PAGE_CELLS);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Uint32Array(PAGE_CELLS).fill(NO_SLOT);
      this.#pages.set(number, page);
    }
    page[ref % PAGE_CELLS] = slot;
  }

  get(ref: number): number {
    const number = Math.floor(ref / PAGE_CELLS);
    if (number !== this.#lastNumber) {
      const page = this.#pages.get(number);
      if (page === undefined) return NO_SLOT;
      this.#lastNumber = number;
      this.#lastPage = page;
    }
    return this.#lastPage[ref % PAGE_CELLS]!;
  }
}
