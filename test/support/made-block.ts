// A local block of nothing but its description, cut from the log as all others at one place: their
// order is that of their ULIDs.

import type { LocalBlock } from '../../src/bucket/local-block.ts';

/** Of ten milliseconds from `minTimeMs` on, with what is given in the place of the rest. */
export function madeBlock(
  ulid: string,
  minTimeMs: number,
  given: Partial<LocalBlock> = {},
): LocalBlock {
  const none = { dir: '', files: [], coversLog: false, isForeign: false };
  const cutAt = { segment: 1, offset: 0 };
  const range = { minTimeMs, maxTimeMs: minTimeMs + 10 };
  return { ulid, ...range, ...none, cutAt, metaBytes: new Uint8Array(), ...given };
}
