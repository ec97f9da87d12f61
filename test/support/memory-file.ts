// The contents of one file in the simulated disk, with what is synced and what is not.
//
// A file has the bytes a reader sees and the bytes that are on the device, and between them the
// list of operations since the last successful sync. After a failed sync the operations up to it
// are `doomed`, as on Linux: the kernel has forgotten that they are dirty, so no later sync brings
// them to the device, though a reader still sees them.

import type { Random } from '../../src/base/runtime/random.ts';

/** Bytes that reach the device together; what is torn is torn at such a border. */
export const SECTOR_BYTES = 512;

interface Operation {
  readonly kind: 'write' | 'truncate';
  /** Where a write begins; the new size of a truncation. */
  readonly position: number;
  readonly bytes: Uint8Array;
  doomed: boolean;
}

/** Bytes that grow. */
class Contents {
  #bytes = new Uint8Array(256);
  length = 0;

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  apply(operation: Operation): void {
    const { kind, position, bytes } = operation;
    if (kind === 'truncate') this.#resize(position);
    else if (bytes.length > 0) {
      this.#resize(Math.max(this.length, position + bytes.length));
      this.#bytes.set(bytes, position);
    }
  }

  #resize(length: number): void {
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.view());
      this.#bytes = grown;
    } else if (length < this.length) {
      this.#bytes.fill(0, length, this.length); // a later extension shows zeros
    }
    this.length = length;
  }
}

const NOTHING = new Uint8Array(0);

/** An inode of the simulated disk. */
export class MemoryFile {
  readonly #seen = new Contents();
  readonly #device = new Contents();
  #unsynced: Operation[] = [];
  modifiedMs = 0;

  get sizeBytes(): number {
    return this.#seen.length;
  }

  /** What a reader sees now. */
  view(): Uint8Array {
    return this.#seen.view();
  }

  /** True when a crash could change what a reader sees. */
  get dirty(): boolean {
    return this.#unsynced.length > 0;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#do({ kind: 'write', position, bytes: bytes.slice(), doomed: false });
  }

  truncate(sizeBytes: number): void {
    this.#do({ kind: 'truncate', position: sizeBytes, bytes: NOTHING, doomed: false });
  }

  /** How many operations a sync that starts now has to bring to the device. */
  syncMark(): number {
    return this.#unsynced.length;
  }

  /** A sync that began at `mark` succeeded. */
  synced(mark: number): void {
    const done = this.#unsynced.slice(0, mark);
    const kept: Operation[] = [];
    for (const operation of done) {
      if (operation.doomed) {
        kept.push(operation);
      } else {
        if (operation.kind === 'truncate') kept.length = 0; // pages cut off are nobody's any more
        this.#device.apply(operation);
      }
    }
    this.#unsynced = [...kept, ...this.#unsynced.slice(mark)];
  }

  /** A sync that began at `mark` failed. */
  syncFailed(mark: number): void {
    for (const operation of this.#unsynced.slice(0, mark)) operation.doomed = true;
  }

  /**
   * The file as it is on the device after a power loss. With `random`, each unsynced operation may
   * have reached it, not, or (a write) up to some sector; without, none has.
   */
  afterCrash(random: Random | undefined): MemoryFile {
    const survivor = new MemoryFile();
    survivor.modifiedMs = this.modifiedMs;
    const base = this.#device.view();
    survivor.#settle({ kind: 'write', position: 0, bytes: base.slice(), doomed: false });
    if (random === undefined) return survivor;
    for (const operation of this.#unsynced) {
      const fate = random.u32() % 3;
      if (fate === 0) continue;
      survivor.#settle(fate === 1 ? operation : torn(operation, random));
    }
    return survivor;
  }

  #settle(operation: Operation): void {
    this.#device.apply(operation);
    this.#seen.apply(operation);
  }

  #do(operation: Operation): void {
    this.#unsynced.push(operation);
    this.#seen.apply(operation);
  }
}

function torn(operation: Operation, random: Random): Operation {
  const { position, bytes } = operation;
  const firstBorder = SECTOR_BYTES - (position % SECTOR_BYTES);
  const borders = Math.max(0, Math.ceil((bytes.length - firstBorder) / SECTOR_BYTES));
  const kept = borders === 0 ? 0 : firstBorder + SECTOR_BYTES * (random.u32() % borders);
  return { ...operation, bytes: bytes.subarray(0, kept) };
}
