// Parses a meta.json and, where its maker left a digest of it (Varve does), compares the two: so a
// changed byte that still parses is found (docs/formats/meta.md). What is hashed are the bytes
// themselves with the digest's own value taken out, which is what was hashed when it was printed:
// of 20,000 blocks printing them once more would take longer than all the rest.

import { createHash } from 'node:crypto';
import { VarveError } from '../../base/errors/varve-error.ts';
import type { BlockMeta } from './format.ts';
import { parseMeta } from './parse.ts';

/** As `parseMeta`; `damaged_block` too when the file is not as its maker printed it. */
export function parseOwnMeta(bytes: Uint8Array, file: string): BlockMeta {
  const meta = parseMeta(bytes, file);
  if (meta.thanos?.copiedVarveOf !== undefined) return meta; // somebody else has written it
  const digest = meta.thanos?.varve?.digest;
  const isSound = digest === undefined ? !isOurs(bytes) : digestWithout(bytes, digest) === digest;
  if (!isSound)
    throw new VarveError('damaged_block', `${file} is not as it was written, by its own digest`);
  return meta;
}

/** Keys on the way to the digest, and one beside it: a changed byte hits one of them only. */
const OWN_KEYS = ['"varve"', '"crc32c"', '"digest"'] as const;

/** Is it of Varve, whose digest is always there, even if the way to it is damaged? */
function isOurs(bytes: Uint8Array): boolean {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return OWN_KEYS.filter((key) => all.includes(key)).length >= 2;
}

/** SHA-256 of the bytes with the value `digest` empty; of all bytes when it is not in them. */
function digestWithout(bytes: Uint8Array, digest: string): string {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = Math.max(0, all.lastIndexOf(`"${digest}"`) + 1);
  const hash = createHash('sha256').update(all.subarray(0, at));
  return hash.update(all.subarray(at === 0 ? 0 : at + digest.length)).digest('hex');
}
