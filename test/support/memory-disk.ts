// A Disk in memory that knows what was synced. `crash()` ends it and returns the disk as a machine
// finds it after a power loss: only what POSIX promises survives (bytes that were fsynced, names
// whose directory was), or, with a seed, any of the outcomes that POSIX allows.
// `faults` makes single operations fail; `capacityBytes` makes the disk run full.

import { dirname, resolve } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import type {
  DirEntry,
  Disk,
  DurableFile,
  FileStat,
  OpenMode,
  SyncFile,
} from '../../src/base/runtime/disk.ts';
import type { Random } from '../../src/base/runtime/random.ts';
import { DiskFaults, faultError } from './disk-faults.ts';
import { MemoryFile } from './memory-file.ts';
import { MemoryDurableFile, MemorySyncFile } from './memory-open-file.ts';
import { changeNames, MemoryDir, type MemoryNode } from './memory-tree.ts';

/** How the disk behaves. */
export interface MemoryDiskOptions {
  /** Bytes that all files together may hold; unlimited by default. */
  readonly capacityBytes?: number;
  /** Awaited by every call of a durable file before it takes effect; a simulation sleeps here. */
  readonly latency?: () => Promise<void>;
  /** For modification times; 0 by default. */
  readonly nowMs?: () => number;
}

/** See the head of the file. */
export class MemoryDisk implements Disk {
  readonly faults = new DiskFaults();
  capacityBytes: number;
  /** By path; a kill leaves them, a loss of power takes them whole (memory-databases.ts). */
  databases = new Map<string, Sqlite.Database>();
  readonly #options: MemoryDiskOptions;
  #root = new MemoryDir();
  #powered = true;

  constructor(options: MemoryDiskOptions = {}) {
    this.#options = options;
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Power loss. This disk fails every call from now on; the returned one holds what survived.
   * @param random chooses among the outcomes that are possible; without it all that is unsynced
   *   is lost
   */
  crash(random?: Random): MemoryDisk {
    const next = new MemoryDisk({ ...this.#options, capacityBytes: this.capacityBytes });
    next.#root = this.#root.afterCrash(random);
    this.#powered = false;
    return next;
  }

  /** Like a SIGKILL: the process's calls stop, the operating system loses nothing. */
  kill(): MemoryDisk {
    const next = new MemoryDisk({ ...this.#options, capacityBytes: this.capacityBytes });
    next.#root = this.#root;
    next.databases = this.databases;
    this.#powered = false;
    return next;
  }

  /** Paths of all files, sorted; for assertions. */
  allFiles(): string[] {
    const found: string[] = [];
    const walk = (dir: MemoryDir, path: string): void => {
      for (const [name, node] of dir.names) {
        if (node instanceof MemoryDir) walk(node, `${path}/${name}`);
        else found.push(`${path}/${name}`);
      }
    };
    walk(this.#root, '');
    return found.sort();
  }

  /** Bytes in all files, counting each name. */
  usedBytes(): number {
    const sizeOf = (node: MemoryNode): number =>
      node instanceof MemoryDir
        ? [...node.names.values()].reduce((sum, one) => sum + sizeOf(one), 0)
        : node.sizeBytes;
    return sizeOf(this.#root);
  }

  openSync(path: string, mode: OpenMode): SyncFile {
    return new MemorySyncFile(path, this.#open(path, mode), this, mode === 'read');
  }

  async openDurable(path: string, mode: 'create' | 'update'): Promise<DurableFile> {
    await this.latency();
    return new MemoryDurableFile(path, this.#open(path, mode), this);
  }

  readFile(path: string): Uint8Array {
    this.check('read', path);
    return this.#file('read', path).view().slice();
  }

  replaceFile(path: string, bytes: Uint8Array): void {
    const temporary = `${path}.tmp`;
    this.removeFile(temporary);
    const file = this.openSync(temporary, 'create');
    try {
      file.write(bytes, 0);
      file.sync();
    } catch (thrown) {
      if (this.#powered) this.removeFile(temporary);
      throw thrown;
    }
    file.close();
    this.rename(temporary, path);
    this.syncDir(dirname(path));
  }

  stat(path: string): FileStat | undefined {
    this.#mustBePowered('look at', path);
    const node = this.#find(path);
    if (node === undefined) return undefined;
    const isDirectory = node instanceof MemoryDir;
    return isDirectory
      ? { sizeBytes: 4096, isDirectory, modifiedMs: 0 }
      : { sizeBytes: node.sizeBytes, isDirectory, modifiedMs: node.modifiedMs };
  }

  list(dir: string): readonly DirEntry[] {
    this.#mustBePowered('list', dir);
    return [...this.#dir('list', dir).names]
      .map(([name, node]) => ({ name, isDirectory: node instanceof MemoryDir }))
      .sort((a, b) => compareNames(a.name, b.name));
  }

  makeDir(dir: string): void {
    const there = this.stat(dir);
    const { parent, name } = place(dir);
    if (there?.isDirectory === true) {
      if (parent !== dir) this.syncDir(parent);
      return;
    }
    this.check('makeDir', dir);
    if (there !== undefined) throw diskFailed('make directory', dir, 'EEXIST');
    this.makeDir(parent);
    this.#name('make directory', parent, name, new MemoryDir());
    this.syncDir(parent);
  }

  rename(from: string, to: string): void {
    this.check('rename', from);
    const source = place(from);
    const target = place(to);
    const node = this.#find(from);
    if (node === undefined) throw notFound(`rename to ${to}`, from);
    const there = this.#find(to);
    if (there instanceof MemoryDir && there.names.size > 0) {
      throw new VarveError('already_exists', `cannot rename to ${to} ${from}: ENOTEMPTY`);
    }
    if (resolve(from) === resolve(to)) return;
    changeNames([
      { dir: this.#dir('rename', target.parent), name: target.name, node },
      { dir: this.#dir('rename', source.parent), name: source.name, node: undefined },
    ]);
  }

  linkNew(existing: string, path: string): void {
    this.check('rename', path);
    const node = this.#file('link', existing);
    if (this.#find(path) !== undefined) {
      throw new VarveError('already_exists', `cannot link ${path}: EEXIST`);
    }
    const { parent, name } = place(path);
    this.#name('link', parent, name, node);
  }

  removeEmptyDir(dir: string): boolean {
    this.check('remove', dir);
    const node = this.#find(dir);
    if (!(node instanceof MemoryDir) || node.names.size > 0) return false;
    const { parent, name } = place(dir);
    this.#name('remove directory', parent, name, undefined);
    return true;
  }

  removeFile(path: string): void {
    this.check('remove', path);
    const node = this.#find(path);
    if (node === undefined) return;
    if (node instanceof MemoryDir) throw diskFailed('remove', path, 'EISDIR');
    const { parent, name } = place(path);
    this.#name('remove', parent, name, undefined);
  }

  removeTree(dir: string): void {
    this.check('remove', dir);
    if (this.#find(dir) === undefined) return;
    const { parent, name } = place(dir);
    this.#name('remove', parent, name, undefined);
  }

  syncDir(dir: string): void {
    this.check('syncDir', dir);
    this.#dir('sync directory', dir).sync();
  }

  freeBytes(path: string): number {
    this.#mustBePowered('look at the file system of', path);
    return Math.max(0, this.capacityBytes - this.usedBytes());
  }

  // What open files need of their disk.

  get isPowered(): boolean {
    return this.#powered;
  }

  /** Throws when the power is off or a fault is ordered for the operation. */
  check(operation: Parameters<DiskFaults['check']>[0], path: string): void {
    this.#mustBePowered(operation, path);
    this.faults.check(operation, path);
  }

  /** Writes all of `bytes`, or what a fault or the capacity lets through, and then throws. */
  writeTo(file: MemoryFile, path: string, bytes: Uint8Array, position: number): void {
    this.#mustBePowered('write', path);
    const fault = this.faults.hit('write', path);
    if (fault !== undefined) {
      this.#put(file, bytes.subarray(0, fault.bytesTaken ?? 0), position);
      throw faultError(fault, path);
    }
    const growth = position + bytes.length - file.sizeBytes;
    if (growth > 0 && Number.isFinite(this.capacityBytes)) {
      const room = this.freeBytes(path);
      if (growth > room) {
        const taken = Math.max(0, bytes.length - (growth - room));
        this.#put(file, bytes.subarray(0, taken), position);
        const counts = `only ${taken} of ${bytes.length} bytes were taken, the disk is full`;
        throw new VarveError('disk_full', `cannot write ${path}: ${counts}`);
      }
    }
    this.#put(file, bytes, position);
  }

  async latency(): Promise<void> {
    await this.#options.latency?.();
  }

  #put(file: MemoryFile, bytes: Uint8Array, position: number): void {
    if (bytes.length > 0) file.write(bytes, position);
    file.modifiedMs = this.#options.nowMs?.() ?? 0;
  }

  #open(path: string, mode: OpenMode): MemoryFile {
    this.check('open', path);
    const node = this.#find(path);
    if (mode === 'create') {
      if (node !== undefined) {
        throw new VarveError('already_exists', `cannot open ${path}: EEXIST`);
      }
      const { parent, name } = place(path);
      const file = new MemoryFile();
      file.modifiedMs = this.#options.nowMs?.() ?? 0;
      this.#name('open', parent, name, file);
      return file;
    }
    return this.#file('open', path);
  }

  #file(operation: string, path: string): MemoryFile {
    const node = this.#find(path);
    if (node === undefined) throw notFound(operation, path);
    if (node instanceof MemoryDir) throw diskFailed(operation, path, 'EISDIR');
    return node;
  }

  #dir(operation: string, path: string): MemoryDir {
    const node = this.#find(path);
    if (!(node instanceof MemoryDir)) throw notFound(operation, path);
    return node;
  }

  #name(operation: string, parent: string, name: string, node: MemoryNode | undefined): void {
    changeNames([{ dir: this.#dir(operation, parent), name, node }]);
  }

  #find(path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.#root;
    for (const name of whole(path).split('/')) {
      if (name === '') continue;
      node = node instanceof MemoryDir ? node.names.get(name) : undefined;
    }
    return node;
  }

  #mustBePowered(operation: string, path: string): void {
    if (!this.#powered) throw diskFailed(operation, path, 'the power is off');
  }
}

/** By their bytes, which for ASCII is the order of characters. */
function compareNames(a: string, b: string): number {
  const isPlain = /^[ -~]*$/.test(a) && /^[ -~]*$/.test(b);
  if (!isPlain) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The path from the root; most come as that, and simulations look up millions. */
function whole(path: string): string {
  const isWhole =
    path.startsWith('/') && !path.includes('/.') && !path.includes('//') && !path.endsWith('/');
  return isWhole ? path : resolve(path);
}

function place(path: string): { parent: string; name: string } {
  const absolute = whole(path);
  return { parent: dirname(absolute), name: absolute.slice(absolute.lastIndexOf('/') + 1) };
}

function notFound(operation: string, path: string): VarveError {
  return new VarveError('not_found', `cannot ${operation} ${path}: ENOENT`);
}

function diskFailed(operation: string, path: string, errno: string): VarveError {
  return new VarveError('disk_failed', `cannot ${operation} ${path}: ${errno}`);
}
