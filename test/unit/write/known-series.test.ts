import { describe, expect, it } from 'vitest';
import { Hash32 } from '../../../src/base/bytes/hash32.ts';
import { compressSnappy } from '../../../src/base/bytes/snappy-encode.ts';
import { KnownSeries } from '../../../src/write/known-series.ts';
import { SeriesCache } from '../../../src/write/series-cache.ts';
import type { DecodedRequest } from '../../../src/write/wire/decoded-request.ts';
import { encodeMessageV1, type LabelsToWrite } from '../../../src/write/wire/encode-request.ts';
import { NOT_KNOWN, NOTHING_KNOWN } from '../../../src/write/wire/known-labels.ts';
import { DEFAULT_WIRE_LIMITS } from '../../../src/write/wire/limits.ts';
import { WireDecoder } from '../../../src/write/wire/wire-decoder.ts';

const OWNER = 2;
const A: LabelsToWrite = [
  ['__name__', 'up'],
  ['job', 'node'],
];
const B: LabelsToWrite = [
  ['__name__', 'up'],
  ['job', 'x'.repeat(200)],
];
const LONGER: LabelsToWrite = [...A, ['zone', 'a']];
const SHORTER: LabelsToWrite = [['__name__', 'up']];

function body(...series: LabelsToWrite[]): Uint8Array {
  const samples = [{ timeMs: 1_700_000_000_000, value: 1 }];
  return compressSnappy(encodeMessageV1(series.map((labels) => ({ labels, samples }))));
}

/** The sample stands before the labels and between them. */
function oddBody(): Uint8Array {
  const sample = [0x12, 2, 0x10, 1];
  const name = [0x0a, 14, 0x0a, 8, ...Buffer.from('__name__'), 0x12, 2, ...Buffer.from('up')];
  const job = [0x0a, 11, 0x0a, 3, ...Buffer.from('job'), 0x12, 4, ...Buffer.from('node')];
  const first = [...sample, ...name, ...job];
  const second = [...name, ...sample, ...job];
  return compressSnappy(
    Uint8Array.of(0x0a, first.length, ...first, 0x0a, second.length, ...second),
  );
}

function setUp() {
  const cache = new SeriesCache(new Hash32(1, 2));
  const known = new KnownSeries(cache);
  const decoder = new WireDecoder(DEFAULT_WIRE_LIMITS);
  const plain = new WireDecoder(DEFAULT_WIRE_LIMITS);
  /** Decodes with and without the cache, which must give the same; then the tokens. */
  const tokens = (bytes: Uint8Array): (number | undefined)[] => {
    known.begin(OWNER);
    const request = decoder.decode(1, bytes, known);
    const expected = plain.decode(1, bytes, NOTHING_KNOWN);
    expect(labelsOf(request)).toEqual(labelsOf(expected));
    expect([...request.sampleStarts.view()]).toEqual([...expected.sampleStarts.view()]);
    const found = [...request.knownLabels.view()].map((one) =>
      one === NOT_KNOWN ? undefined : one,
    );
    remember(request);
    return found;
  };
  const remember = (request: DecodedRequest): void => {
    cache.begin();
    for (let i = 0; i < request.seriesCount; i++) {
      const start = request.labelStarts.at(i);
      const length = request.labelEnds.at(i) - start;
      if (cache.find(OWNER, request.view, start, length) < 0xffffffff) continue;
      cache.add(OWNER, request.view, start, length);
    }
  };
  return { tokens, known, decoder };
}

function labelsOf(request: DecodedRequest): string[] {
  return Array.from({ length: request.seriesCount }, (_, i) => {
    const bytes = request.bytes.subarray(request.labelStarts.at(i), request.labelEnds.at(i));
    return Buffer.from(bytes).toString('latin1');
  });
}

describe('KnownSeries', () => {
  it('knows the series of the request before, in its order', () => {
    const { tokens } = setUp();
    expect(tokens(body(A, B))).toEqual([undefined, undefined]);
    expect(tokens(body(A, B))).toEqual([0, 1]);
    expect(tokens(body(B, A))).toEqual([1, 0]);
  });

  it('does not take labels that go on, or end before, for the ones it expects', () => {
    const { tokens } = setUp();
    tokens(body(B, A));
    expect(tokens(body(B, LONGER, A))).toEqual([0, undefined, undefined]);
    expect(tokens(body(B, SHORTER))).toEqual([0, undefined]);
  });

  it('knows the series behind one that is new', () => {
    const { tokens } = setUp();
    tokens(body(A, B));
    expect(tokens(body(A, LONGER, B, A))).toEqual([0, undefined, undefined, 0]);
  });

  it('knows labels behind a sample, but none that a sample tears apart', () => {
    const { tokens } = setUp();
    tokens(body(A));
    expect(tokens(oddBody())).toEqual([0, undefined]);
    expect(tokens(oddBody())).toEqual([0, undefined]);
  });

  it('knows nothing of another owner', () => {
    const { tokens, known, decoder } = setUp();
    tokens(body(A));
    known.begin(OWNER + 2);
    expect(decoder.decode(1, body(A), known).knownLabels.at(0)).toBe(NOT_KNOWN);
  });
});
