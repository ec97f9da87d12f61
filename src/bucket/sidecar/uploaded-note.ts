// Which blocks of the Prometheus are in the bucket, noted in the sidecar's own directory, in the
// form of Thanos's note: a Prometheus from 3.9 on waits with compacting for what stands in it.
// Losing it costs questions to the bucket, nothing else.

import { asVarveError } from '../../base/errors/varve-error.ts';
import type { Logger } from '../../base/observe/logger.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import { readShipperFile, SHIPPER_FILE, writeShipperFile } from '../shipper-file.ts';

/** Where the note lies in the sidecar's directory. */
export function notePath(stateDir: string): string {
  return `${stateDir}/${SHIPPER_FILE}`;
}

/** The note, in memory and on disk. */
export class UploadedNote {
  /** True when there was none at the start: what is in the bucket is not known. */
  readonly wasLost: boolean;
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #logger: Logger;
  #uploaded: ReadonlySet<string>;

  /** Reads the note in `dir`, which must be there; writes an empty one when there is none. */
  constructor(disk: Disk, dir: string, logger: Logger) {
    this.#disk = disk;
    this.#dir = dir;
    this.#logger = logger;
    this.wasLost = disk.stat(notePath(dir)) === undefined;
    this.#uploaded = readShipperFile(disk, dir);
    if (this.wasLost) this.#write();
  }

  get uploaded(): ReadonlySet<string> {
    return this.#uploaded;
  }

  add(ulid: string): void {
    this.#uploaded = new Set([...this.#uploaded, ulid]);
    this.#write();
  }

  /** Forgets what is not on disk any more. */
  keepOnly(onDisk: ReadonlySet<string>): void {
    const kept = [...this.#uploaded].filter((ulid) => onDisk.has(ulid));
    if (kept.length === this.#uploaded.size) return;
    this.#uploaded = new Set(kept);
    this.#write();
  }

  /** What cannot be noted is known until the end of the process, and asked for after it. */
  #write(): void {
    try {
      writeShipperFile(this.#disk, this.#dir, this.#uploaded);
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      const fields = { dir: this.#dir, code, error: message };
      this.#logger.warn('not noted which blocks are uploaded', fields);
    }
  }
}
