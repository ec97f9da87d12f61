// All doors to the world at once: what an entry point opens and hands down. A stage takes only the
// doors it needs.

import type { Clock } from './clock.ts';
import type { DataDirLocks } from './data-dir-lock.ts';
import type { Databases } from './databases.ts';
import type { Disk } from './disk.ts';
import type { Random } from './random.ts';
import type { Threads } from './threads.ts';
import type { Timers } from './timers.ts';

export interface Runtime {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly disk: Disk;
  readonly threads: Threads;
  readonly locks: DataDirLocks;
  readonly databases: Databases;
}
