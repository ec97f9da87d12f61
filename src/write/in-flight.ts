// How many body bytes are under way at once. A request reserves before its body is read, so that
// any number of senders costs bounded memory; who comes over the budget is told to come back.

import { VarveError } from '../base/errors/varve-error.ts';

/** Body bytes under way in the whole process, unless configured. */
export const IN_FLIGHT_BYTES_MAX = 128 * 1024 * 1024;

/** The budget and what is reserved of it. */
export class InFlightBytes {
  readonly #bytesMax: number;
  #bytes = 0;
  #requests = 0;

  constructor(bytesMax: number = IN_FLIGHT_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes reserved now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Requests that hold a reservation now. */
  get requests(): number {
    return this.#requests;
  }

  /**
   * Reserves `sizeBytes`; the caller gives the same number to `release`.
   * A single body is always let in when nothing else is, however small the budget.
   * @throws VarveError `overloaded`
   */
  reserve(sizeBytes: number): void {
    if (this.#requests > 0 && this.#bytes + sizeBytes > this.#bytesMax) {
      throw new VarveError('overloaded', 'Too many bytes of write requests are under way.');
    }
    this.#bytes += sizeBytes;
    this.#requests++;
  }

  release(sizeBytes: number): void {
    this.#bytes -= sizeBytes;
    this.#requests--;
  }
}
