// A file that is written once, from front to back, and hashed on the way: what a block's files are
// made of. Nothing is ever read back or overwritten, so the hashes are those of what was handed in.

import { createHash } from 'node:crypto';
import { ByteWriter } from '../base/bytes/byte-writer.ts';
import { crc32c } from '../base/bytes/crc32c.ts';
import type { Disk, SyncFile } from '../base/runtime/disk.ts';

/** Size and checksums of a whole file. */
export interface FileDigest {
  /** Within the block, such as `chunks/000001`. */
  readonly relPath: string;
  readonly sizeBytes: number;
  readonly crc32c: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

const BUFFER_BYTES = 256 * 1024;
const FIRST_BYTES = 8 * 1024;

/** A new file at `path`; buffered until `finish`. */
export class HashedFile {
  /** Where it lies. */
  readonly path: string;
  readonly #file: SyncFile;
  readonly #relPath: string;
  readonly #buffer = new ByteWriter(FIRST_BYTES); // grows; most blocks are of small tenants
  readonly #sha256 = createHash('sha256');
  #crc32c = 0;
  #written = 0;
  #closed = false;

  constructor(disk: Disk, path: string, relPath: string) {
    this.#file = disk.openSync(path, 'create');
    this.path = path;
    this.#relPath = relPath;
  }

  /** Bytes handed in so far: where the next one will be. */
  get position(): number {
    return this.#written + this.#buffer.length;
  }

  /** Appends a copy of `bytes`. */
  write(bytes: Uint8Array): void {
    this.#buffer.bytes(bytes);
    if (this.#buffer.length >= BUFFER_BYTES) this.#flush();
  }

  /** Appends a copy of [start, end) of `bytes`. */
  writeRange(bytes: Uint8Array, start: number, end: number): void {
    this.#buffer.bytes(bytes, start, end);
    if (this.#buffer.length >= BUFFER_BYTES) this.#flush();
  }

  /** Appends zero bytes until the position is a multiple of `alignment`. */
  align(alignment: number): void {
    const over = this.position % alignment;
    if (over !== 0) this.#buffer.zeros(alignment - over);
  }

  /** Writes and syncs what is left, and closes the file. */
  finish(): FileDigest {
    return this.#finish(true);
  }

  /** As `finish`, of a file that is sent away and removed: a crash may lose it. */
  finishUnsynced(): FileDigest {
    return this.#finish(false);
  }

  #finish(isDurable: boolean): FileDigest {
    this.#flush();
    if (isDurable) this.#file.sync();
    this.close();
    return {
      relPath: this.#relPath,
      sizeBytes: this.#written,
      crc32c: this.#crc32c,
      sha256: this.#sha256.digest('hex'),
    };
  }

  /** Closes the file as it is; harmless when it is closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
  }

  #flush(): void {
    const bytes = this.#buffer.view();
    if (bytes.length === 0) return;
    this.#file.write(bytes, this.#written);
    this.#crc32c = crc32c(bytes, this.#crc32c);
    this.#sha256.update(bytes);
    this.#written += bytes.length;
    this.#buffer.clear();
  }
}
