// One object, or a range of one, read by as many requests as it takes.
//
// Invariant: all bytes passed on are of one version of the object. What cannot be known to be so is
// not passed on.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { ByteRange, GetOptions, ObjectAttributes } from './bucket.ts';

/** See the head of the file. */
export class ResumedRead {
  /** For every request of it. */
  readonly options: GetOptions;
  readonly #key: string;
  readonly #offset: number;
  /** Of the range; what it has beyond the object's end is cut off when it is known. */
  #length: number | undefined;
  #gotBytes = 0;
  /** Of what was passed on. */
  #version: string | undefined;
  /** What the request under way says it reads. */
  #versionNow: string | undefined;

  constructor(key: string, range: ByteRange | undefined, options: GetOptions) {
    this.#key = key;
    this.#offset = range?.offset ?? 0;
    this.#length = range?.length;
    const onVersion = (version: string): void => {
      this.#versionNow = version;
      // The caller is told once; a read that has given nothing may begin anew with another.
      if (!this.isUnderWay) options.onVersion?.(version);
    };
    this.options = { ...options, onVersion };
  }

  /** Bytes were passed on: what comes next has to fit behind them. */
  get isUnderWay(): boolean {
    return this.#gotBytes > 0;
  }

  /** Nothing is missing; only the end of an answer was lost. */
  get isWhole(): boolean {
    return this.isUnderWay && this.#length !== undefined && this.#gotBytes >= this.#length;
  }

  /** What the next request is to ask for. */
  rest(): ByteRange | undefined {
    this.#versionNow = undefined;
    if (this.#length === undefined) return undefined;
    return { offset: this.#offset + this.#gotBytes, length: this.#length - this.#gotBytes };
  }

  /** Takes note of a piece that is about to be passed on, or throws when it does not fit. */
  check(piece: Uint8Array): void {
    if (!this.isUnderWay) this.#version = this.#versionNow;
    else if (this.#versionNow !== this.#version) throw this.#replaced();
    this.#gotBytes += piece.length;
  }

  /**
   * Whether another request may take the read up. Not when the store did not say which version it
   * read; nor when something is damaged, which may be what was passed on.
   */
  canGoOn(thrown: unknown): boolean {
    if (!this.isUnderWay) return true;
    return this.#version !== undefined && asVarveError(thrown).code !== 'damaged_object';
  }

  /** The read broke off, and this is what there is now. */
  goOn({ version, sizeBytes }: ObjectAttributes): void {
    if (version !== this.#version) throw this.#replaced();
    const left = sizeBytes - this.#offset;
    this.#length = Math.min(this.#length ?? left, left);
  }

  #replaced(): VarveError {
    const text = `${this.#key} was replaced by another while it was read; read it again`;
    return new VarveError('store_unavailable', text);
  }
}
