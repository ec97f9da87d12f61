// Records with start timestamps (types 11 to 13) written down as their format says, in BigInt: Varve
// reads them only, so this is the writer that its decoder is tested with.

/** A sample: reference, time, start timestamp (0: none), and what stands behind them. */
export interface NaiveRow {
  readonly ref: bigint;
  readonly time: bigint;
  readonly start: bigint;
  readonly body: Uint8Array;
}

function uvarint(value: bigint): number[] {
  const bytes: number[] = [];
  for (; value > 0x7fn; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
  return [...bytes, Number(value)];
}

function varint(value: bigint): number[] {
  const wrapped = BigInt.asIntN(64, value);
  return uvarint(BigInt.asUintN(64, (wrapped << 1n) ^ (wrapped >> 63n)));
}

/** A record of these rows. `ends` are the lengths at which a shorter record would be whole. */
export function naiveRecord(
  type: number,
  rows: readonly NaiveRow[],
): { readonly bytes: Uint8Array; readonly ends: readonly number[] } {
  const bytes = [type];
  const ends = [1];
  rows.forEach(({ body, ref, start, time }, i) => {
    const first = rows[0]!;
    const before = rows[i - 1];
    if (before === undefined) bytes.push(...varint(ref), ...varint(time), ...varint(start));
    else {
      bytes.push(...varint(ref - before.ref), ...varint(time - first.time));
      if (start === 0n) bytes.push(0);
      else if (start === before.start) bytes.push(1);
      else bytes.push(2, ...varint(start - first.start));
    }
    bytes.push(...body);
    ends.push(bytes.length);
  });
  return { bytes: Uint8Array.from(bytes), ends };
}
