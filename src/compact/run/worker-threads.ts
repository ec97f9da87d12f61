// The threads in which blocks are made. One is started when a job finds none idle, so that a
// compactor that does one thing after the other has one thread, its code compiled once, whatever
// kinds of jobs there are; there are never more than jobs at a time.
//
// Invariant: a thread is at one job at most; one that has ended is forgotten.

import { asVarveError } from '../../base/errors/varve-error.ts';
import type { Remote } from '../../base/runtime/threads.ts';
import type { WorkerService } from './work.ts';

/** A worker's thread. */
export type WorkerThread = Remote<WorkerService>;

/** See the head of the file. */
export class WorkerThreads {
  readonly #start: () => Promise<WorkerThread>;
  readonly #all = new Set<WorkerThread>();
  readonly #idle: WorkerThread[] = [];

  constructor(start: () => Promise<WorkerThread>) {
    this.#start = start;
  }

  /** Asks all that there are, at work or idle; those that die meanwhile are left out. */
  async each<T>(ask: (thread: WorkerThread) => Promise<T>): Promise<readonly T[]> {
    const answers = await Promise.all([...this.#all].map((thread) => unlessEnded(ask(thread))));
    return answers.filter((answer) => answer !== undefined);
  }

  /** One that is idle, or a new one. Throws what starting one throws. */
  async take(): Promise<WorkerThread> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const thread = await this.#start();
    this.#all.add(thread);
    void thread.ended.then(() => this.#forget(thread));
    return thread;
  }

  /** Gives one back that was taken. */
  give(thread: WorkerThread): void {
    if (this.#all.has(thread)) this.#idle.push(thread);
  }

  /** Ends them all. */
  async close(): Promise<void> {
    for (const thread of this.#all) {
      await unlessEnded(thread.call('close', null));
      await thread.terminate();
    }
  }

  #forget(thread: WorkerThread): void {
    this.#all.delete(thread);
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

/** What a thread answers; undefined when it has died, which whoever gave it the work is told. */
export async function unlessEnded<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (asVarveError(thrown).code !== 'thread_ended') throw thrown;
    return undefined;
  }
}
