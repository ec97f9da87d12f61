// Protobuf by hand, field by field, so that tests can write what no library would: fields in any
// order, twice, in pieces, unknown, or broken.

/** One encoded field, tag included. */
export type RawField = Uint8Array;

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function varint(value: bigint | number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

export function zigzag(value: bigint | number): bigint {
  const wide = BigInt(value);
  return BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
}

export function fixed64(bits: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, bits));
  return new Uint8Array(bytes);
}

export function doubleBits(value: number): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes.readBigUInt64LE();
}

export const tag = (field: number, wire: number): Uint8Array => varint(field * 8 + wire);

export const varintField = (field: number, value: bigint | number): RawField =>
  concat([tag(field, 0), varint(value)]);

export const fixed64Field = (field: number, bits: bigint): RawField =>
  concat([tag(field, 1), fixed64(bits)]);

export const doubleField = (field: number, value: number): RawField =>
  fixed64Field(field, doubleBits(value));

export const fixed32Field = (field: number, value: number): RawField =>
  concat([
    tag(field, 5),
    Uint8Array.of(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24),
  ]);

export const bytesField = (field: number, bytes: Uint8Array): RawField =>
  concat([tag(field, 2), varint(bytes.length), bytes]);

export const textField = (field: number, text: string): RawField =>
  bytesField(field, new Uint8Array(Buffer.from(text)));

export const messageField = (field: number, fields: readonly RawField[]): RawField =>
  bytesField(field, concat(fields));

/** A Label of 1.0. */
export const labelField = (name: string, value: string): RawField =>
  messageField(1, [textField(1, name), textField(2, value)]);
