// The order of keys in every listing.

/** Compares by UTF-8 bytes, for `sort`. */
export function byKey(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
