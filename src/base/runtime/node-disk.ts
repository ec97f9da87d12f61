// The disk as Node gives it. Files that are open are in node-sync-file.ts and node-durable-file.ts.
// Invariant: every error leaves as a VarveError made by disk-errors.ts, with the path in it.

import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync as openFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { compareUtf8 } from '../model/labels.ts';
import type { DirEntry, Disk, DurableFile, FileStat, OpenMode, SyncFile } from './disk.ts';
import { diskError, isNotFound } from './disk-errors.ts';
import { openNodeDurableFile } from './node-durable-file.ts';
import { NodeSyncFile } from './node-sync-file.ts';
import { OPEN_FLAGS } from './open-flags.ts';

/** Stands behind the final name while `replaceFile` writes; left behind by a crash only. */
export const REPLACEMENT_SUFFIX = '.tmp';

/** The machine's file system. */
export class NodeDisk implements Disk {
  openSync(path: string, mode: OpenMode): SyncFile {
    return attempt(
      'open',
      path,
      () => new NodeSyncFile(path, openFileSync(path, OPEN_FLAGS[mode])),
    );
  }

  openDurable(path: string, mode: 'create' | 'update'): Promise<DurableFile> {
    return openNodeDurableFile(path, mode);
  }

  readFile(path: string): Uint8Array {
    return attempt('read', path, () => readFileSync(path));
  }

  replaceFile(path: string, bytes: Uint8Array): void {
    const temporary = path + REPLACEMENT_SUFFIX;
    this.removeFile(temporary); // what a crash left behind
    const file = this.openSync(temporary, 'create');
    try {
      file.write(bytes, 0);
      file.sync();
    } catch (thrown) {
      file.close();
      this.removeFile(temporary);
      throw thrown;
    }
    file.close();
    this.rename(temporary, path);
    this.syncDir(dirname(path));
  }

  stat(path: string): FileStat | undefined {
    try {
      // Thrown, the many answers that nothing is there cost ten times as much.
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      return {
        sizeBytes: stat.size,
        isDirectory: stat.isDirectory(),
        modifiedMs: Math.floor(stat.mtimeMs),
      };
    } catch (thrown) {
      if (isNotFound(thrown)) return undefined;
      throw diskError('look at', path, thrown);
    }
  }

  list(dir: string): readonly DirEntry[] {
    const entries = attempt('list', dir, () => readdirSync(dir, { withFileTypes: true }));
    return entries
      .map((one) => ({ name: one.name, isDirectory: one.isDirectory() }))
      .sort((a, b) => compareUtf8(a.name, b.name));
  }

  makeDir(dir: string): void {
    const parent = dirname(dir);
    if (this.stat(dir)?.isDirectory === true) {
      // Who made it may have failed, or been killed, before this.
      if (isReadable(parent)) this.syncDir(parent);
      return;
    }
    if (parent !== dir) this.makeDir(parent);
    try {
      mkdirSync(dir);
    } catch (thrown) {
      // Somebody else was faster, perhaps.
      if (this.stat(dir)?.isDirectory !== true) throw diskError('make directory', dir, thrown);
    }
    this.syncDir(parent);
  }

  rename(from: string, to: string): void {
    attempt(`rename to ${to}`, from, () => renameSync(from, to));
  }

  linkNew(existing: string, path: string): void {
    attempt('link', path, () => linkSync(existing, path));
  }

  removeFile(path: string): void {
    try {
      unlinkSync(path);
    } catch (thrown) {
      if (!isNotFound(thrown)) throw diskError('remove', path, thrown);
    }
  }

  removeEmptyDir(dir: string): boolean {
    try {
      rmdirSync(dir);
      return true;
    } catch (thrown) {
      const error = diskError('remove directory', dir, thrown);
      if (error.code === 'not_found' || error.code === 'already_exists') return false;
      throw error;
    }
  }

  removeTree(dir: string): void {
    attempt('remove', dir, () => rmSync(dir, { recursive: true, force: true }));
  }

  syncDir(dir: string): void {
    attempt('sync directory', dir, () => {
      const fd = openFileSync(dir, 'r');
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    });
  }

  freeBytes(path: string): number {
    const stats = attempt('look at the file system of', path, () => statfsSync(path));
    return stats.bavail * stats.bsize;
  }
}

/** A directory that this process may not read is not ours, nor is making its names durable. */
function isReadable(dir: string): boolean {
  try {
    accessSync(dir, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function attempt<T>(operation: string, path: string, call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw diskError(operation, path, thrown);
  }
}
