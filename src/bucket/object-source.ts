// An object of one bucket as what is put into another: read by ranges, as often as the put asks,
// without anything on the disk or in memory. On the way its CRC32C is taken.

import { crc32c } from '../base/bytes/crc32c.ts';
import type { BucketReader, CallOptions, PutSource } from './bucket.ts';

export interface ObjectSourceOptions extends CallOptions {
  /** Told of bytes that are read for the first time. */
  readonly onBytes?: (bytes: number) => void;
}

/** The bytes of an object in another bucket. */
export class ObjectSource implements PutSource {
  readonly sizeBytes: number;
  readonly #bucket: BucketReader;
  readonly #key: string;
  readonly #options: ObjectSourceOptions;
  #furthest = 0;
  /** The CRC32C of the bytes up to `#crcEnd`, when they came one after the other. */
  #crc = 0;
  #crcEnd = 0;
  #isInOrder = true;

  constructor(
    bucket: BucketReader,
    object: { readonly key: string; readonly sizeBytes: number },
    options: ObjectSourceOptions = {},
  ) {
    this.#bucket = bucket;
    this.#key = object.key;
    this.sizeBytes = object.sizeBytes;
    this.#options = options;
  }

  /** How far it has been read. */
  get furthestByte(): number {
    return this.#furthest;
  }

  /** The object's CRC32C as it was read; undefined when parts of it were read out of order. */
  get crcOfWhole(): number | undefined {
    return this.#isInOrder && this.#crcEnd === this.sizeBytes ? this.#crc : undefined;
  }

  async *read(offset: number, length: number): AsyncGenerator<Uint8Array> {
    if (offset === 0) {
      this.#crc = 0;
      this.#crcEnd = 0;
      this.#isInOrder = true;
    }
    const wanted = Math.min(length, this.sizeBytes - offset);
    if (wanted <= 0) return;
    const range = { offset, length: wanted };
    let position = offset;
    for await (const piece of this.#bucket.get(this.#key, range, this.#options)) {
      if (position !== this.#crcEnd) this.#isInOrder = false;
      this.#crc = crc32c(piece, this.#crc);
      position += piece.length;
      this.#crcEnd = position;
      this.#tell(position);
      yield piece;
    }
  }

  #tell(position: number): void {
    if (position <= this.#furthest) return;
    this.#options.onBytes?.(position - this.#furthest);
    this.#furthest = position;
  }
}
