// The door to threads. A thread hosts one service: an object whose methods take one argument and
// return a promise. The caller holds a `Remote` of it. Node's implementation runs the service in a
// worker and moves arguments by structured clone, the listed ArrayBuffers by transfer and
// SharedArrayBuffers by reference; the simulation calls the service directly.
// Errors cross as VarveErrors: kind, code and message survive.

/** What can be called from another thread. */
export type Service = Record<string, (argument: never) => Promise<unknown>>;

/** The caller's side of a service. */
export interface Remote<S extends Service> {
  /**
   * Calls `method` in the other thread. `transfer` lists the ArrayBuffers in `argument` that move
   * instead of being copied. Rejects with `not_now` when the thread has ended.
   */
  call<M extends keyof S & string>(
    method: M,
    argument: Parameters<S[M]>[0],
    transfer?: readonly ArrayBuffer[],
  ): ReturnType<S[M]>;
  /** Resolves when the thread has ended, with its error if it ended by one. */
  readonly ended: Promise<Error | undefined>;
  /** Ends the thread without asking it. Drain first, by a method of the service. */
  terminate(): Promise<void>;
}

export interface Threads {
  /** Starts the thread `entry` with `settings` (cloned); resolves when its service answers. */
  start<S extends Service>(entry: ThreadEntry, settings: unknown): Promise<Remote<S>>;
}

/** The entries there are; each names a file directly under src/. */
export type ThreadEntry = 'engine-thread' | 'job-thread' | 'archive-thread' | 'compact-thread';
