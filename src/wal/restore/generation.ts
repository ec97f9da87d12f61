// Generations of a log: each restore begins one, in numbers of segments of its own, so that of any
// position it can be said which machine's log it was in. Pure.

/** Segments of one generation: 10 TiB of the smallest there are. */
const SEGMENTS = 10_000_000;

/** The generation that a segment or a checkpoint of this number belongs to; 0 is the first. */
export function generationOf(segment: number): number {
  return Math.floor(Math.max(0, segment) / SEGMENTS);
}

/**
 * The number that a log which goes on from one with these numbers begins above.
 * @param epoch of the archive: two restores of one log have two, also when the second one has not
 *   seen what the first one wrote
 */
export function nextGeneration(numbers: readonly number[], epoch: number): number {
  const highest = numbers.reduce((most, number) => Math.max(most, number), 0);
  return Math.max(generationOf(highest) + 1, epoch - 1) * SEGMENTS;
}
