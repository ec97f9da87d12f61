import { describe, expect, test } from 'vitest';
import {
  encodeBodyV1,
  encodeBodyV2,
  encodeMessageV1,
  encodeMessageV2,
  type SeriesToWrite,
  STALE_MARKER,
} from '../../../../src/write/wire/encode-request.ts';
import { DEFAULT_WIRE_LIMITS } from '../../../../src/write/wire/limits.ts';
import { WireDecoder } from '../../../../src/write/wire/wire-decoder.ts';
import { bitsOf, plainRequest } from '../../../support/plain-request.ts';
import { oracle } from '../../../support/wire-oracle.ts';

const series: SeriesToWrite[] = [
  {
    labels: [
      ['__name__', 'up'],
      ['job', 'nöde'],
    ],
    samples: [
      { timeMs: 1_795_399_556_443, value: 0 },
      { timeMs: -5, value: -0.5 },
      { timeMs: 7, value: STALE_MARKER },
    ],
    exemplars: [{ labels: [['trace_id', 'x']], timeMs: 6, value: Number.POSITIVE_INFINITY }],
    metadata: { type: 2, help: 'Is it up?', unit: '' },
  },
  { labels: [], samples: [{ timeMs: 1, value: 1, startTimeMs: 9 }] },
];
const families = [{ name: 'up', type: 2, help: 'Is it up?', unit: 'bool' }];

describe('what is encoded', () => {
  test('as 1.0, both readers agree on', () => {
    const message = encodeMessageV1(series, families);
    const read = plainRequest(new WireDecoder(DEFAULT_WIRE_LIMITS).decodeMessage(1, message));
    expect(read).toEqual(oracle(1, message));
    expect(read.families).toEqual(families);
    expect(read.series[0]!.samples.map((s) => s.bits)).toEqual([
      bitsOf(0),
      bitsOf(-0.5),
      '7ff0000000000002',
    ]);
  });

  test('as 2.0, both readers agree on', () => {
    const message = encodeMessageV2(series);
    const read = plainRequest(new WireDecoder(DEFAULT_WIRE_LIMITS).decodeMessage(2, message));
    expect(read).toEqual(oracle(2, message));
    expect(read.series[0]!.metadata).toEqual(series[0]!.metadata);
    expect(read.series[1]!.samples[0]).toEqual({ time: 1, bits: bitsOf(1), start: 9 });
  });

  test('is sent as a raw snappy block', () => {
    const decoder = new WireDecoder(DEFAULT_WIRE_LIMITS);
    expect(decoder.decode(1, encodeBodyV1(series)).seriesCount).toBe(2);
    expect(decoder.decode(2, encodeBodyV2(series)).seriesCount).toBe(2);
  });
});
