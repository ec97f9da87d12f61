// One life of a simulated machine, from its start until it goes down: killed, or without power,
// between two steps or before any single disk operation; and the faults that are ordered for it.

import type { DiskFaults, Fault } from './disk-faults.ts';
import type { MemoryDisk } from './memory-disk.ts';
import type { SeededRandom } from './seeded-random.ts';

/** How a machine goes down. */
export type End = 'kill' | 'power' | 'torn power';

/** See the head of the file. */
export class MachineLife {
  /** Resolves when the machine has gone down. */
  readonly died: Promise<void>;
  readonly #disk: MemoryDisk;
  readonly #onDown: () => void;
  readonly #hit: DiskFaults['hit'];
  #next: MemoryDisk | undefined;
  #die: () => void = () => undefined;

  /** @param onDown called when the machine goes down, before anybody hears of it */
  constructor(disk: MemoryDisk, onDown: () => void = () => undefined) {
    this.#disk = disk;
    this.#onDown = onDown;
    this.#hit = disk.faults.hit.bind(disk.faults);
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  get isUp(): boolean {
    return this.#next === undefined;
  }

  /** What survived; only when the machine is down. */
  get remains(): MemoryDisk {
    if (this.#next === undefined) throw new Error('the machine is up');
    return this.#next;
  }

  order(fault: Fault): void {
    this.#disk.faults.add(fault);
  }

  /** No fault is ordered any more, nor an end. */
  clearFaults(): void {
    this.#disk.faults.clear();
    this.#disk.faults.hit = this.#hit;
  }

  /** Harmless when it is down already. */
  goDown(end: End, random: SeededRandom | undefined): void {
    if (this.#next !== undefined) return;
    const disk = this.#disk;
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    this.#next = end === 'kill' ? disk.kill() : disk.crash(end === 'power' ? undefined : random);
    this.#onDown();
    this.#die();
  }

  /** Lets the machine go down before the `nth` disk operation from now on. */
  goDownAtOperation(nth: number, end: End, random: SeededRandom | undefined): void {
    const { faults } = this.#disk;
    const hit = this.#hit;
    let seen = 0;
    faults.hit = (operation, path) => {
      // A kill does not make a sync fail: the kernel finishes it.
      if (this.isUp && ++seen >= nth && (end !== 'kill' || operation !== 'sync')) {
        this.goDown(end, random);
        return { operation, path, code: 'disk_failed' };
      }
      return hit(operation, path);
    };
  }
}
