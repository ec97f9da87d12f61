// Where one job at a time is made, of one kind: in a thread of those that all slots share. A job
// that needs more memory than there is takes its thread with it, and nothing else.

import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import type { MergeProgress, MergeTask } from '../merge/parts.ts';
import type { MakingJob, WorkResult } from './work.ts';
import { unlessEnded, type WorkerThread, type WorkerThreads } from './worker-threads.ts';

/** A job that a worker makes. */
export interface RunningJob {
  readonly job: MakingJob;
  /** By the monotonic clock. */
  readonly sinceMs: number;
}

/** See the head of the file. */
export class WorkerSlot {
  readonly kind: MakingJob['kind'];
  /** What it works on. */
  running: RunningJob | undefined;
  readonly #threads: WorkerThreads;
  /** In which it works. */
  #thread: WorkerThread | undefined;
  #stopped: VarveError | undefined;

  constructor(kind: MakingJob['kind'], threads: WorkerThreads) {
    this.kind = kind;
    this.#threads = threads;
  }

  /** Makes a block; never rejects. */
  async make(task: MergeTask): Promise<WorkResult> {
    try {
      const thread = await this.#threads.take();
      this.#thread = thread;
      if (this.#stopped !== undefined) throw this.#stopped;
      return await thread.call('make', task);
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      return { kind: 'failure', code, message };
    } finally {
      if (this.#thread !== undefined) this.#threads.give(this.#thread);
      this.#thread = undefined;
    }
  }

  /** How far it is; undefined when nothing is under way. */
  async progress(): Promise<MergeProgress | undefined> {
    if (this.running === undefined) return undefined;
    return unlessEnded(this.#thread?.call('progress', null));
  }

  /** Gives up what is under way. */
  async abort(message: string): Promise<void> {
    if (this.running !== undefined) await unlessEnded(this.#thread?.call('abort', { message }));
  }

  /** Gives up what is under way, and takes nothing more. */
  async stop(message: string): Promise<void> {
    this.#stopped = new VarveError('draining', message);
    await this.abort(message);
  }
}
