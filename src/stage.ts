// The life cycle that every long-running part keeps, and the one order in which all of them go
// through it. Starting is in order of the list; draining too, because the list begins with what
// people see (the listeners) and ends with what carries them; stopping is the other way round.

import { asVarveError, VarveError } from './base/errors/varve-error.ts';
import type { Logger } from './base/observe/logger.ts';

export interface Stage {
  readonly name: string;
  /** Resolves when the stage can work; rejects when it never will. */
  start(): Promise<void>;
  /** True once the stage does its work; false before, and from `drain` on. */
  ready(): boolean;
  /** Takes no more work, finishes what it has, makes it durable. */
  drain(): Promise<void>;
  /** Lets go of files, sockets, threads. Called after all stages have drained, or failed to. */
  stop(): Promise<void>;
}

/** Takes all stages through their life in the one order. */
export class StageList {
  readonly #stages: readonly Stage[];
  readonly #logger: Logger;
  #started = 0;
  #ending = false;

  constructor(stages: readonly Stage[], logger: Logger) {
    this.#stages = stages;
    this.#logger = logger;
  }

  /**
   * Starts one after the other; when one fails, those before it are stopped and its error thrown.
   */
  async start(): Promise<void> {
    for (const stage of this.#stages) {
      if (this.#ending) throw new VarveError('draining', 'the end came during the start');
      this.#started++;
      try {
        await stage.start();
      } catch (thrown) {
        if (!this.#ending) await this.stop(); // else whoever ends it stops it, too
        throw thrown;
      }
      this.#logger.debug('stage started', { stage: stage.name });
    }
  }

  ready(): boolean {
    return this.#stages.every((stage) => stage.ready());
  }

  /** The names of the stages that are not ready. */
  waitingFor(): readonly string[] {
    return this.#stages.filter((stage) => !stage.ready()).map((stage) => stage.name);
  }

  /** Drains all, even when one fails; true when every one succeeded. */
  async drain(): Promise<boolean> {
    this.#ending = true;
    return this.#each(this.#stages.slice(0, this.#started), 'drain');
  }

  /** Stops all, last one first, even when one fails; true when every one succeeded. */
  async stop(): Promise<boolean> {
    return this.#each(this.#stages.slice(0, this.#started).reverse(), 'stop');
  }

  async #each(stages: readonly Stage[], step: 'drain' | 'stop'): Promise<boolean> {
    let clean = true;
    for (const stage of stages) {
      try {
        await stage[step]();
      } catch (thrown) {
        clean = false;
        const { message } = asVarveError(thrown);
        this.#logger.error(`stage failed to ${step}`, { stage: stage.name, error: message });
      }
    }
    return clean;
  }
}
