// What a log holds of series that no record names, summed up by kind: how much, which references,
// of when, and where the first of it stands.

import type { LogPosition } from '../log.ts';
import { placeOf, type WalFindings } from './findings.ts';

/** References that are told apart, and how many of them are shown. */
const REFS_MAX = 100_000;
const REFS_SHOWN = 10;

interface Group {
  count: number;
  readonly refs: Set<number>;
  readonly first: LogPosition;
  minTimeMs: number;
  maxTimeMs: number;
}

export class OrphanGroups {
  readonly #groups = new Map<string, Group>();

  /** One of `kind` (`samples`, `exemplars`, …) of the unknown `ref`; metadata has no time. */
  note(kind: string, ref: number, at: LogPosition, timeMs?: number): void {
    let group = this.#groups.get(kind);
    if (group === undefined) {
      const noTimes = { minTimeMs: Infinity, maxTimeMs: -Infinity };
      group = { count: 0, refs: new Set(), first: at, ...noTimes };
      this.#groups.set(kind, group);
    }
    group.count++;
    if (group.refs.size < REFS_MAX) group.refs.add(ref);
    if (timeMs === undefined) return;
    group.minTimeMs = Math.min(group.minTimeMs, timeMs);
    group.maxTimeMs = Math.max(group.maxTimeMs, timeMs);
  }

  tell(findings: WalFindings): void {
    for (const [kind, { count, first, maxTimeMs, minTimeMs, refs }] of this.#groups) {
      const atLeast = refs.size === REFS_MAX ? 'at least ' : '';
      const shown = [...refs].slice(0, REFS_SHOWN).join(', ');
      const rest = refs.size > REFS_SHOWN ? ', …' : '';
      const times = Number.isFinite(minTimeMs) ? `, times ${minTimeMs} to ${maxTimeMs}` : '';
      findings.error(
        placeOf(first),
        `from here on ${count} ${kind} of ${atLeast}${refs.size} series that no readable record ` +
          `names: ${shown}${rest}${times}`,
      );
    }
  }
}
