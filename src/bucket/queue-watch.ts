// Keeps the gate's picture of the queue young: asks after each cut and each round, and every now
// and then, because a round may wait long for a store that is away.

import { asVarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Cancel, Timers } from '../base/runtime/timers.ts';
import type { Backlog, QueueGate } from './queue-gate.ts';

const ASK_EVERY_MS = 15_000;

export interface QueueWatchOptions {
  readonly ask: () => Promise<Backlog>;
  readonly gate: QueueGate;
  readonly timers: Timers;
  readonly logger: Logger;
}

export class QueueWatch {
  readonly #options: QueueWatchOptions;
  #cancel: Cancel = () => undefined;

  constructor(options: QueueWatchOptions) {
    this.#options = options;
  }

  /** Resolves after the first look: before it, writes must not be taken. */
  async start(): Promise<void> {
    this.#cancel = this.#options.timers.every(ASK_EVERY_MS, () => this.look());
    await this.look();
  }

  stop(): void {
    this.#cancel();
  }

  /** Tells the gate what waits now. Until it can be told, the gate stays as it is. */
  async look(): Promise<void> {
    const { ask, gate, logger } = this.#options;
    try {
      gate.update(await ask());
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      logger.warn('not known how much waits for the bucket', { code, error: message });
    }
  }
}
