// The bytes of an object as they come, asked for by length.

import { VarveError } from '../../base/errors/varve-error.ts';

/** Reads forward only. Throws `damaged_object` when the object ends before what was asked for. */
export class ByteStream {
  readonly #name: string;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #left: Uint8Array = new Uint8Array(0);

  /** @param name names the object in errors */
  constructor(pieces: AsyncIterable<Uint8Array>, name: string) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#name = name;
  }

  /** The next `length` bytes in one; for what is known to be small. */
  async take(length: number): Promise<Uint8Array> {
    const into = new Uint8Array(length);
    await this.pass(length, (bytes, at) => into.set(bytes, at));
    return into;
  }

  /** Hands on the next `length` bytes as they come, with where among them they begin. */
  async pass(length: number, to: (bytes: Uint8Array, at: number) => void): Promise<void> {
    for (let at = 0; at < length; ) {
      if (this.#left.length === 0) await this.#more();
      const bytes = this.#left.subarray(0, length - at);
      this.#left = this.#left.subarray(bytes.length);
      to(bytes, at);
      at += bytes.length;
    }
  }

  /** Lets go of the rest. */
  async end(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#pieces.next();
    if (done === true) throw new VarveError('damaged_object', `${this.#name} is too short`);
    this.#left = value;
  }
}
