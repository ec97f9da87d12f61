// All doors of one simulated machine: a disk that can lose power, time that a test moves, chance
// from a seed, threads as plain calls.

import type { Runtime } from '../../src/base/runtime/runtime.ts';
import type { ThreadEntry } from '../../src/base/runtime/threads.ts';
import { DirectThreads, type MakeService } from './direct-threads.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryDatabases } from './memory-databases.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryLocks } from './memory-locks.ts';
import { SeededRandom } from './seeded-random.ts';

/** A Runtime whose parts a test can reach. */
export interface MemoryRuntime extends Runtime {
  readonly clock: ManualClock;
  readonly timers: ManualClock;
  readonly random: SeededRandom;
  readonly disk: MemoryDisk;
  readonly threads: DirectThreads;
  readonly locks: MemoryLocks;
}

/** What a simulated machine begins with. */
export interface MemoryRuntimeOptions {
  readonly seed?: number;
  /** Given after a crash; empty by default. */
  readonly disk?: MemoryDisk;
  /** Given after a crash, as time goes on. */
  readonly clock?: ManualClock;
  /** Services by entry; a service that needs the runtime gets it from the caller's closure. */
  readonly services?: Partial<Record<ThreadEntry, MakeService>>;
}

/** A simulated machine. */
export function memoryRuntime(options: MemoryRuntimeOptions = {}): MemoryRuntime {
  const clock = options.clock ?? new ManualClock();
  const disk = options.disk ?? new MemoryDisk({ nowMs: () => clock.nowMs() });
  return {
    clock,
    timers: clock,
    random: new SeededRandom(options.seed ?? 1),
    disk,
    threads: new DirectThreads(options.services ?? {}),
    locks: new MemoryLocks(),
    databases: new MemoryDatabases(disk),
  };
}
