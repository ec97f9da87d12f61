// Calls for a shipping round again and again, and at once after a cut. Rounds never overlap.

import { asVarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Cancel, Timers } from '../base/runtime/timers.ts';
import type { ShipReport } from './shipper.ts';

/** Between rounds, as Thanos's shipper. */
const SHIP_EVERY_MS = 30_000;

export interface ShipLoopOptions {
  readonly ship: () => Promise<ShipReport>;
  readonly timers: Timers;
  readonly logger: Logger;
}

export class ShipLoop {
  readonly #options: ShipLoopOptions;
  #cancel: Cancel = () => undefined;
  #running: Promise<unknown> = Promise.resolve();
  #drained = false;

  constructor(options: ShipLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.timers.every(SHIP_EVERY_MS, () => this.#tick());
    void this.#tick();
  }

  /** A round as soon as can be, none after a drain; what goes wrong in it is logged. */
  soon(): void {
    if (!this.#drained) void this.#tick();
  }

  /** A round now, after the one under way. */
  round(): Promise<ShipReport> {
    const result = this.#running.then(() => this.#options.ship());
    this.#running = result.catch(() => undefined); // told to the caller; the next only waits
    return result;
  }

  /** Resolves when the rounds asked for before are over; none is begun by itself any more. */
  async drain(): Promise<void> {
    this.#drained = true;
    this.#cancel();
    await this.#running;
  }

  async #tick(): Promise<void> {
    try {
      await this.round();
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      this.#options.logger.error('shipping round failed, tried again', { code, error: message });
    }
  }
}
