// The real world, composed.

import { NodeClock } from './node-clock.ts';
import { NodeDataDirLocks } from './node-data-dir-lock.ts';
import { NodeDatabases } from './node-databases.ts';
import { NodeDisk } from './node-disk.ts';
import { NodeRandom } from './node-random.ts';
import { NodeThreads, type ThreadOptions } from './node-threads.ts';
import { NodeTimers } from './node-timers.ts';
import type { Runtime } from './runtime.ts';

/** The doors of this process (or worker thread) to the machine it runs on. */
export function nodeRuntime(threadOptions: ThreadOptions = {}): Runtime {
  const disk = new NodeDisk();
  return {
    clock: new NodeClock(),
    timers: new NodeTimers(),
    random: new NodeRandom(),
    disk,
    threads: new NodeThreads(threadOptions),
    locks: new NodeDataDirLocks(disk),
    databases: new NodeDatabases(disk),
  };
}
