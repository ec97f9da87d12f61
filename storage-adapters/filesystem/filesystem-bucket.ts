// A bucket that is a directory: objects are files, `/` in a key is a directory.
//
// Invariant: an object is there whole and on the device, or not at all. Bytes go to a temporary
// name in the object's own directory, are synced, renamed over the final name, and the directories
// that changed are synced. (A plain copy to the final name leaves half a meta.json after a power
// cut.) Attributes, which an uploader goes by, are told only of an object whose name is durable.
// Conditional writes need no lock: `ifAbsent` is a hard link, which fails when the name is
// taken; `ifVersion` links the successor under a name made from the version that it replaces, so
// that of several writers one wins; whoever finds such a link completes the rename.

import { createHash } from 'node:crypto';
import { crc32c } from '../../src/base/bytes/crc32c.ts';
import { asVarveError, VarveError } from '../../src/base/errors/varve-error.ts';
import { compareUtf8 } from '../../src/base/model/labels.ts';
import type { DirEntry, Disk } from '../../src/base/runtime/disk.ts';
import { readFilePieces } from '../../src/base/runtime/file-pieces.ts';
import type { Random } from '../../src/base/runtime/random.ts';
import type {
  Bucket,
  ByteRange,
  CallOptions,
  GetOptions,
  ListedObject,
  ObjectAttributes,
  PutOptions,
  PutSource,
  RequestObserver,
  SweepOptions,
  UnfinishedUpload,
} from '../../src/bucket/bucket.ts';
import { checkKey } from '../check-key.ts';
import { bothObservers, told, toldStream, UNOBSERVED, untilAborted } from '../told.ts';
import { asStoreError } from './errors.ts';
import type { FilesystemBucketOptions } from './options.ts';

/** Names that begin so are ours: writes under way, never objects. */
const OWN_PREFIX = '.varve-';
/** Of these, bytes on their way. */
const PUT_PREFIX = `${OWN_PREFIX}put-`;
/** Objects of a listing at a time. */
const PAGE_OBJECTS = 1000;
/**
 * Objects above this have size and time as version; smaller ones their digest. What is overwritten
 * on a condition (leases) is far smaller, and every read of a range tells the version.
 */
const DIGEST_BYTES_MAX = 64 * 1024;

export class FilesystemBucket implements Bucket {
  readonly name: string;
  readonly #root: string;
  readonly #disk: Disk;
  readonly #random: Random;
  readonly #options: FilesystemBucketOptions;
  readonly #observe: RequestObserver;

  constructor(
    options: FilesystemBucketOptions,
    { disk, random }: { readonly disk: Disk; readonly random: Random },
    observe: RequestObserver = UNOBSERVED,
  ) {
    this.#options = options;
    this.#observe = observe;
    this.#root = options.directory.replace(/\/+$/, '') || '/';
    this.name = `filesystem:${this.#root}`;
    this.#disk = disk;
    this.#random = random;
    this.#disk.makeDir(this.#root);
  }

  get(key: string, range?: ByteRange, options?: GetOptions): AsyncIterable<Uint8Array> {
    const pieces = untilAborted(this.#read(key, range, options), options);
    return toldStream(this.#observe, { class: 'read', operation: 'read' }, pieces);
  }

  attributes(key: string): Promise<ObjectAttributes> {
    const run = async () => this.#attributes(key);
    return told(this.#observe, { class: 'read', operation: 'stat' }, run);
  }

  exists(key: string): Promise<boolean> {
    return told(this.#observe, { class: 'read', operation: 'stat' }, async () => {
      const stat = this.#disk.stat(this.#path(key));
      return stat !== undefined && !stat.isDirectory;
    });
  }

  async *list(prefix: string, options?: CallOptions): AsyncIterable<readonly ListedObject[]> {
    await told(this.#observe, { class: 'list', operation: 'readdir' }, async () => undefined);
    const cut = prefix.lastIndexOf('/') + 1;
    const dir = cut === 0 ? this.#root : this.#path(prefix.slice(0, cut - 1));
    if (this.#disk.stat(dir)?.isDirectory !== true) return;
    let page: ListedObject[] = [];
    for (const object of this.#walk(prefix.slice(0, cut))) {
      if (!object.key.startsWith(prefix)) continue;
      page.push(object);
      if (page.length < PAGE_OBJECTS) continue;
      options?.signal?.throwIfAborted();
      yield page;
      page = [];
    }
    options?.signal?.throwIfAborted();
    if (page.length > 0) yield page;
  }

  async *listNames(prefix: string): AsyncIterable<string> {
    await told(this.#observe, { class: 'list', operation: 'readdir' }, async () => undefined);
    for (const entry of this.#entries(prefix)) {
      yield entry.isDirectory ? `${entry.name}/` : entry.name;
    }
  }

  put(key: string, source: PutSource, options: PutOptions = {}): Promise<ObjectAttributes> {
    return told(this.#observe, { class: 'write', operation: 'write' }, async (moved) => {
      moved.sentBytes = source.sizeBytes;
      return this.#put(key, source, options);
    });
  }

  delete(key: string): Promise<void> {
    const run = async () => this.#delete(key);
    return told(this.#observe, { class: 'delete', operation: 'unlink' }, run);
  }

  async *listUnfinished(prefix: string, options?: CallOptions): AsyncIterable<UnfinishedUpload> {
    await told(this.#observe, { class: 'list', operation: 'readdir' }, async () => undefined);
    for (const path of this.#puts(this.#dir(prefix))) {
      options?.signal?.throwIfAborted();
      const stat = this.#disk.stat(path);
      if (stat === undefined) continue; // it has become an object meanwhile
      yield { key: path.slice(this.#root.length + 1), id: '', sinceMs: stat.modifiedMs };
    }
  }

  async removeUnfinished(prefix: string, options: SweepOptions = {}): Promise<void> {
    const { beforeMs = Number.POSITIVE_INFINITY } = options;
    await told(this.#observe, { class: 'list', operation: 'readdir' }, async () => {
      for (const path of [...this.#puts(this.#dir(prefix))]) {
        const stat = this.#disk.stat(path);
        if (stat === undefined || stat.modifiedMs >= beforeMs) continue;
        if (!stat.isDirectory) this.#disk.removeFile(path);
        this.#removeEmptyDirs(stat.isDirectory ? path : parentOf(path));
      }
    });
  }

  observedBy(observe: RequestObserver): Bucket {
    const world = { disk: this.#disk, random: this.#random };
    return new FilesystemBucket(this.#options, world, bothObservers(this.#observe, observe));
  }

  async close(): Promise<void> {
    // Nothing is held open between calls.
  }

  async *#read(
    key: string,
    range: ByteRange | undefined,
    options: GetOptions | undefined,
  ): AsyncIterable<Uint8Array> {
    const path = this.#path(key);
    const stat = this.#statObject(key, path);
    const { sizeBytes } = stat;
    options?.onVersion?.(this.#version(path, stat));
    const offset = range?.offset ?? 0;
    if (range !== undefined && (offset >= sizeBytes || range.length < 1)) {
      throw new VarveError(
        'bad_parameter',
        `range ${offset}+${range.length} is not within ${key} of ${sizeBytes} bytes`,
      );
    }
    const length = Math.min(range?.length ?? sizeBytes, sizeBytes - offset);
    yield* readFilePieces(this.#disk, path, offset, length);
  }

  #attributes(key: string): ObjectAttributes {
    const path = this.#path(key);
    const stat = this.#statObject(key, path);
    this.#syncNames(path);
    return { ...stat, version: this.#version(path, stat), crc32c: undefined };
  }

  async #put(key: string, source: PutSource, options: PutOptions): Promise<ObjectAttributes> {
    const path = this.#path(key);
    const dir = parentOf(path);
    const temporary = `${dir}/${PUT_PREFIX}${hex(this.#random.bytes(12))}`;
    const conditional = options.ifAbsent === true || options.ifVersion !== undefined;
    try {
      this.#disk.makeDir(dir);
      await this.#write(temporary, source, options);
      if (options.ifVersion !== undefined)
        this.#replaceVersion(key, path, temporary, options.ifVersion);
      else if (options.ifAbsent === true) this.#disk.linkNew(temporary, path);
      else this.#disk.rename(temporary, path);
      this.#disk.syncDir(dir);
    } catch (cause) {
      throw asStoreError(cause, { doing: `storing ${key} in ${this.name}`, conditional });
    } finally {
      this.#disk.removeFile(temporary);
    }
    return this.#attributes(key);
  }

  #delete(key: string): void {
    const path = this.#path(key);
    this.#disk.removeFile(path);
    const dir = parentOf(path);
    if (this.#disk.stat(dir) === undefined) return;
    this.#disk.syncDir(dir);
    this.#removeEmptyDirs(dir);
  }

  /** An empty directory would be listed as something that holds more; a store has none. */
  #removeEmptyDirs(from: string): void {
    let dir = from;
    while (dir !== this.#root) {
      if (!this.#disk.removeEmptyDir(dir)) return;
      dir = parentOf(dir);
      this.#disk.syncDir(dir);
    }
  }

  /**
   * Files of puts under way or cut off, and directories without anything: of a put that was cut off
   * before its file, or a deletion after it.
   */
  *#puts(dir: string): Generator<string> {
    if (this.#disk.stat(dir)?.isDirectory !== true) return;
    const entries = this.#everything(dir);
    if (entries.length === 0 && dir !== this.#root) yield dir;
    for (const { name, isDirectory } of entries) {
      if (isDirectory) yield* this.#puts(`${dir}/${name}`);
      else if (name.startsWith(PUT_PREFIX)) yield `${dir}/${name}`;
    }
  }

  #dir(prefix: string): string {
    return prefix === '' ? this.#root : this.#path(prefix.replace(/\/$/, ''));
  }

  async #write(path: string, source: PutSource, options: PutOptions): Promise<void> {
    const file = this.#disk.openSync(path, 'create');
    try {
      let position = 0;
      let crc = 0;
      for await (const piece of untilAborted(source.read(0, source.sizeBytes), options)) {
        if (options.crc32c !== undefined) crc = crc32c(piece, crc);
        file.write(piece, position);
        position += piece.length;
      }
      if (position !== source.sizeBytes) {
        throw new VarveError(
          'damaged_object',
          `the source gave ${position} bytes instead of ${source.sizeBytes}`,
        );
      }
      if (options.crc32c !== undefined && crc !== options.crc32c) {
        throw new VarveError('damaged_object', 'the source gave bytes of another CRC32C than said');
      }
      file.sync();
    } finally {
      file.close();
    }
  }

  /** The linearization point is the hard link: one successor per version. */
  #replaceVersion(key: string, path: string, temporary: string, version: string): void {
    const stat = this.#disk.stat(path);
    const current = stat === undefined ? undefined : this.#version(path, stat);
    const successor = `${parentOf(path)}/${OWN_PREFIX}next-${digest(`${key} ${current}`)}`;
    if (current !== undefined && this.#disk.stat(successor) !== undefined) {
      // Another writer won this version and has not renamed yet, or died before it could.
      this.#disk.rename(successor, path);
    }
    if (current !== version || this.#disk.stat(path) === undefined) throw changed(key);
    const now = this.#disk.stat(path);
    if (now === undefined || this.#version(path, now) !== version) throw changed(key);
    this.#disk.linkNew(temporary, successor);
    this.#disk.rename(successor, path);
  }

  #version(path: string, stat: { sizeBytes: number; modifiedMs: number }): string {
    if (stat.sizeBytes > DIGEST_BYTES_MAX) return `${stat.sizeBytes}-${stat.modifiedMs}`;
    return createHash('sha256').update(this.#disk.readFile(path)).digest('hex');
  }

  /**
   * A directory is read once and each file looked at once: with tens of thousands of blocks nothing
   * else takes time. One plain generator with a stack, as awaits and generators within generators
   * would cost as much again.
   */
  *#walk(prefix: string): Generator<ListedObject> {
    const open = [{ prefix, names: this.#sortedNames(prefix)[Symbol.iterator]() }];
    for (let dir = open.at(-1); dir !== undefined; dir = open.at(-1)) {
      const next = dir.names.next();
      if (next.done === true) {
        open.pop();
        continue;
      }
      const key = dir.prefix + next.value;
      if (key.endsWith('/')) {
        open.push({ prefix: key, names: this.#sortedNames(key)[Symbol.iterator]() });
        continue;
      }
      const stat = this.#disk.stat(`${this.#root}/${key}`);
      if (stat === undefined) continue; // deleted while we walked: it is not there any more
      yield { key, sizeBytes: stat.sizeBytes, modifiedMs: stat.modifiedMs };
    }
  }

  /** Names in byte order of whole keys: a directory sorts as its name with `/` behind it. */
  #sortedNames(prefix: string): readonly string[] {
    const entries = this.#listed(`${this.#root}/${prefix.slice(0, -1)}`);
    const names = entries.map(({ name, isDirectory }) => (isDirectory ? `${name}/` : name));
    return names.sort(compareUtf8);
  }

  #entries(prefix: string): readonly DirEntry[] {
    const dir = this.#dir(prefix);
    if (this.#disk.stat(dir)?.isDirectory !== true) return [];
    return this.#listed(dir);
  }

  #listed(dir: string): readonly DirEntry[] {
    return this.#everything(dir).filter((entry) => !entry.name.startsWith(OWN_PREFIX));
  }

  /** Of a directory that is gone since it was seen: nothing. */
  #everything(dir: string): readonly DirEntry[] {
    try {
      return this.#disk.list(dir);
    } catch (thrown) {
      if (asVarveError(thrown).kind !== 'not_found') throw thrown;
      return [];
    }
  }

  #statObject(key: string, path: string): { sizeBytes: number; modifiedMs: number } {
    const stat = this.#disk.stat(path);
    if (stat === undefined || stat.isDirectory) {
      throw new VarveError('not_found', `there is no object ${key} in ${this.name}`);
    }
    return { sizeBytes: stat.sizeBytes, modifiedMs: stat.modifiedMs };
  }

  /** A writer that was killed may have renamed an object and not synced its name. */
  #syncNames(path: string): void {
    for (let dir = parentOf(path); ; dir = parentOf(dir)) {
      this.#disk.syncDir(dir);
      if (dir === this.#root || dir === '/' || dir === '.') return;
    }
  }

  #path(key: string): string {
    checkKey(key);
    if (key.split('/').some((part) => part.startsWith(OWN_PREFIX))) {
      throw new VarveError('bad_parameter', `not an object key: ${JSON.stringify(key)}`);
    }
    return `${this.#root}/${key}`;
  }
}

function parentOf(path: string): string {
  const cut = path.lastIndexOf('/');
  if (cut < 0) return '.';
  return cut === 0 ? '/' : path.slice(0, cut);
}

function changed(key: string): VarveError {
  return new VarveError('already_exists', `${key} has changed since it was read`);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
