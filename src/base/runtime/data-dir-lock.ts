// The door to the lock on a data directory: at most one process works in it.

/** A lock that is held; the end of the process releases it too, however it ends. */
export interface DataDirLock {
  /** Gives the directory free; harmless when called twice. */
  release(): void;
}

/** Gives out locks. */
export interface DataDirLocks {
  /**
   * Locks `dir` (created when missing) for this process, or throws `locked` with its name when
   * somebody holds it. Never waits.
   */
  acquire(dir: string): DataDirLock;
}
