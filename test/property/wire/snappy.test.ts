// The snappy decoder against the two libraries and against a decoder of a few obvious lines.

import fc from 'fast-check';
import snappy from 'snappy';
import snappyjs from 'snappyjs';
import { expect, test } from 'vitest';
import { SnappyDecoder } from '../../../src/base/bytes/snappy-decode.ts';
import { openSnappyMemory } from '../../../src/base/bytes/snappy-wasm.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { concat, varint } from '../../support/raw-proto.ts';

const LIMIT = 1024 * 1024;
const decoder = new SnappyDecoder(LIMIT);
const script = new SnappyDecoder(LIMIT, { scriptOnly: true });

function decode(input: Uint8Array, by = decoder): Buffer {
  const length = by.decode(input);
  return Buffer.from(by.bytes.slice(0, length));
}

/** Byte by byte, as the format is described; undefined for anything it does not allow. */
function obvious(input: Uint8Array): Buffer | undefined {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    if (at === input.length || shift > 28) return undefined;
    length += (input[at]! & 127) * 2 ** shift;
    if (input[at++]! < 128) break;
  }
  const out: number[] = [];
  while (at < input.length) {
    const tag = input[at++]!;
    const kind = tag & 3;
    const extra = kind === 0 ? Math.max(0, (tag >> 2) - 59) : [0, 1, 2, 4][kind]!;
    if (at + extra > input.length) return undefined;
    let trailer = 0;
    for (let i = extra - 1; i >= 0; i--) trailer = trailer * 256 + input[at + i]!;
    at += extra;
    if (kind === 0) {
      const count = (extra > 0 ? trailer : tag >> 2) + 1;
      if (at + count > input.length) return undefined;
      for (let i = 0; i < count; i++) out.push(input[at + i]!);
      at += count;
    } else {
      const offset = kind === 1 ? ((tag >> 5) << 8) + trailer : trailer;
      const count = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
      if (offset === 0 || offset > out.length) return undefined;
      for (let i = 0; i < count; i++) out.push(out[out.length - offset]!);
    }
    if (out.length > length) return undefined;
  }
  return out.length === length ? Buffer.from(out) : undefined;
}

const compressible = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom('namespace', 'production', 'checkout-service-').map((t) => Buffer.from(t)),
      fc.tuple(fc.nat(255), fc.nat(400)).map(([byte, count]) => new Uint8Array(count).fill(byte)),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(90))
        .map(([unit, times]) => concat(Array.from({ length: times }, () => unit))),
    ),
    { maxLength: 40 },
  )
  .map(concat);

test('decodes what snappy and snappyjs compress', () => {
  fc.assert(
    fc.property(compressible, (bytes) => {
      const wanted = Buffer.from(bytes);
      expect(decode(snappy.compressSync(wanted)).equals(wanted)).toBe(true);
      expect(decode(snappy.compressSync(wanted), script).equals(wanted)).toBe(true);
      expect(decode(snappyjs.compress(bytes)).equals(wanted)).toBe(true);
    }),
  );
});

test('decodes bodies of several snappy fragments (64 KiB each)', () => {
  const bytes = Buffer.from(
    Array.from({ length: 60_000 }, (_, i) => `pod-${i % 977}/${i};`).join(''),
  );
  expect(decode(snappy.compressSync(bytes)).equals(bytes)).toBe(true);
});

const element = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 70 }).map((bytes) => {
    const n = bytes.length - 1;
    return n < 60
      ? concat([Uint8Array.of(n << 2), bytes])
      : concat([Uint8Array.of(60 << 2, n), bytes]);
  }),
  fc
    .tuple(fc.nat(7), fc.integer({ min: 0, max: 80 }))
    .map(([n, offset]) => Uint8Array.of((n << 2) | 1, offset)),
  fc
    .tuple(fc.nat(63), fc.integer({ min: 0, max: 300 }))
    .map(([n, offset]) => Uint8Array.of((n << 2) | 2, offset & 255, offset >> 8)),
  fc
    .tuple(fc.nat(63), fc.integer({ min: 0, max: 300 }))
    .map(([n, offset]) => Uint8Array.of((n << 2) | 3, offset & 255, offset >> 8, 0, 0)),
);

function lengthOf(elements: readonly Uint8Array[]): number {
  return elements.reduce((sum, e) => {
    const kind = e[0]! & 3;
    if (kind === 0) return sum + (e[0]! >> 2 < 60 ? (e[0]! >> 2) + 1 : e[1]! + 1);
    return sum + (kind === 1 ? ((e[0]! >> 2) & 7) + 4 : (e[0]! >> 2) + 1);
  }, 0);
}

function expectAgreement(input: Uint8Array): void {
  const wanted = obvious(input);
  for (const by of [decoder, script]) {
    let actual: Buffer | undefined;
    try {
      actual = decode(input, by);
    } catch (error) {
      expect(error).toBeInstanceOf(VarveError);
    }
    expect(actual?.toString('hex')).toBe(wanted?.toString('hex'));
  }
}

test('WebAssembly itself says yes and no rightly', () => {
  const slack = 512;
  fc.assert(
    fc.property(
      fc.array(element, { maxLength: 12 }),
      fc.constantFrom(-1, 0, 0, 0),
      (elements, lie) => {
        const input = concat(elements);
        const length = Math.max(0, lengthOf(elements) + lie);
        const memory = openSnappyMemory(length + slack + input.length + 64)!;
        new Uint8Array(memory.buffer).set(input, length + slack);
        const wanted = obvious(concat([varint(length), input]));
        const end = length + slack + input.length;
        expect(memory.run(length + slack, end, length)).toBe(wanted === undefined ? 0 : 1);
        if (wanted !== undefined)
          expect(Buffer.from(memory.buffer, 0, length).equals(wanted)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

test('agrees with the obvious decoder on any elements, right and wrong', () => {
  fc.assert(
    fc.property(
      fc.array(element, { maxLength: 12 }),
      fc.integer({ min: -1, max: 1 }),
      (elements, lie) => {
        const declared = Math.max(0, lengthOf(elements) + (lie === 1 ? 0 : lie));
        expectAgreement(concat([varint(declared), ...elements]));
      },
    ),
    { numRuns: 1000 },
  );
});

test('agrees with the obvious decoder on damaged bodies', () => {
  fc.assert(
    fc.property(
      compressible,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(),
      (bytes, changes, cut) => {
        const input = new Uint8Array(snappy.compressSync(Buffer.from(bytes)));
        for (const [at, byte] of changes) input[at % input.length] = byte;
        // A length of more than the limit is refused by us alone.
        if (input.length > 2 && input[2]! > 63 && input[0]! > 127 && input[1]! > 127) return;
        expectAgreement(input);
        expectAgreement(input.subarray(0, cut % (input.length + 1)));
      },
    ),
    { numRuns: 1000 },
  );
});
