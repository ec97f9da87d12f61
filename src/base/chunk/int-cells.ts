// A row of whole numbers that are written as deltas of deltas: the integer fields of histogram
// chunks (docs/formats/chunks.md). The first difference counts from a difference of 0.

import type { BitSink } from './bit-sink.ts';
import type { BitWindow } from './bit-window.ts';
import { putVarbitInt, readVarbitInt } from './varbit.ts';

export class IntCells {
  length = 0;
  #values = new Float64Array(32);
  #deltas = new Float64Array(32);

  /** Begins anew with so many cells, all of them zero. */
  reset(length: number): void {
    if (length > this.#values.length) {
      this.#values = new Float64Array(length * 2);
      this.#deltas = new Float64Array(length * 2);
    }
    this.#values.fill(0, 0, length);
    this.#deltas.fill(0, 0, length);
    this.length = length;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  /** The first value of a cell, which is written or read elsewhere. */
  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  /** Writes the delta of deltas. */
  put(sink: BitSink, index: number, value: number): void {
    const delta = value - this.#values[index]!;
    putVarbitInt(sink, delta - this.#deltas[index]!);
    this.#deltas[index] = delta;
    this.#values[index] = value;
  }

  /** Writes that nothing changed: what a stale marker says about counts. */
  putNothing(sink: BitSink): void {
    putVarbitInt(sink, 0);
  }

  /** Reads what `put` wrote. */
  read(bits: BitWindow, index: number): void {
    this.#deltas[index]! += readVarbitInt(bits);
    this.#values[index]! += this.#deltas[index]!;
    if (!Number.isSafeInteger(this.#values[index]!))
      throw bits.damaged('holds a time or count beyond 2^53');
  }
}
