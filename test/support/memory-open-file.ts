// Open files of the simulated disk. A durable file's call takes effect when the disk's latency has
// passed; what was written before a sync began is what that sync makes durable.

import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { DurableFile, SyncFile } from '../../src/base/runtime/disk.ts';
import type { DiskFaults } from './disk-faults.ts';
import type { MemoryFile } from './memory-file.ts';

/** What an open file asks of its disk. */
interface FileHost {
  readonly isPowered: boolean;
  check(operation: Parameters<DiskFaults['check']>[0], path: string): void;
  writeTo(file: MemoryFile, path: string, bytes: Uint8Array, position: number): void;
  latency(): Promise<void>;
}

/** A file with blocking calls. */
export class MemorySyncFile implements SyncFile {
  readonly path: string;
  readonly #file: MemoryFile;
  readonly #host: FileHost;
  readonly #readOnly: boolean;
  #open = true;

  constructor(path: string, file: MemoryFile, host: FileHost, readOnly: boolean) {
    this.path = path;
    this.#file = file;
    this.#host = host;
    this.#readOnly = readOnly;
  }

  read(into: Uint8Array, position: number): number {
    mustBeOpen(this.#open, 'read', this.path);
    this.#host.check('read', this.path);
    const found = this.#file.view().subarray(position, position + into.length);
    into.set(found);
    return found.length;
  }

  write(bytes: Uint8Array, position: number): void {
    mustBeOpen(this.#open && !this.#readOnly, 'write', this.path);
    this.#host.writeTo(this.#file, this.path, bytes, position);
  }

  sizeBytes(): number {
    mustBeOpen(this.#open, 'look at', this.path);
    return this.#file.sizeBytes;
  }

  truncate(sizeBytes: number): void {
    mustBeOpen(this.#open && !this.#readOnly, 'truncate', this.path);
    this.#host.check('truncate', this.path);
    this.#file.truncate(sizeBytes);
  }

  sync(): void {
    mustBeOpen(this.#open, 'sync', this.path);
    syncFile(this.#file, this.#file.syncMark(), this.#host, this.path);
  }

  close(): void {
    this.#open = false;
  }
}

/** A file whose calls settle later. */
export class MemoryDurableFile implements DurableFile {
  readonly path: string;
  readonly #file: MemoryFile;
  readonly #host: FileHost;
  #open = true;

  constructor(path: string, file: MemoryFile, host: FileHost) {
    this.path = path;
    this.#file = file;
    this.#host = host;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    mustBeOpen(this.#open, 'write', this.path);
    await this.#host.latency();
    this.#host.writeTo(this.#file, this.path, bytes, position);
  }

  async dataSync(): Promise<void> {
    mustBeOpen(this.#open, 'sync', this.path);
    const mark = this.#file.syncMark();
    await this.#host.latency();
    syncFile(this.#file, mark, this.#host, this.path);
  }

  async truncate(sizeBytes: number): Promise<void> {
    mustBeOpen(this.#open, 'truncate', this.path);
    await this.#host.latency();
    this.#host.check('truncate', this.path);
    this.#file.truncate(sizeBytes);
  }

  async close(): Promise<void> {
    this.#open = false;
  }
}

function syncFile(file: MemoryFile, mark: number, host: FileHost, path: string): void {
  try {
    host.check('sync', path);
  } catch (thrown) {
    // After a kill the kernel still has the pages, and the next process syncs them.
    if (host.isPowered) file.syncFailed(mark);
    throw thrown;
  }
  file.synced(mark);
}

function mustBeOpen(open: boolean, operation: string, path: string): void {
  if (!open) throw new VarveError('disk_failed', `cannot ${operation} ${path}: EBADF`);
}
