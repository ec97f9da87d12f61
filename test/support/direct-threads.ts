// Threads as plain calls, for tests and simulations: the service lives in the caller's thread.
// Arguments and answers are cloned and transferred as a worker's would be, so that a test notices
// what a worker would (functions in messages, buffers used after they moved, lost classes).

import { VarveError } from '../../src/base/errors/varve-error.ts';
import { packError, transferListOf, unpackError } from '../../src/base/runtime/thread-messages.ts';
import type { Remote, Service, ThreadEntry, Threads } from '../../src/base/runtime/threads.ts';

/** Makes the service of an entry, as its file gives it to `serveThread`. */
export type MakeService = (settings: never) => Service | Promise<Service>;

/** Calls services directly. */
export class DirectThreads implements Threads {
  readonly #makers: Partial<Record<ThreadEntry, MakeService>>;
  /** Every remote that was started, in order; `end` of one is how a test lets a thread die. */
  readonly remotes: DirectRemote<Service>[] = [];

  constructor(makers: Partial<Record<ThreadEntry, MakeService>>) {
    this.#makers = makers;
  }

  async start<S extends Service>(entry: ThreadEntry, settings: unknown): Promise<Remote<S>> {
    const make = this.#makers[entry];
    if (make === undefined) throw new VarveError('internal', `no service for ${entry}`);
    try {
      const remote = new DirectRemote<S>(entry, await make(structuredClone(settings) as never));
      this.remotes.push(remote as unknown as DirectRemote<Service>);
      return remote;
    } catch (thrown) {
      throw unpackError(packError(thrown));
    }
  }
}

/** A thread that is none. */
export class DirectRemote<S extends Service> implements Remote<S> {
  readonly ended: Promise<Error | undefined>;
  readonly #entry: string;
  readonly #service: Service;
  readonly #outstanding = new Set<(error: VarveError) => void>();
  #end: (error: Error | undefined) => void = () => undefined;
  #endedBy: VarveError | undefined;

  constructor(entry: string, service: Service) {
    this.#entry = entry;
    this.#service = service;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  call<M extends keyof S & string>(
    method: M,
    argument: Parameters<S[M]>[0],
    transfer: readonly ArrayBuffer[] = [],
  ): ReturnType<S[M]> {
    const answer = new Promise((resolve, reject) => {
      if (this.#endedBy !== undefined) throw this.#endedBy;
      const moved: unknown = structuredClone(argument, { transfer: [...transfer] });
      this.#outstanding.add(reject);
      void this.#run(method, moved).then(
        (value) => {
          this.#outstanding.delete(reject);
          resolve(value);
        },
        (thrown) => {
          this.#outstanding.delete(reject);
          reject(unpackError(packError(thrown)));
        },
      );
    });
    return answer as ReturnType<S[M]>;
  }

  /** The thread dies, by `error` if given; what is outstanding rejects. */
  end(error?: Error): void {
    if (this.#endedBy !== undefined) return;
    const why = error?.message ?? 'exit code 1';
    this.#endedBy = new VarveError('thread_ended', `${this.#entry} has ended: ${why}`);
    for (const reject of this.#outstanding) reject(this.#endedBy);
    this.#outstanding.clear();
    this.#end(error);
  }

  async terminate(): Promise<void> {
    this.end();
  }

  async #run(method: string, argument: unknown): Promise<unknown> {
    await Promise.resolve(); // as with a worker, nothing happens within the call itself
    const call = Object.hasOwn(this.#service, method) ? this.#service[method] : undefined;
    if (call === undefined) throw new VarveError('internal', `no method ${method} in the thread`);
    const value = await call.call(this.#service, argument as never);
    return structuredClone(value, { transfer: [...transferListOf(value)] });
  }
}
