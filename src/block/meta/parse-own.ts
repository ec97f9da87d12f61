// Parses a meta.json and, where its maker left a digest of it (Varve does), compares the two: so a
// changed byte that still parses is found (docs/formats/meta.md).

import { VarveError } from '../../base/errors/varve-error.ts';
import type { BlockMeta } from './format.ts';
import { parseMeta } from './parse.ts';
import { digestHolds } from './print.ts';

/** As `parseMeta`; `damaged_block` too when the file is not as its maker printed it. */
export function parseOwnMeta(bytes: Uint8Array, file: string): BlockMeta {
  const meta = parseMeta(bytes, file);
  if (digestHolds(bytes, meta) === false)
    throw new VarveError('damaged_block', `${file} is not as it was written, by its own digest`);
  return meta;
}
