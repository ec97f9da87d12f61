// Leases of a store of which it is found out first whether it keeps conditions: when the first
// lease is wanted, not at the start, as the store may be away then. Where it keeps none, it is
// said.

import type { CallOptions } from '../../bucket/bucket.ts';
import type { GroupLeases, HeldLease } from './leases.ts';
import type { ConditionProbe } from './probe.ts';

/** How the leases are made. */
export interface ProbedWorld {
  readonly probe: () => Promise<ConditionProbe>;
  readonly leases: GroupLeases;
  /** Where conditions are not kept. */
  readonly alone: GroupLeases;
  /** Told once, in one sentence. */
  readonly onAlone: (why: string) => void;
}

/** See the head of the file. */
export class ProbedLeases implements GroupLeases {
  readonly #world: ProbedWorld;
  #found: Promise<boolean> | undefined;

  constructor(world: ProbedWorld) {
    this.#world = world;
  }

  /** Does the store keep conditions? Throws what the store throws; then it is tried again. */
  async areConditional(): Promise<boolean> {
    this.#found ??= this.#probe();
    try {
      return await this.#found;
    } catch (thrown) {
      this.#found = undefined;
      throw thrown;
    }
  }

  async take(group: string, options?: CallOptions): Promise<HeldLease | undefined> {
    const { leases, alone } = this.#world;
    return ((await this.areConditional()) ? leases : alone).take(group, options);
  }

  async #probe(): Promise<boolean> {
    const { probe, onAlone } = this.#world;
    const found = await probe();
    if (!found.areKept) onAlone(found.why);
    return found.areKept;
  }
}
