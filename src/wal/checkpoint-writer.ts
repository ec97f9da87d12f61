// Writes the records of a checkpoint: a log of its own in a directory beside the segments, made
// under a temporary name and renamed when it is whole, synced and read back.
// docs/formats/wal.md, "Checkpoint".

import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { checkpointDir, walSegmentFile } from '../block/paths.ts';
import { listWal } from './directory.ts';
import { CHECKPOINT_TEMPORARY_SUFFIX, RECORD_BYTES_MAX } from './format.ts';
import type { RecordCompression } from './record-compression.ts';
import { RecordReader } from './record-reader.ts';
import { WalLog } from './wal-log.ts';

export interface CheckpointWriterOptions {
  readonly disk: Disk;
  /** The `wal` directory. */
  readonly dir: string;
  /** The checkpoint's number. */
  readonly through: number;
  readonly compression: RecordCompression;
  readonly yieldNow?: (() => Promise<void>) | undefined;
}

/** Reading back lets others run after so many bytes. */
const SLICE_BYTES = 1024 * 1024;

/**
 * One checkpoint in the making: `append` and `flush` …, then `publish`, or `abandon` at any time.
 */
export class CheckpointWriter {
  readonly #options: CheckpointWriterOptions;
  readonly #finalDir: string;
  readonly #dir: string;
  readonly #log: WalLog;
  #records = 0;
  #bytes = 0;

  constructor(options: CheckpointWriterOptions) {
    const { compression, dir, disk, through } = options;
    this.#options = options;
    this.#finalDir = checkpointDir(dir, through);
    this.#dir = this.#finalDir + CHECKPOINT_TEMPORARY_SUFFIX;
    disk.removeTree(this.#dir); // of a checkpoint that was not finished
    disk.makeDir(this.#dir);
    const clock = { monotonicMs: () => 0 }; // nobody looks at its durations
    this.#log = new WalLog({ disk, dir: this.#dir, clock, compression });
  }

  /** Size of the published checkpoint. */
  get bytes(): number {
    return this.#bytes;
  }

  append(record: Uint8Array): void {
    this.#log.append(record);
    this.#records++;
  }

  /** Takes what was appended out of memory. Call it often. */
  async flush(): Promise<void> {
    await this.#log.sync();
  }

  /** Makes the checkpoint durable, reads it back, and gives it its name. */
  async publish(): Promise<void> {
    const { dir, disk } = this.#options;
    await this.#log.close();
    // A checkpoint of nothing is an empty file, so that it can be told from one that lost its
    // files.
    if (this.#records === 0) disk.replaceFile(walSegmentFile(this.#dir, 0), new Uint8Array(0));
    await this.#verify();
    disk.rename(this.#dir, this.#finalDir);
    disk.syncDir(dir);
  }

  /** Closes and removes what was written; what is left after an error, the next one removes. */
  async abandon(): Promise<void> {
    await this.#log.close();
    this.#options.disk.removeTree(this.#dir);
  }

  /** Counts the records that the files give back; segments go only after this. */
  async #verify(): Promise<void> {
    let found = 0;
    for (const number of listWal(this.#options.disk, this.#dir).segments) {
      found += await this.#readBack(number);
    }
    if (found !== this.#records) {
      this.#unreadable(0, 0, `${found} of ${this.#records} records were read back`);
    }
  }

  async #readBack(number: number): Promise<number> {
    const { disk, yieldNow } = this.#options;
    const file = disk.openSync(walSegmentFile(this.#dir, number), 'read');
    let found = 0;
    let yielded = 0;
    try {
      const reader = new RecordReader(file, {
        recordBytesMax: RECORD_BYTES_MAX,
        onDamage: ({ reason, start }) => this.#unreadable(number, start, reason),
      });
      for (; reader.next(); found++) {
        if (reader.end - yielded < SLICE_BYTES) continue;
        yielded = reader.end;
        await yieldNow?.();
      }
      if (reader.tail !== undefined)
        this.#unreadable(number, reader.tail.start, reader.tail.reason);
      this.#bytes += file.sizeBytes();
    } finally {
      file.close();
    }
    return found;
  }

  #unreadable(number: number, offset: number, reason: string): never {
    const path = walSegmentFile(this.#dir, number);
    throw new VarveError(
      'damaged_wal',
      `the new checkpoint ${path} cannot be read back, byte ${offset}: ${reason}`,
    );
  }
}
