// Copies of the bytes that could not be read, for a person to look at; the log itself is not
// touched. The name of a copy says where it is from, so that reading the same damage again makes no
// second.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk, SyncFile } from '../base/runtime/disk.ts';

/** Where copies go; an upper bound for all of them together is the directory owner's. */
export interface Quarantine {
  readonly disk: Disk;
  readonly dir: string;
}

/** Bytes `[start, end)` of a file that is open for reading. */
export interface QuarantinedBytes {
  readonly file: SyncFile;
  /** What names the file in the copy's name, such as `wal-00000003`. */
  readonly label: string;
  readonly start: number;
  readonly end: number;
}

const PIECE_BYTES = 512 * 1024;

/**
 * Copies the bytes and returns the copy's path; undefined when that failed, which must not keep
 * anyone from reading on: the original is still there.
 */
export function quarantine(into: Quarantine, bytes: QuarantinedBytes): string | undefined {
  const offset = String(bytes.start).padStart(10, '0');
  const path = `${into.dir}/${bytes.label}-${offset}-${bytes.end - bytes.start}`;
  try {
    copy(into, path, bytes);
    return path;
  } catch (thrown) {
    if (thrown instanceof VarveError && thrown.kind === 'not_now') return undefined;
    throw thrown;
  }
}

function copy({ disk, dir }: Quarantine, path: string, bytes: QuarantinedBytes): void {
  const sizeBytes = bytes.end - bytes.start;
  if (disk.stat(path)?.sizeBytes === sizeBytes) return;
  disk.makeDir(dir);
  const temporary = `${path}.tmp`;
  disk.removeFile(temporary);
  const target = disk.openSync(temporary, 'create');
  try {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, sizeBytes));
    for (let done = 0; done < sizeBytes; ) {
      const wanted = piece.subarray(0, Math.min(piece.length, sizeBytes - done));
      const count = bytes.file.read(wanted, bytes.start + done);
      if (count === 0) break;
      target.write(piece.subarray(0, count), done);
      done += count;
    }
    target.sync();
  } finally {
    target.close();
  }
  disk.rename(temporary, path);
  disk.syncDir(dir);
}
