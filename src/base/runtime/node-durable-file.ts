// An open file whose calls run on the thread pool: the WAL's segment, so that the engine goes on
// decoding while the device works.
// Invariant: `write` resolves only when every byte was taken (see node-sync-file.ts); no call uses
// the descriptor after `close`, whose number may by then be another file's.

import { close, fdatasync, ftruncate, open, write } from 'node:fs';
import type { DurableFile } from './disk.ts';
import { diskError, shortWriteError } from './disk-errors.ts';
import { OPEN_FLAGS } from './open-flags.ts';

/** Opens `path` on the thread pool; rejects with a VarveError. */
export async function openNodeDurableFile(
  path: string,
  mode: 'create' | 'update',
): Promise<DurableFile> {
  try {
    const fd = await settle<number>((done) => open(path, OPEN_FLAGS[mode], done));
    return new NodeDurableFile(path, fd);
  } catch (thrown) {
    throw diskError('open', path, thrown);
  }
}

class NodeDurableFile implements DurableFile {
  readonly path: string;
  readonly #fd: number;
  #open = true;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await this.#attempt('write', async () => {
      const first = await this.#writeOnce(bytes, position);
      if (first === bytes.length) return;
      this.#mustBeOpen();
      const second = await this.#writeOnce(bytes.subarray(first), position + first);
      if (first + second !== bytes.length) {
        throw shortWriteError(this.path, first + second, bytes.length);
      }
    });
  }

  async dataSync(): Promise<void> {
    await this.#attempt('sync', () => settle<void>((done) => fdatasync(this.#fd, done)));
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#attempt('truncate', () =>
      settle<void>((done) => ftruncate(this.#fd, sizeBytes, done)),
    );
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      await settle<void>((done) => close(this.#fd, done));
    } catch (thrown) {
      throw diskError('close', this.path, thrown);
    }
  }

  #writeOnce(bytes: Uint8Array, position: number): Promise<number> {
    return settle<number>((done) => write(this.#fd, bytes, 0, bytes.length, position, done));
  }

  async #attempt(operation: string, call: () => Promise<void>): Promise<void> {
    try {
      this.#mustBeOpen();
      await call();
    } catch (thrown) {
      throw diskError(operation, this.path, thrown);
    }
  }

  #mustBeOpen(): void {
    if (!this.#open) throw Object.assign(new Error('closed'), { code: 'EBADF' });
  }
}

/** A call with Node's callback as a promise; `util.promisify` allocates more on this hot path. */
function settle<T>(
  start: (done: (error: Error | null | undefined, value: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}
