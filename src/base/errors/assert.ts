// Assertions: for our own mistakes. What the world does wrong is a VarveError instead.

/** Something that cannot be was: a bug in Varve. Crosses to callers as code `internal`. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * Throws an AssertionError unless `condition` holds.
 * @param what what must hold, said positively: 'slots are in use'
 */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionError(`must hold: ${what}`);
}
