// Growable typed-array columns: what batches of samples are made of.
//
// A column is a typed array with a length of its own. Hot loops fill one with `push` and read it
// with `at`; both are small enough for V8 to inline. Columns are reused from request to request
// (`clear` keeps the memory), so that a request in a steady stream allocates nothing.
// Invariant: 0 <= length <= capacity; `at` is called with 0 <= index < length (the caller's duty:
// columns are filled by our own code, never indexed with a number from outside).

/** 64-bit floats; also holds integers up to 2^53, such as timestamps in milliseconds. */
export class F64Column {
  #cells: Float64Array;
  length = 0;

  constructor(capacity = 64) {
    this.#cells = new Float64Array(capacity);
  }

  at(index: number): number {
    return this.#cells[index]!;
  }

  set(index: number, value: number): void {
    this.#cells[index] = value;
  }

  push(value: number): void {
    if (this.length === this.#cells.length) this.#grow();
    this.#cells[this.length++] = value;
  }

  clear(): void {
    this.length = 0;
  }

  /** The filled part, without a copy; valid until the next push. */
  view(): Float64Array {
    return this.#cells.subarray(0, this.length);
  }

  #grow(): void {
    const grown = new Float64Array(this.#cells.length * 2);
    grown.set(this.#cells);
    this.#cells = grown;
  }
}

/** Unsigned 32-bit integers. */
export class U32Column {
  #cells: Uint32Array;
  length = 0;

  constructor(capacity = 64) {
    this.#cells = new Uint32Array(capacity);
  }

  at(index: number): number {
    return this.#cells[index]!;
  }

  set(index: number, value: number): void {
    this.#cells[index] = value;
  }

  push(value: number): void {
    if (this.length === this.#cells.length) this.#grow();
    this.#cells[this.length++] = value;
  }

  /**
   * The cells, with room for at least `count` more from `length` on: for loops in base/bytes that
   * fill many at once and then set `length`. Valid until the next push or reserve.
   */
  reserve(count: number): Uint32Array {
    while (this.length + count > this.#cells.length) this.#grow();
    return this.#cells;
  }

  /** Becomes what `table` has at each of `indexes`, which must all be below its length. */
  lookUp(indexes: U32Column, table: U32Column): void {
    const count = indexes.length;
    this.length = 0;
    const cells = this.reserve(count);
    const from = indexes.#cells;
    const values = table.#cells;
    for (let i = 0; i < count; i++) cells[i] = values[from[i]!]!;
    this.length = count;
  }

  clear(): void {
    this.length = 0;
  }

  /** The filled part, without a copy; valid until the next push. */
  view(): Uint32Array {
    return this.#cells.subarray(0, this.length);
  }

  #grow(): void {
    const grown = new Uint32Array(this.#cells.length * 2);
    grown.set(this.#cells);
    this.#cells = grown;
  }
}
