// Locks on data directories of a simulated world: several gateways on one disk exclude each other.

import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { DataDirLock, DataDirLocks } from '../../src/base/runtime/data-dir-lock.ts';

/** Locks in memory. */
export class MemoryLocks implements DataDirLocks {
  readonly #held = new Set<string>();

  acquire(dir: string): DataDirLock {
    if (this.#held.has(dir)) {
      throw new VarveError('locked', `another process works in the data directory ${dir}`);
    }
    this.#held.add(dir);
    let released = false;
    return {
      release: () => {
        if (!released) this.#held.delete(dir);
        released = true;
      },
    };
  }

  /** What the kernel does when the process dies. */
  releaseAll(): void {
    this.#held.clear();
  }
}
