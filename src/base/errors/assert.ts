// Assertions are for our own mistakes; the world's mistakes are VarveErrors with codes of their own.

import { VarveError } from './varve-error.ts';

/** Throws VarveError internal when `condition` does not hold; `what` says what should have. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new VarveError('internal', `Assertion failed: ${what}.`);
}
