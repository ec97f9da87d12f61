// XOR chunks against the naive model: bytes, values bit by bit, state, bounds.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  XOR_APPEND_BYTES_MAX,
  xorAppend,
  xorHasRoom,
  xorHeaderWrite,
} from '../../../src/base/chunk/xor-append.ts';
import { XorReader, xorStateFrom } from '../../../src/base/chunk/xor-reader.ts';
import { XorState } from '../../../src/base/chunk/xor-state.ts';
import { type NaiveSample, naiveXorChunk } from './naive-bits.ts';

const GUARD = 0xa5;

/** Deltas of deltas at and around the edges of every width. */
const edge = fc.constantFrom(
  ...[0, 1, 2 ** 13, 2 ** 16, 2 ** 19, 2 ** 31, 2 ** 32, 2 ** 40].flatMap((n) =>
    [-1, 0, 1].flatMap((d) => [n + d, -n + d]),
  ),
);
const dod = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, edge, fc.integer());

/** 64-bit patterns: anything, values near each other, NaNs with payloads, zeros of both signs. */
const special = [
  0n,
  1n << 63n,
  0x7ff0_0000_0000_0002n,
  0x7ff8_0000_0000_0001n,
  0xffffffffffffffffn,
];
const pattern = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(...special),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 4095n }), fc.integer({ min: 0, max: 52 }))
    .map(([bits, shift]) => BigInt.asUintN(64, bits << BigInt(shift))),
);

/** Samples with rising times. */
const samples: fc.Arbitrary<NaiveSample[]> = fc
  .tuple(fc.integer({ min: -(2 ** 40), max: 2 ** 42 }), fc.array(fc.tuple(dod, pattern)))
  .map(([start, steps]) => {
    let timeMs = start;
    let delta = 15_000;
    return steps.map(([change, bits]) => {
      delta = Math.max(1, Math.min(delta + change, 2 ** 44));
      timeMs += delta;
      return { timeMs, bits };
    });
  });

const lowOf = (bits: bigint) => Number(bits & 0xffffffffn);
const highOf = (bits: bigint) => Number(bits >> 32n);

test('appending writes the bytes of the model, and nothing outside of what was promised', () => {
  fc.assert(
    fc.property(samples, fc.integer({ min: 0, max: 9 }), (list, base) => {
      const slab = new Uint8Array(new SharedArrayBuffer(base + 40 + list.length * 24)).fill(GUARD);
      const view = new DataView(slab.buffer);
      const state = new XorState();
      for (const { timeMs, bits } of list) {
        const capacity = (state.bitPosition >>> 3) + XOR_APPEND_BYTES_MAX;
        expect(xorHasRoom(state, capacity)).toBe(true);
        xorAppend(view, base, state, timeMs, lowOf(bits), highOf(bits));
        expect(slab.subarray(base + capacity).every((byte) => byte === GUARD)).toBe(true);
      }
      xorHeaderWrite(view, base, state.count);
      expect(slab.subarray(0, base).every((byte) => byte === GUARD)).toBe(true);
      expect(slab.slice(base, base + state.lengthBytes)).toEqual(naiveXorChunk(list));
    }),
    { numRuns: 300 },
  );
});

test('what was appended is read again, bit by bit, and the state with it', () => {
  fc.assert(
    fc.property(samples, (list) => {
      const bytes = naiveXorChunk(list);
      const view = new DataView(bytes.buffer);
      const reader = new XorReader();
      reader.reset(view, 0, bytes.length, list.length);
      for (const { timeMs, bits } of list) {
        expect(reader.next()).toBe(true);
        expect([reader.timeMs, reader.low, reader.high]).toEqual([
          timeMs,
          lowOf(bits),
          highOf(bits),
        ]);
      }
      expect(reader.next()).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('a rebuilt state goes on as if it had never been away', () => {
  fc.assert(
    fc.property(samples, fc.nat(), (list, cut) => {
      const at = list.length === 0 ? 0 : cut % list.length;
      const buffer = new Uint8Array(64 + list.length * 24);
      const view = new DataView(buffer.buffer);
      let state = new XorState();
      list.forEach(({ timeMs, bits }, i) => {
        if (i === at) {
          const rebuilt = new XorState();
          const place = { lengthBytes: state.lengthBytes, count: state.count };
          xorStateFrom(view, 0, place, rebuilt);
          expect(rebuilt).toEqual(state);
          state = rebuilt;
        }
        xorAppend(view, 0, state, timeMs, lowOf(bits), highOf(bits));
      });
      xorHeaderWrite(view, 0, state.count);
      expect(buffer.slice(0, state.lengthBytes)).toEqual(naiveXorChunk(list));
    }),
    { numRuns: 100 },
  );
});
