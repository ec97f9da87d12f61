// A number per series reference. References are given out one after another, so that pages of them
// are full: four bytes a series, where a Map would take fifty.

const PAGE_REFS = 4096;

/** Whole numbers below 2^32 by reference; 0 where none was set. */
export class RefTable {
  readonly #pages = new Map<number, DataView>();

  get(ref: number): number {
    const page = this.#pages.get(Math.floor(ref / PAGE_REFS));
    return page === undefined ? 0 : page.getUint32((ref % PAGE_REFS) * 4, true);
  }

  set(ref: number, value: number): void {
    const index = Math.floor(ref / PAGE_REFS);
    let page = this.#pages.get(index);
    if (page === undefined) {
      page = new DataView(new ArrayBuffer(PAGE_REFS * 4));
      this.#pages.set(index, page);
    }
    page.setUint32((ref % PAGE_REFS) * 4, value, true);
  }
}
