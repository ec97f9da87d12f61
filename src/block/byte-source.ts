// A bounded range of bytes that a reader takes pieces of: a file, or bytes in memory. What a piece
// may be is checked against the size before anything is allocated; a length in a damaged file is
// any number.

import { crc32c } from '../base/bytes/crc32c.ts';
import { assert } from '../base/errors/assert.ts';
import type { Disk, SyncFile } from '../base/runtime/disk.ts';
import { damagedBlock } from './damage.ts';

/** Bytes to read from. Positions outside are `damaged_block`. */
export interface ByteSource {
  /** Names the file in errors and findings. */
  readonly name: string;
  readonly sizeBytes: number;
  /** The bytes [start, start + length); valid until the next call. */
  read(start: number, length: number): Uint8Array;
  /**
   * Makes the bytes [start, start + length) stand in `loaded` and returns where. For loops over
   * small pieces: no array is made for each.
   */
  load(start: number, length: number): number;
  /** What the last `load` filled; valid until the next call. */
  readonly loaded: Uint8Array;
}

/** How much is read ahead from a file. */
const WINDOW_BYTES = 256 * 1024;

/** Is [start, start + length) in the source? Else it is damage, found at `start`. */
function checkRange(source: ByteSource, start: number, length: number): void {
  const fits = start >= 0 && length >= 0 && start + length <= source.sizeBytes;
  if (!fits)
    throw damagedBlock(source.name, start, `${length} bytes wanted of ${source.sizeBytes} in all`);
}

/** Bytes that are in memory already. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly #bytes: Uint8Array;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.#bytes = bytes;
  }

  get sizeBytes(): number {
    return this.#bytes.length;
  }

  get loaded(): Uint8Array {
    return this.#bytes;
  }

  read(start: number, length: number): Uint8Array {
    checkRange(this, start, length);
    return this.#bytes.subarray(start, start + length);
  }

  load(start: number, length: number): number {
    checkRange(this, start, length);
    return start;
  }
}

/** An open file, read through a window that moves forward; a larger piece gets its own buffer. */
export class FileSource implements ByteSource {
  readonly name: string;
  readonly sizeBytes: number;
  loaded: Uint8Array;
  readonly #file: SyncFile;
  readonly #buffer: Uint8Array;
  #start = 0;
  #filled = 0;

  /** Opens `path`; its errors call it `name`. */
  constructor(disk: Disk, path: string, name = path) {
    this.name = name;
    this.#file = disk.openSync(path, 'read');
    this.sizeBytes = this.#file.sizeBytes();
    this.#buffer = new Uint8Array(Math.min(WINDOW_BYTES, this.sizeBytes));
    this.loaded = this.#buffer;
  }

  read(start: number, length: number): Uint8Array {
    const at = this.load(start, length);
    return this.loaded.subarray(at, at + length);
  }

  load(start: number, length: number): number {
    checkRange(this, start, length);
    if (length > this.#buffer.length) {
      this.loaded = new Uint8Array(length);
      this.#fill(this.loaded, start);
      return 0;
    }
    if (start < this.#start || start + length > this.#start + this.#filled) {
      this.#filled = 0;
      const count = Math.min(this.#buffer.length, this.sizeBytes - start);
      this.#fill(this.#buffer.subarray(0, count), start);
      this.#start = start;
      this.#filled = count;
    }
    this.loaded = this.#buffer;
    return start - this.#start;
  }

  close(): void {
    this.#file.close();
  }

  #fill(into: Uint8Array, start: number): void {
    const count = this.#file.read(into, start);
    if (count < into.length)
      throw damagedBlock(this.name, start + count, 'the file has become shorter');
  }
}

/** The CRC-32C of [start, end), read piece by piece. */
export function crcOfRange(source: ByteSource, start: number, end: number): number {
  let crc = 0;
  for (let at = start; at < end; at += WINDOW_BYTES)
    crc = crc32c(source.read(at, Math.min(WINDOW_BYTES, end - at)), crc);
  return crc;
}

/** All of [start, end) in one array of its own. */
export function copyOfRange(source: ByteSource, start: number, end: number): Uint8Array {
  assert(end >= start, 'a range that does not go back');
  checkRange(source, start, end - start);
  const copy = new Uint8Array(end - start);
  for (let at = start; at < end; at += WINDOW_BYTES)
    copy.set(source.read(at, Math.min(WINDOW_BYTES, end - at)), at - start);
  return copy;
}
