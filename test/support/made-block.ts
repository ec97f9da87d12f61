// A local block of nothing but its description.

import type { LocalBlock } from '../../src/bucket/local-block.ts';

/** Of ten milliseconds from `minTimeMs` on, with what is given in the place of the rest. */
export function madeBlock(
  ulid: string,
  minTimeMs: number,
  given: Partial<LocalBlock> = {},
): LocalBlock {
  const none = { dir: '', files: [], coversLog: false, isForeign: false };
  const range = { minTimeMs, maxTimeMs: minTimeMs + 10 };
  return { ulid, ...range, ...none, metaBytes: new Uint8Array(), ...given };
}
