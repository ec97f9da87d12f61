// A worker thread that is started when it is first needed, and once more after it has ended: a job
// that needs more memory than there is takes its thread with it, and nothing else.

import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import type { Remote } from '../../base/runtime/threads.ts';
import type { MergeProgress, MergeTask } from '../merge/parts.ts';
import type { MakingJob, WorkerService, WorkResult } from './work.ts';

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
  readonly #start: () => Promise<Remote<WorkerService>>;
  #remote: Remote<WorkerService> | undefined;
  #stopped: VarveError | undefined;

  constructor(kind: MakingJob['kind'], start: () => Promise<Remote<WorkerService>>) {
    this.kind = kind;
    this.#start = start;
  }

  /** The thread, when there is one. */
  get remote(): Remote<WorkerService> | undefined {
    return this.#remote;
  }

  /** Makes a block; never rejects. */
  async make(task: MergeTask): Promise<WorkResult> {
    try {
      const remote = await this.#started();
      if (this.#stopped !== undefined) throw this.#stopped;
      return await remote.call('make', task);
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      return { kind: 'failure', code, message };
    }
  }

  /** How far it is; undefined when nothing is under way. */
  async progress(): Promise<MergeProgress | undefined> {
    if (this.running === undefined) return undefined;
    return unlessEnded(this.#remote?.call('progress', null));
  }

  /** Gives up what is under way. */
  async abort(message: string): Promise<void> {
    if (this.running !== undefined) await unlessEnded(this.#remote?.call('abort', { message }));
  }

  /** Gives up what is under way, and takes nothing more. */
  async stop(message: string): Promise<void> {
    this.#stopped = new VarveError('draining', message);
    await this.abort(message);
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    const remote = this.#remote;
    this.#remote = undefined;
    if (remote === undefined) return;
    await unlessEnded(remote.call('close', null));
    await remote.terminate();
  }

  async #started(): Promise<Remote<WorkerService>> {
    if (this.#remote !== undefined) return this.#remote;
    const remote = await this.#start();
    this.#remote = remote;
    void remote.ended.then(() => {
      if (this.#remote === remote) this.#remote = undefined;
    });
    return remote;
  }
}

/** A thread that dies is told of by `make`: others ask in vain, and that is no error. */
async function unlessEnded<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (asVarveError(thrown).code !== 'thread_ended') throw thrown;
    return undefined;
  }
}
