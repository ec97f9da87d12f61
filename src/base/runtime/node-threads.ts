// Threads as Node's workers. One Remote per worker; calls are numbered and settle by their answer.
// Invariant: every call settles. When the worker ends, for whatever reason, what is outstanding
// rejects with `thread_ended`, and so does what is called later.

import { type ResourceLimits, Worker } from 'node:worker_threads';
import { asVarveError, VarveError } from '../errors/varve-error.ts';
import {
  type AnswerMessage,
  type CallMessage,
  STARTED_ID,
  unpackError,
} from './thread-messages.ts';
import type { Remote, Service, ThreadEntry, Threads } from './threads.ts';

/** Calls that may wait for one thread's answer; above, callers hold back too little. */
const OUTSTANDING_CALLS_MAX = 10_000;

/**
 * Of the space for new objects. A merge moves bytes and makes few objects: more than this only
 * holds garbage for longer (40 MB at the peak of `npm run bench -- compact`, in the same time).
 */
const YOUNG_GENERATION_MB: Partial<Record<ThreadEntry, number>> = { 'compact-thread': 12 };

/** How workers are started. */
export interface ThreadOptions {
  /** Heap limits by entry; V8's own where there is none. */
  readonly resourceLimits?: Partial<Record<ThreadEntry, ResourceLimits>>;
  /** The compiled file of an entry; by default `<entry>.js` in the directory above `base/`. */
  readonly entryUrl?: (entry: ThreadEntry) => URL;
}

/** Starts worker threads. */
export class NodeThreads implements Threads {
  readonly #options: ThreadOptions;

  constructor(options: ThreadOptions = {}) {
    this.#options = options;
  }

  async start<S extends Service>(entry: ThreadEntry, settings: unknown): Promise<Remote<S>> {
    const url = this.#options.entryUrl?.(entry) ?? new URL(`../../${entry}.js`, import.meta.url);
    const young = YOUNG_GENERATION_MB[entry];
    const worker = new Worker(url, {
      name: entry,
      workerData: { entry, settings },
      resourceLimits: {
        ...(young === undefined ? {} : { maxYoungGenerationSizeMb: young }),
        ...this.#options.resourceLimits?.[entry],
      },
    });
    const remote = new WorkerRemote<S>(entry, worker);
    try {
      await remote.started;
    } catch (thrown) {
      await remote.terminate();
      throw thrown;
    }
    return remote;
  }
}

interface Outstanding {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: VarveError) => void;
}

class WorkerRemote<S extends Service> implements Remote<S> {
  readonly started: Promise<unknown>;
  readonly ended: Promise<Error | undefined>;
  readonly #worker: Worker;
  readonly #name: string;
  readonly #outstanding = new Map<number, Outstanding>();
  #lastId = STARTED_ID;
  #endedBy: VarveError | undefined;

  constructor(name: string, worker: Worker) {
    this.#name = name;
    this.#worker = worker;
    this.started = new Promise((resolve, reject) => {
      this.#outstanding.set(STARTED_ID, { resolve, reject });
    });
    this.ended = this.#watch();
  }

  call<M extends keyof S & string>(
    method: M,
    argument: Parameters<S[M]>[0],
    transfer: readonly ArrayBuffer[] = [],
  ): ReturnType<S[M]> {
    const answer = new Promise((resolve, reject) => {
      if (this.#endedBy !== undefined) throw this.#endedBy;
      if (this.#outstanding.size >= OUTSTANDING_CALLS_MAX) {
        throw new VarveError('overloaded', `${this.#name} has too many calls outstanding`);
      }
      const id = ++this.#lastId;
      const message: CallMessage = { id, method, argument };
      this.#worker.postMessage(message, transfer);
      this.#outstanding.set(id, { resolve, reject });
    });
    return answer as ReturnType<S[M]>;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
    await this.ended;
  }

  #settle(message: AnswerMessage): void {
    const waiting = this.#outstanding.get(message.id);
    if (waiting === undefined) return;
    this.#outstanding.delete(message.id);
    if ('error' in message) waiting.reject(unpackError(message.error));
    else waiting.resolve(message.value);
  }

  #watch(): Promise<Error | undefined> {
    let failure: Error | undefined;
    this.#worker.on('message', (message: AnswerMessage) => this.#settle(message));
    this.#worker.on('messageerror', (error) => {
      // An answer that cannot be read belongs to a call that would wait forever.
      failure = error;
      void this.#worker.terminate();
    });
    this.#worker.on('error', (thrown) => {
      failure = thrown instanceof Error ? thrown : asVarveError(thrown);
    });
    return new Promise((resolve) => {
      this.#worker.on('exit', (exitCode) => {
        this.#rejectAll(failure, exitCode);
        resolve(failure);
      });
    });
  }

  #rejectAll(failure: Error | undefined, exitCode: number): void {
    const why = failure === undefined ? `exit code ${exitCode}` : failure.message;
    const options = failure === undefined ? {} : { cause: failure };
    this.#endedBy = new VarveError('thread_ended', `${this.#name} has ended: ${why}`, options);
    for (const waiting of this.#outstanding.values()) waiting.reject(this.#endedBy);
    this.#outstanding.clear();
  }
}
