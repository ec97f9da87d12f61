// Faults that a test orders from the simulated disk: which operation on which path fails, and how.

import { VarveError } from '../../src/base/errors/varve-error.ts';

/** The operations that can be made to fail. */
export type FaultyOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'rename'
  | 'remove'
  | 'makeDir'
  | 'syncDir';

/** An order for a fault. */
export interface Fault {
  readonly operation: FaultyOperation;
  /** The whole path, or a pattern it must match. */
  readonly path: string | RegExp;
  readonly code: 'disk_full' | 'disk_failed';
  /** The first that fails, counted from 1 from the order on; 1 by default. */
  readonly nth?: number;
  /** How many fail from there on; 1 by default, Infinity for a disk that stays broken. */
  readonly times?: number;
  /** Of a write: how many bytes are taken before it fails (a short write). 0 by default. */
  readonly bytesTaken?: number;
}

/** Orders under way. */
export class DiskFaults {
  readonly #orders: { readonly fault: Fault; seen: number }[] = [];

  add(fault: Fault): void {
    this.#orders.push({ fault, seen: 0 });
  }

  clear(): void {
    this.#orders.length = 0;
  }

  /** Counts the operation, and returns the fault that hits it. */
  hit(operation: FaultyOperation, path: string): Fault | undefined {
    let found: Fault | undefined;
    for (const order of this.#orders) {
      const { fault } = order;
      if (fault.operation !== operation || !matches(fault.path, path)) continue;
      order.seen++;
      const nth = fault.nth ?? 1;
      if (order.seen >= nth && order.seen < nth + (fault.times ?? 1)) found ??= fault;
    }
    return found;
  }

  /** Counts the operation and throws when a fault hits it. */
  check(operation: FaultyOperation, path: string): void {
    const fault = this.hit(operation, path);
    if (fault !== undefined) throw faultError(fault, path);
  }
}

/** The error a fault shows itself as, worded like the real disk's. */
export function faultError(fault: Fault, path: string): VarveError {
  const errno = fault.code === 'disk_full' ? 'ENOSPC' : 'EIO';
  return new VarveError(fault.code, `cannot ${fault.operation} ${path}: ${errno}`);
}

function matches(pattern: string | RegExp, path: string): boolean {
  return typeof pattern === 'string' ? pattern === path : pattern.test(path);
}
