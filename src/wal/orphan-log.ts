// Samples of series that no readable record names, set aside when the segments they are in go. No
// block can hold them, whatever its range, because nobody who cut one could read them.
//
// They keep their form: a log of its own in quarantine, `orphans-<checkpoint>/wal/`, which
// `varve tsdb dump` and others read, should somebody find out whose they are.
// Invariant: it has its name, durably, before the checkpoint that leaves them out.

import type { Disk } from '../base/runtime/disk.ts';
import { orphansDir, walDir } from '../block/paths.ts';
import { WalLog } from './wal-log.ts';

export interface OrphanLogOptions {
  readonly disk: Disk;
  readonly quarantineDir: string;
  /** The number of the checkpoint that leaves them out. */
  readonly through: number;
}

const TEMPORARY_SUFFIX = '.tmp';

/** `append` and `flush` …, then `publish`. Nothing is made on disk before the first record. */
export class OrphanLog {
  readonly #options: OrphanLogOptions;
  readonly #temporary: string;
  #log: WalLog | undefined;

  constructor(options: OrphanLogOptions) {
    this.#options = options;
    const { quarantineDir, through } = options;
    this.#temporary = orphansDir(quarantineDir, through) + TEMPORARY_SUFFIX;
  }

  append(record: Uint8Array): void {
    this.#log ??= this.#begin();
    this.#log.append(record);
  }

  /** Takes what was appended out of memory. */
  async flush(): Promise<void> {
    await this.#log?.sync();
  }

  /** Makes it durable under its name, which is returned; undefined when there was nothing. */
  async publish(): Promise<string | undefined> {
    if (this.#log === undefined) return undefined;
    await this.#log.close();
    const { disk, quarantineDir } = this.#options;
    const dir = this.#freeName();
    disk.rename(this.#temporary, dir);
    disk.syncDir(quarantineDir);
    return dir;
  }

  /** Closes and removes what was written: it is all in the log still. */
  async abandon(): Promise<void> {
    if (this.#log === undefined) return;
    await this.#log.close();
    this.#options.disk.removeTree(this.#temporary);
  }

  #begin(): WalLog {
    const { disk } = this.#options;
    disk.removeTree(this.#temporary); // of a checkpoint that was not finished
    const clock = { monotonicMs: () => 0 }; // nobody looks at its durations
    return new WalLog({ disk, dir: walDir(this.#temporary), clock });
  }

  /** A log that was removed and begun anew may come to the same number again. */
  #freeName(): string {
    const { disk, quarantineDir, through } = this.#options;
    const name = orphansDir(quarantineDir, through);
    let free = name;
    for (let more = 2; disk.stat(free) !== undefined; more++) free = `${name}-${more}`;
    return free;
  }
}
