// What counts when several sources give the same option: a flag wins over the environment, the
// environment over the configuration file. Pairs that exclude each other count as one option.

import { configError } from './config-error.ts';
import type { Given, GivenByFlag } from './given.ts';

/**
 * A file and the same thing as a value: giving one in a source takes the place of both below it.
 */
const EXCLUSIVE: readonly (readonly [string, string])[] = [
  ['objstore.config-file', 'objstore.config'],
  ['objstore-to.config-file', 'objstore-to.config'],
  ['prometheus.http-client-file', 'prometheus.http-client'],
  ['selector.relabel-config-file', 'selector.relabel-config'],
];

/** Merges the sources. @param sources the weakest first */
export function mergeGiven(sources: readonly GivenByFlag[]): GivenByFlag {
  const merged = new Map<string, Given>();
  for (const source of sources) {
    for (const pair of EXCLUSIVE) {
      const present = pair.filter((flag) => source.has(flag));
      if (present.length === 2) {
        throw configError(
          source.get(pair[1])?.where ?? pair[1],
          `cannot be given together with ${pair[0]}`,
        );
      }
      if (present.length === 1) for (const flag of pair) merged.delete(flag);
    }
    for (const [flag, given] of source) merged.set(flag, given);
  }
  return merged;
}
