// An open file with blocking calls, for job threads and start-up.
// Invariant: `write` returns only when every byte was taken. On a full disk the operating system
// takes some of the bytes and Node reports that as a smaller count, without any error.

import { closeSync, fstatSync, fsyncSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import type { SyncFile } from './disk.ts';
import { diskError, shortWriteError } from './disk-errors.ts';

/** A file descriptor and its path. */
export class NodeSyncFile implements SyncFile {
  readonly path: string;
  readonly #fd: number;
  #open = true;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  read(into: Uint8Array, position: number): number {
    return this.#attempt('read', () => {
      let filled = 0;
      // A short read is legal at any place; only a read of nothing means the end of the file.
      while (filled < into.length) {
        const count = readSync(this.#fd, into, filled, into.length - filled, position + filled);
        if (count === 0) break;
        filled += count;
      }
      return filled;
    });
  }

  write(bytes: Uint8Array, position: number): void {
    this.#attempt('write', () => {
      const first = writeSync(this.#fd, bytes, 0, bytes.length, position);
      if (first === bytes.length) return;
      const rest = bytes.length - first;
      const second = writeSync(this.#fd, bytes, first, rest, position + first);
      if (second !== rest) throw shortWriteError(this.path, first + second, bytes.length);
    });
  }

  sizeBytes(): number {
    return this.#attempt('look at', () => fstatSync(this.#fd).size);
  }

  truncate(sizeBytes: number): void {
    this.#attempt('truncate', () => ftruncateSync(this.#fd, sizeBytes));
  }

  sync(): void {
    this.#attempt('sync', () => fsyncSync(this.#fd));
  }

  close(): void {
    if (!this.#open) return; // closing twice could close a stranger's descriptor
    this.#open = false;
    this.#attempt('close', () => closeSync(this.#fd), true);
  }

  #attempt<T>(operation: string, call: () => T, closing = false): T {
    try {
      if (!this.#open && !closing) throw Object.assign(new Error('closed'), { code: 'EBADF' });
      return call();
    } catch (thrown) {
      throw diskError(operation, this.path, thrown);
    }
  }
}
