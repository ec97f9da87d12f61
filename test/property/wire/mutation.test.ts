// Random damage: whatever comes, it is decoded or refused with a VarveError, and when it is decoded,
// every place in the columns lies within what they point into.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import type { DecodedRequest } from '../../../src/write/wire/decoded-request.ts';
import { DEFAULT_WIRE_LIMITS } from '../../../src/write/wire/limits.ts';
import { WireDecoder } from '../../../src/write/wire/wire-decoder.ts';
import { plainRequest } from '../../support/plain-request.ts';
import { messageV1, messageV2 } from '../../support/wire-arbitraries.ts';

const decoder = new WireDecoder(DEFAULT_WIRE_LIMITS);

function expectInBounds(request: DecodedRequest): void {
  const end = request.version === 1 ? request.bytes.length : request.labelRefs.length;
  for (let i = 0; i < request.seriesCount; i++) {
    expect(request.labelStarts.at(i)).toBeLessThanOrEqual(request.labelEnds.at(i));
    expect(request.labelEnds.at(i)).toBeLessThanOrEqual(end);
  }
  for (let i = 0; i < request.exemplarTimes.length; i++) {
    expect(request.exemplarLabelStarts.at(i)).toBeLessThanOrEqual(request.exemplarLabelEnds.at(i));
    expect(request.exemplarLabelEnds.at(i)).toBeLessThanOrEqual(end);
  }
  expect(request.sampleStarts.at(request.seriesCount)).toBe(request.sampleTimes.length);
  expect(request.histogramStarts.at(request.seriesCount)).toBe(request.histogramTimes.length);
  expect(request.histograms.length).toBe(request.histogramTimes.length);
  // Labels, texts and symbols can be read.
  plainRequest(request);
}

const damage = fc.array(
  fc.record({
    at: fc.nat(),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x22, 0x2a)),
    how: fc.constantFrom('set', 'insert', 'remove', 'cut'),
  }),
  { minLength: 1, maxLength: 5 },
);

function damaged(
  message: Uint8Array,
  changes: readonly { at: number; byte: number; how: string }[],
): Uint8Array {
  const bytes = [...message];
  for (const { at, byte, how } of changes) {
    const place = at % (bytes.length + 1);
    if (how === 'set') bytes[Math.min(place, Math.max(0, bytes.length - 1))] = byte;
    else if (how === 'insert') bytes.splice(place, 0, byte);
    else if (how === 'remove') bytes.splice(place, 1);
    else if (byte > 200) bytes.length = place;
  }
  return Uint8Array.from(bytes);
}

test.each([
  [1, messageV1],
  [2, messageV2],
] as const)('version %i: decoded or refused, never anything else', (version, message) => {
  let refused = 0;
  fc.assert(
    fc.property(message, fc.array(damage, { minLength: 5, maxLength: 5 }), (bytes, attempts) => {
      for (const changes of attempts) {
        try {
          expectInBounds(decoder.decodeMessage(version, damaged(bytes, changes)));
        } catch (error) {
          if (!(error instanceof VarveError)) throw error;
          refused++;
        }
      }
    }),
    { numRuns: 100 },
  );
  expect(refused).toBeGreaterThan(0);
});
