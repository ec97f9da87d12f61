// An object read from front to back by ranges, one range ahead of whoever reads: how the files of a
// block come down that is merged (block/stream/byte-feed.ts).
//
// Invariant: in memory are the window at hand, the one under way, a seam (what lies across the
// border of two windows and was asked for as one) and, of a reader that goes back, one detour.
// Every byte of the forward way goes into the checksum once, and only those of seams are copied.
//
// Who needs some of the object only has it `skip`: what lies between is not fetched, no range is
// ahead before two were read one after the other, and there is no checksum of the whole.

import { crc32c } from '../base/bytes/crc32c.ts';
import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { ByteFeed } from '../block/stream/byte-feed.ts';
import type { BucketReader, CallOptions } from './bucket.ts';

/** What is read. */
export interface FeedObject {
  readonly key: string;
  /** By the listing. */
  readonly sizeBytes: number;
  /** Names the file in errors. */
  readonly name: string;
}

export interface FeedOptions extends CallOptions {
  /** Bytes of a request. */
  readonly windowBytes: number;
  /** Leaves out what nobody asks for; everything is fetched by default. */
  readonly isSkipping?: boolean;
  /** Told of the bytes that came. */
  readonly onBytes: (bytes: number) => void;
  /** Makes the error for an object that is not as listed. */
  readonly damaged: (name: string, offset: number, what: string) => VarveError;
}

/** Bytes [start, start + bytes.length) of the object. */
interface Window {
  readonly start: number;
  readonly bytes: Uint8Array;
}

type Fetched = { readonly bytes: Uint8Array } | { readonly failure: unknown };

const NOTHING: Window = { start: 0, bytes: new Uint8Array(0) };

/** See the head of the file. */
export class ObjectFeed implements ByteFeed {
  readonly name: string;
  readonly sizeBytes: number;
  loaded = NOTHING.bytes;
  readonly #bucket: BucketReader;
  readonly #key: string;
  readonly #options: FeedOptions;
  #hand = NOTHING;
  #seam = NOTHING;
  #detour = NOTHING;
  #next: Promise<Fetched> | undefined;
  #crc = 0;
  /** Is the next range fetched before it is asked for? */
  #isAhead: boolean;

  constructor(bucket: BucketReader, object: FeedObject, options: FeedOptions) {
    this.#bucket = bucket;
    this.#key = object.key;
    this.name = object.name;
    this.sizeBytes = object.sizeBytes;
    this.#options = options;
    this.#isAhead = options.isSkipping !== true;
  }

  get crcOfWhole(): number | undefined {
    if (this.#options.isSkipping === true) return undefined;
    return this.#handEnd === this.sizeBytes ? this.#crc : undefined;
  }

  has(start: number, length: number): boolean {
    return (
      isIn(this.#hand, start, length) ||
      isIn(this.#seam, start, length) ||
      isIn(this.#detour, start, length)
    );
  }

  read(start: number, length: number): Uint8Array {
    const at = this.load(start, length);
    return this.loaded.subarray(at, at + length);
  }

  load(start: number, length: number): number {
    if (start < 0 || length < 0 || start + length > this.sizeBytes) {
      const what = `${length} bytes wanted of ${this.sizeBytes} in all`;
      throw this.#options.damaged(this.name, start, what);
    }
    let window = this.#hand;
    if (!isIn(window, start, length)) window = this.#seam;
    if (!isIn(window, start, length)) window = this.#detour;
    if (!isIn(window, start, length))
      throw new VarveError('internal', `${this.#key} is read at ${start} before it was brought`);
    this.loaded = window.bytes;
    return start - window.start;
  }

  async bring(start: number, length: number): Promise<void> {
    if (this.has(start, length)) return;
    if (start + length > this.sizeBytes) {
      const what = `${length} bytes wanted of ${this.sizeBytes} in all`;
      throw this.#options.damaged(this.name, start, what);
    }
    if (start < this.#hand.start) {
      await this.#goBack(start, length);
      return;
    }
    if (this.#options.isSkipping === true) this.#skipTo(start);
    const parts: Uint8Array[] = [];
    let from = start;
    for (; this.#handEnd < start + length; from = Math.max(from, this.#hand.start)) {
      if (from < this.#handEnd) parts.push(this.#hand.bytes.subarray(from - this.#hand.start));
      // A gap is gone through window by window; only what is wanted must be at hand as one.
      await this.#goOn(start <= this.#handEnd ? start + length : 0);
    }
    if (parts.length === 0) return;
    parts.push(this.#hand.bytes.subarray(0, start + length - this.#hand.start));
    this.#seam = { start, bytes: Buffer.concat(parts) };
  }

  async drain(): Promise<void> {
    while (this.#handEnd < this.sizeBytes) await this.#goOn(0);
    this.#hand = { start: this.sizeBytes, bytes: NOTHING.bytes };
    this.#seam = NOTHING;
    this.#detour = NOTHING;
  }

  async isTheSameAgain(offset: number): Promise<boolean> {
    const windows = [this.#hand, this.#seam, this.#detour];
    const window = windows.find((one) => isIn(one, offset, 1));
    if (window !== undefined) {
      const again = await this.#get(window.start, window.bytes.length);
      return Buffer.compare(again, window.bytes) === 0;
    }
    let crc = 0;
    for (let at = 0; at < this.#handEnd; at += this.#options.windowBytes) {
      const length = Math.min(this.#options.windowBytes, this.#handEnd - at);
      crc = crc32c(await this.#get(at, length), crc);
    }
    return crc === this.#crc;
  }

  close(): void {
    this.#next = undefined;
    this.#hand = NOTHING;
    this.#seam = NOTHING;
    this.#detour = NOTHING;
    this.loaded = NOTHING.bytes;
  }

  get #handEnd(): number {
    return this.#hand.start + this.#hand.bytes.length;
  }

  /** The next range is at hand instead of the last one; it ends at `wantedEnd` at least. */
  async #goOn(wantedEnd: number): Promise<void> {
    const end = this.#handEnd;
    const fetched = await (this.#next ?? this.#fetch(end, wantedEnd));
    this.#next = undefined;
    if ('failure' in fetched) throw fetched.failure;
    this.#hand = { start: end, bytes: fetched.bytes };
    this.#crc = crc32c(fetched.bytes, this.#crc);
    const nextStart = this.#handEnd;
    if (this.#isAhead && nextStart < this.sizeBytes) this.#next = this.#fetch(nextStart, 0);
    this.#isAhead = true;
  }

  /** What is further away than the range under way is not gone through. */
  #skipTo(start: number): void {
    const ahead = this.#next === undefined ? 0 : this.#options.windowBytes;
    if (start <= this.#handEnd + ahead) return;
    this.#hand = { start, bytes: NOTHING.bytes };
    this.#next = undefined;
    this.#isAhead = false;
  }

  /** Never rejects: a range whose turn never comes is nobody's unhandled rejection. */
  #fetch(start: number, wantedEnd: number): Promise<Fetched> {
    const wanted = Math.max(this.#options.windowBytes, wantedEnd - start);
    return this.#get(start, Math.min(wanted, this.sizeBytes - start)).then(
      (bytes) => ({ bytes }),
      (failure: unknown) => ({ failure }),
    );
  }

  async #goBack(start: number, length: number): Promise<void> {
    const wanted = Math.max(length, this.#options.windowBytes);
    const bytes = Math.min(wanted, this.sizeBytes - start);
    this.#detour = { start, bytes: await this.#get(start, bytes) };
  }

  /** Exactly the bytes asked for. */
  async #get(offset: number, length: number): Promise<Uint8Array> {
    const { signal, onBytes } = this.#options;
    signal?.throwIfAborted();
    const pieces: Uint8Array[] = [];
    let got = 0;
    try {
      const call = signal === undefined ? {} : { signal };
      for await (const piece of this.#bucket.get(this.#key, { offset, length }, call)) {
        pieces.push(piece);
        got += piece.length;
      }
    } catch (thrown) {
      const { code } = asVarveError(thrown);
      if (code === 'not_found') throw this.#options.damaged(this.name, 0, 'the file is missing');
      if (code !== 'bad_parameter') throw thrown;
    }
    onBytes(got);
    if (got === length) return joined(pieces);
    const what = `the store gave ${got} bytes of ${length}, and lists ${this.sizeBytes} in all`;
    throw this.#options.damaged(this.name, offset + Math.min(got, length), what);
  }
}

function isIn({ start, bytes }: Window, from: number, length: number): boolean {
  return from >= start && from + length <= start + bytes.length;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}
