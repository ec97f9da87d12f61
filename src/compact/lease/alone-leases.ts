// Leases of a compactor that runs alone, on a store without conditional writes (probe.ts): nothing
// is written, and the groups of one process are still worked on by one thread each.

import { VarveError } from '../../base/errors/varve-error.ts';
import type { GroupLeases, HeldLease } from './leases.ts';

/** See the head of the file. */
export class AloneLeases implements GroupLeases {
  readonly #taken = new Map<string, AloneLease>();
  #token = 0;

  async take(group: string): Promise<HeldLease | undefined> {
    if (this.#taken.get(group)?.isHeld === true) return undefined;
    const lease = new AloneLease(group, ++this.#token);
    this.#taken.set(group, lease);
    return lease;
  }
}

class AloneLease implements HeldLease {
  readonly group: string;
  readonly token: number;
  readonly lost = new AbortController().signal;
  isHeld = true;

  constructor(group: string, token: number) {
    this.group = group;
    this.token = token;
  }

  assertHeld(): void {
    if (!this.isHeld) throw new VarveError('locked', `the lease on group ${this.group} is over`);
  }

  keep(): () => void {
    return () => undefined;
  }

  async renew(): Promise<void> {
    // There is nothing that could run out.
  }

  async release(): Promise<void> {
    this.isHeld = false;
  }
}
