// Calls for a shipping round again and again, and at once after a cut. Rounds never overlap; one
// that ended at its own limit is followed by the next at once, until all have had their turn.

import { asVarveError } from '../base/errors/varve-error.ts';
import type { Logger } from '../base/observe/logger.ts';
import type { Cancel, Timers } from '../base/runtime/timers.ts';
import type { ShipReport } from './shipper.ts';

/** Between rounds, as Thanos's shipper. */
const SHIP_EVERY_MS = 30_000;

/** What a round is to do. */
export interface ShipOrder {
  /** Also what was refused lately and is postponed: somebody asks for it. */
  readonly retryAll: boolean;
}

export interface ShipLoopOptions {
  readonly ship: (order: ShipOrder) => Promise<ShipReport>;
  /** Called after each round, also one that failed: what waits is another now. */
  readonly onRound?: () => void;
  /** Lets the round under way come to an end early. */
  readonly end?: () => Promise<unknown>;
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

  /** All that waits, now, after what is under way. */
  round(): Promise<ShipReport> {
    return this.#queued({ retryAll: true });
  }

  /**
   * Resolves when the round under way has ended what it has begun; none is begun any more.
   */
  async drain(): Promise<void> {
    this.#drained = true;
    this.#cancel();
    await this.#options.end?.();
    await this.#running;
  }

  #queued(order: ShipOrder): Promise<ShipReport> {
    const result = this.#running.then(() => this.#rounds(order));
    this.#running = result.catch(() => undefined); // told to the caller; the next only waits
    return result;
  }

  async #rounds(order: ShipOrder): Promise<ShipReport> {
    let total = await this.#one(order);
    while (total.more && !this.#drained) total = added(total, await this.#one({ retryAll: false }));
    return total;
  }

  async #one(order: ShipOrder): Promise<ShipReport> {
    try {
      return await this.#options.ship(order);
    } finally {
      this.#options.onRound?.();
    }
  }

  async #tick(): Promise<void> {
    try {
      await this.#queued({ retryAll: false });
    } catch (thrown) {
      const { code, message } = asVarveError(thrown);
      this.#options.logger.error('shipping round failed, tried again', { code, error: message });
    }
  }
}

/** Two rounds as one: what was done adds up, what waits is as the later one found it. */
function added(one: ShipReport, later: ShipReport): ShipReport {
  return {
    uploaded: one.uploaded + later.uploaded,
    bytesSent: one.bytesSent + later.bytesSent,
    found: one.found + later.found,
    failed: one.failed + later.failed,
    removed: one.removed + later.removed,
    waiting: later.waiting,
    more: later.more,
  };
}
