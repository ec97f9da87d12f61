// The segment files that a log writes: opened when the first bytes for them come, closed when their
// last bytes are acknowledged, and sealed when a write or a sync has failed.
//
// Invariant: after a failure no file that was open then is written or synced again. A sealed file
// is cut back to what was acknowledged (so that nothing of a refused request is ever replayed), or
// removed when that is nothing; where even that fails, the bytes stay and a reader sees them.

import type { Disk, DurableFile } from '../base/runtime/disk.ts';
import { walSegmentFile } from '../block/paths.ts';
import type { PendingBatch } from './pending-records.ts';

interface OpenSegment {
  readonly index: number;
  readonly file: DurableFile;
  /** Bytes whose sync the callers were told of. */
  acknowledgedBytes: number;
  /** Bytes written, synced or not. */
  writtenBytes: number;
  /** No more bytes will come. */
  isComplete: boolean;
}

/** What became of a file that was sealed, for the log. */
export interface Sealed {
  readonly path: string;
  /** What it was cut back to; 0 when it was removed. */
  readonly keptBytes: number;
  /** Why it could not be cut back or removed. */
  readonly error: unknown;
}

/** The open end of a log on the disk. */
export class SegmentFiles {
  readonly #disk: Disk;
  readonly #dir: string;
  #open: OpenSegment[] = [];

  constructor(disk: Disk, dir: string) {
    this.#disk = disk;
    this.#dir = dir;
  }

  /** Writes and fdatasyncs the batch; when it resolves, call `acknowledge`. */
  async commit(batch: PendingBatch): Promise<void> {
    for (const run of batch.runs) {
      const segment = this.#current(run.segment) ?? (await this.#create(run.segment));
      segment.writtenBytes = run.offset + run.writer.length;
      await segment.file.write(run.writer.view(), run.offset);
      if (run.endsSegment) {
        await segment.file.dataSync();
        segment.isComplete = true;
      }
    }
    const last = this.#open.at(-1);
    if (last !== undefined && !last.isComplete) await last.file.dataSync();
  }

  /**
   * What was committed is acknowledged: it stays, whatever fails later. Resolves when the files
   * that are complete are closed, with the errors of that: they cost nothing but are to be told.
   */
  acknowledge(): Promise<unknown[]> {
    const complete = this.#open.filter((segment) => segment.isComplete);
    this.#open = this.#open.filter((segment) => !segment.isComplete);
    for (const segment of this.#open) segment.acknowledgedBytes = segment.writtenBytes;
    return closeAll(complete);
  }

  /**
   * Gives up all open files after a failure. Returns the number that the next segment has, and the
   * work that cuts the files back, which must be awaited before the next commit.
   * @param next the number of the segment that the failed commit would have gone on with
   */
  seal(next: number): { readonly next: number; readonly work: () => Promise<Sealed[]> } {
    const open = this.#open;
    this.#open = [];
    const kept = open.findLast((segment) => segment.acknowledgedBytes > 0);
    // Files without acknowledged bytes are removed and their numbers used again: Prometheus wants
    // no gaps, and a full disk must not fill with empty files.
    const reused = open.find((segment) => segment.index > (kept?.index ?? -1))?.index;
    const number = reused ?? this.#firstFree(kept === undefined ? next : kept.index + 1);
    return {
      next: number,
      work: async () => {
        const results: Sealed[] = [];
        for (const segment of open.reverse()) results.push(await this.#sealOne(segment));
        return results;
      },
    };
  }

  async #sealOne(segment: OpenSegment): Promise<Sealed> {
    const { acknowledgedBytes: keptBytes, file } = segment;
    const sealed = { path: file.path, keptBytes };
    try {
      if (keptBytes > 0 && segment.writtenBytes > keptBytes) await file.truncate(keptBytes);
      await file.close();
      if (keptBytes === 0) this.#disk.removeFile(file.path);
      return { ...sealed, error: undefined };
    } catch (error) {
      await file.close().catch(() => undefined); // `error` is what went wrong first, and is told
      return { ...sealed, error };
    }
  }

  #current(index: number): OpenSegment | undefined {
    return this.#open.find((segment) => segment.index === index);
  }

  async #create(index: number): Promise<OpenSegment> {
    this.#disk.makeDir(this.#dir);
    const file = await this.#disk.openDurable(walSegmentFile(this.#dir, index), 'create');
    const zero = { acknowledgedBytes: 0, writtenBytes: 0, isComplete: false };
    const segment: OpenSegment = { index, file, ...zero };
    this.#open.push(segment);
    this.#disk.syncDir(this.#dir);
    return segment;
  }

  /** `index`, or the next number that no file has. */
  #firstFree(index: number): number {
    try {
      while (this.#disk.stat(walSegmentFile(this.#dir, index)) !== undefined) index++;
    } catch {
      // The disk is failing already; if the number is taken, creating the file will say so.
    }
    return index;
  }
}

async function closeAll(segments: readonly OpenSegment[]): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const { file } of segments) await file.close().catch((error) => errors.push(error));
  return errors;
}
