// Messages that are refused as a whole: each row what is wrong, on which versions, the code, and what
// the answer must say. And messages that look odd and are right.

import { describe, expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { DEFAULT_WIRE_LIMITS, type WireLimits } from '../../../src/write/wire/limits.ts';
import { WireDecoder } from '../../../src/write/wire/wire-decoder.ts';
import { type PlainRequest, plainRequest } from '../../support/plain-request.ts';
import {
  bytesField,
  concat,
  doubleField,
  fixed32Field,
  labelField,
  messageField,
  type RawField,
  tag,
  textField,
  varint,
  varintField,
  zigzag,
} from '../../support/raw-proto.ts';

const TIME = 1_795_399_556_443n;
const sample = messageField(2, [doubleField(1, 1.5), varintField(2, TIME)]);
const labels = [labelField('__name__', 'up'), labelField('job', 'node')];
const symbols = ['', '__name__', 'up', 'job', 'node'].map((text) => textField(4, text));
const refs = bytesField(1, Uint8Array.of(1, 2, 3, 4));
const raw = (...bytes: number[]): RawField => Uint8Array.from(bytes);

/** A request with one series, which has labels, a sample and the fields given. */
function request(version: 1 | 2, ...fields: RawField[]): Uint8Array {
  return version === 1
    ? messageField(1, [...labels, sample, ...fields])
    : concat([...symbols, messageField(5, [refs, sample, ...fields])]);
}

const HISTOGRAM = { 1: 4, 2: 3 } as const;
const EXEMPLAR = { 1: 3, 2: 4 } as const;

type Build = (version: 1 | 2) => Uint8Array;
const ELEVEN = raw(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00);
const SIXTY_FIVE_BITS = raw(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02);

const BOTH: [name: string, build: Build, says: string][] = [
  ['a request cut in a series', (v) => request(v).subarray(0, -3), 'reaches beyond what holds it'],
  [
    'a request cut after a tag',
    (v) => concat([request(v), tag(v === 1 ? 1 : 5, 2)]),
    'ends inside a varint',
  ],
  [
    'a series that reaches beyond the request',
    (v) => concat([request(v), tag(v === 1 ? 1 : 5, 2), varint(5)]),
    'reaches beyond',
  ],
  ['a sample that reaches beyond its series', (v) => request(v, raw(0x12, 9, 0)), 'reaches beyond'],
  ['a sample of 2^32 bytes', (v) => request(v, raw(0x12), varint(2 ** 32)), 'reaches beyond'],
  [
    'a value cut off',
    (v) => request(v, messageField(2, [raw(0x09, 1, 2, 3)])),
    'ends inside a 64-bit number',
  ],
  ['a time cut off', (v) => request(v, messageField(2, [raw(0x10, 0x80)])), 'ends inside a varint'],
  [
    'a value as a varint',
    (v) => request(v, messageField(2, [varintField(1, 3)])),
    'field 1 with the wrong wire type (varint)',
  ],
  [
    'a time as a double',
    (v) => request(v, messageField(2, [doubleField(2, 3)])),
    'field 2 with the wrong wire type (64-bit)',
  ],
  [
    'a series as a varint',
    (v) => concat([request(v), varintField(v === 1 ? 1 : 5, 3)]),
    'wrong wire type',
  ],
  ['labels as a double', (v) => request(v, doubleField(1, 1)), 'field 1 with the wrong wire type'],
  [
    'a sample as a varint',
    (v) => request(v, varintField(2, 1)),
    'field 2 with the wrong wire type',
  ],
  ['a histogram as a double', (v) => request(v, doubleField(HISTOGRAM[v], 1)), 'wrong wire type'],
  [
    'an exemplar as 32 bits',
    (v) => request(v, fixed32Field(EXEMPLAR[v], 1)),
    'wrong wire type (32-bit)',
  ],
  [
    'a time of 11 bytes',
    (v) => request(v, messageField(2, [raw(0x10), ELEVEN])),
    'more than 64 bits',
  ],
  [
    'a time of 65 bits',
    (v) => request(v, messageField(2, [raw(0x10), SIXTY_FIVE_BITS])),
    'more than 64 bits',
  ],
  ['a tag of 11 bytes', (v) => concat([request(v), ELEVEN]), 'more than 64 bits'],
  [
    'a tag of 33 bits',
    (v) => concat([request(v), raw(0x80, 0x80, 0x80, 0x80, 0x10, 0)]),
    'more than 29 bits',
  ],
  ['a length of 11 bytes', (v) => concat([request(v), tag(99, 2), ELEVEN]), 'more than 64 bits'],
  ['field number 0', (v) => concat([request(v), raw(0x02, 0)]), 'field with number 0'],
  ['field number 0 in a series', (v) => request(v, raw(0x00, 0)), 'field with number 0'],
  [
    'a group in the request',
    (v) => concat([request(v), tag(99, 3), tag(99, 4)]),
    'a group (field 99)',
  ],
  ['a group in a series', (v) => request(v, tag(99, 3), tag(99, 4)), 'a group (field 99)'],
  ['a group in a sample', (v) => request(v, messageField(2, [tag(99, 3)])), 'a group'],
  ['the end of a group', (v) => request(v, tag(1, 4)), 'a group (field 1)'],
  ['wire type 6', (v) => request(v, tag(99, 6)), 'wire type 6'],
  ['wire type 7', (v) => concat([request(v), tag(99, 7)]), 'wire type 7'],
  [
    'an unknown field beyond its message',
    (v) => request(v, raw(0xfa, 0x06, 0x7f)),
    'reaches beyond',
  ],
  [
    'unknown 32 bits cut off',
    (v) => request(v, tag(99, 5), raw(1, 2)),
    'ends inside a 32-bit number',
  ],
  [
    'unknown 64 bits cut off',
    (v) => request(v, tag(99, 1), raw(1, 2)),
    'ends inside a 64-bit number',
  ],
  [
    'a span as a varint',
    (v) => request(v, messageField(HISTOGRAM[v], [varintField(11, 1)])),
    'field 11 with the wrong wire type',
  ],
  [
    'a span offset as a double',
    (v) => request(v, messageField(HISTOGRAM[v], [messageField(11, [doubleField(1, 1)])])),
    'field 1 with the wrong wire type',
  ],
  [
    'packed doubles of 9 bytes',
    (v) => request(v, messageField(HISTOGRAM[v], [bytesField(13, new Uint8Array(9))])),
    'has 9 bytes where 64-bit numbers stand',
  ],
  [
    'packed deltas cut in a number',
    (v) => request(v, messageField(HISTOGRAM[v], [bytesField(12, raw(2, 0x80))])),
    'ends inside a varint',
  ],
  [
    'a count as a double',
    (v) => request(v, messageField(HISTOGRAM[v], [doubleField(1, 1)])),
    'field 1 with the wrong wire type',
  ],
  [
    'a float count as a varint',
    (v) => request(v, messageField(HISTOGRAM[v], [varintField(2, 1)])),
    'field 2 with the wrong wire type',
  ],
  [
    'a reset hint as text',
    (v) => request(v, messageField(HISTOGRAM[v], [textField(14, 'x')])),
    'field 14 with the wrong wire type',
  ],
  [
    'an exemplar value as a varint',
    (v) => request(v, messageField(EXEMPLAR[v], [varintField(2, 1)])),
    'field 2 with the wrong wire type',
  ],
];

const ONE_VERSION: [name: string, version: 1 | 2, body: Uint8Array, code: string, says: string][] =
  [
    [
      '1.0: a label name as a varint',
      1,
      request(1, messageField(1, [varintField(1, 1)])),
      'malformed_body',
      'field 1 with the wrong wire type',
    ],
    [
      '1.0: a label that reaches beyond its series',
      1,
      request(1, raw(0x0a, 9, 0)),
      'malformed_body',
      'reaches beyond',
    ],
    [
      '1.0: a label name that reaches beyond its label',
      1,
      request(1, messageField(1, [raw(0x0a, 5, 0x61)])),
      'malformed_body',
      'reaches beyond',
    ],
    [
      '1.0: a group in a label',
      1,
      request(1, messageField(1, [tag(3, 3)])),
      'malformed_body',
      'a group',
    ],
    [
      '1.0: an exemplar label that is broken',
      1,
      request(1, messageField(3, [messageField(1, [raw(0x0a, 5)])])),
      'malformed_body',
      'reaches beyond',
    ],
    [
      '1.0: metadata as a varint',
      1,
      varintField(3, 1),
      'malformed_body',
      'field 3 with the wrong wire type',
    ],
    [
      '1.0: a family name as a varint',
      1,
      messageField(3, [varintField(2, 1)]),
      'malformed_body',
      'field 2 with the wrong wire type',
    ],
    [
      'a 2.0 body as 1.0',
      1,
      request(2),
      'wrong_version',
      'says remote write 1.0, but field 4 (at byte 0) is one of 2.0',
    ],
    [
      '2.0 series in a 1.0 body',
      1,
      concat([request(1), messageField(5, [])]),
      'wrong_version',
      'field 5',
    ],
    [
      'a 1.0 body as 2.0',
      2,
      request(1),
      'wrong_version',
      'says remote write 2.0, but field 1 (at byte 0) is one of 1.0',
    ],
    [
      '1.0 metadata in a 2.0 body',
      2,
      concat([...symbols, messageField(3, [])]),
      'wrong_version',
      'field 3',
    ],
    ['the Cortex source in a 2.0 body', 2, varintField(2, 1), 'wrong_version', 'field 2'],
    [
      '2.0: a first symbol that is not empty',
      2,
      textField(4, 'x'),
      'malformed_body',
      'does not begin with the empty string',
    ],
    [
      '2.0: a label beyond the symbols',
      2,
      request(2, bytesField(1, raw(1, 5))),
      'malformed_body',
      'refers to symbol 5, but has 5 symbols',
    ],
    [
      '2.0: a label without symbols',
      2,
      messageField(5, [bytesField(1, raw(0, 0))]),
      'malformed_body',
      'refers to symbol 0, but has 0 symbols',
    ],
    [
      '2.0: an exemplar label beyond the symbols',
      2,
      request(2, messageField(4, [bytesField(1, raw(1, 9))])),
      'malformed_body',
      'symbol 9',
    ],
    [
      '2.0: a help text beyond the symbols',
      2,
      request(2, messageField(5, [varintField(3, 77)])),
      'malformed_body',
      'symbol 77',
    ],
    [
      '2.0: a unit beyond the symbols',
      2,
      request(2, messageField(5, [varintField(4, 4294967295)])),
      'malformed_body',
      'symbol 4294967295',
    ],
    [
      '2.0: an odd number of label references',
      2,
      request(2, bytesField(1, raw(1))),
      'malformed_body',
      'odd number of label references',
    ],
    [
      '2.0: an odd number in an exemplar',
      2,
      request(2, messageField(4, [varintField(1, 1)])),
      'malformed_body',
      'odd number',
    ],
    [
      '2.0: references cut in a number',
      2,
      request(2, bytesField(1, raw(1, 0x80))),
      'malformed_body',
      'ends inside a varint',
    ],
    [
      '2.0: symbols as a varint',
      2,
      varintField(4, 1),
      'malformed_body',
      'field 4 with the wrong wire type',
    ],
    [
      '2.0: metadata as a varint',
      2,
      request(2, varintField(5, 1)),
      'malformed_body',
      'field 5 with the wrong wire type',
    ],
    [
      '2.0: a help reference as text',
      2,
      request(2, messageField(5, [textField(3, 'x')])),
      'malformed_body',
      'field 3 with the wrong wire type',
    ],
    [
      '2.0: a created timestamp as a double',
      2,
      request(2, doubleField(6, 1)),
      'malformed_body',
      'field 6 with the wrong wire type',
    ],
    [
      '2.0: a start timestamp as a double',
      2,
      request(2, messageField(2, [doubleField(3, 1)])),
      'malformed_body',
      'field 3 with the wrong wire type',
    ],
    [
      '2.0: a histogram start as a double',
      2,
      request(2, messageField(3, [doubleField(17, 1)])),
      'malformed_body',
      'field 17 with the wrong wire type',
    ],
  ];

function errorOf(run: () => unknown): VarveError {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(VarveError);
  return thrown as VarveError;
}

const decoder = new WireDecoder(DEFAULT_WIRE_LIMITS);
const decode = (version: 1 | 2, body: Uint8Array): PlainRequest =>
  plainRequest(decoder.decodeMessage(version, body));

describe.each([1, 2] as const)('version %i refuses', (version) => {
  test.each(BOTH)('%s', (_, build, says) => {
    const error = errorOf(() => decoder.decodeMessage(version, build(version)));
    expect(error.code).toBe('malformed_body');
    expect(error.message).toContain(says);
    expect(error.message).toMatch(/at byte \d+/);
    expect(decode(version, request(version)).series.length).toBe(1);
  });
});

test.each(ONE_VERSION)('%s is refused', (_, version, body, code, says) => {
  const error = errorOf(() => decoder.decodeMessage(version, body));
  expect(error.code).toBe(code);
  expect(error.message).toContain(says);
});

describe('limits', () => {
  const two = (version: 1 | 2): Uint8Array =>
    concat([
      request(version, sample),
      request(version).subarray(version === 1 ? 0 : concat(symbols).length),
    ]);
  const ROWS: [
    limit: keyof WireLimits,
    value: number,
    version: 1 | 2,
    body: Uint8Array,
    says: string,
  ][] = [
    ['seriesMax', 1, 1, two(1), 'limit of 1 series'],
    ['seriesMax', 1, 2, two(2), 'limit of 1 series'],
    ['samplesMax', 2, 1, two(1), 'limit of 2 samples'],
    ['samplesMax', 2, 2, two(2), 'limit of 2 samples'],
    ['samplesMax', 1, 1, request(1, messageField(4, [])), 'limit of 1 samples'],
    [
      'exemplarsMax',
      1,
      1,
      request(1, messageField(3, []), messageField(3, [])),
      'limit of 1 exemplars',
    ],
    [
      'exemplarsMax',
      1,
      2,
      request(2, messageField(4, []), messageField(4, [])),
      'limit of 1 exemplars',
    ],
    [
      'metadataMax',
      1,
      1,
      concat([messageField(3, []), messageField(3, [])]),
      'limit of 1 metadata entries',
    ],
    ['symbolsMax', 4, 2, request(2), 'limit of 4 symbols'],
    ['symbolBytesMax', 16, 2, request(2), 'limit of 16 bytes of symbols'],
    ['labelRefsMax', 3, 2, request(2), 'limit of 3 label references'],
    [
      'labelRefsMax',
      4,
      2,
      request(2, varintField(1, 1), varintField(1, 2)),
      'limit of 4 label references',
    ],
    [
      'histogramBucketsMax',
      2,
      1,
      request(1, messageField(4, [bytesField(13, new Uint8Array(24))])),
      'limit of 2 histogram spans and buckets',
    ],
    [
      'histogramBucketsMax',
      2,
      2,
      request(2, messageField(3, [bytesField(12, new Uint8Array(3))])),
      'limit of 2 histogram spans and buckets',
    ],
    [
      'histogramBucketsMax',
      2,
      1,
      request(
        1,
        messageField(
          4,
          [1, 2, 3].map(() => messageField(8, [])),
        ),
      ),
      'limit of 2 histogram spans',
    ],
    ['decodedBytesMax', 20, 1, request(1), 'limit of 20 bytes decompressed'],
  ];

  test.each(ROWS)('%s of %i (version %i)', (limit, value, version, body, says) => {
    const small = new WireDecoder({ ...DEFAULT_WIRE_LIMITS, [limit]: value });
    const error = errorOf(() => small.decodeMessage(version, body));
    expect(error.code).toBe('body_too_large');
    expect(error.httpStatus).toBe(413);
    expect(error.message).toContain(says);
  });

  test('compressed bytes', () => {
    const small = new WireDecoder({ ...DEFAULT_WIRE_LIMITS, compressedBytesMax: 10 });
    const error = errorOf(() => small.decode(1, new Uint8Array(11)));
    expect(error.code).toBe('body_too_large');
    expect(error.message).toContain('limit of 10 bytes compressed');
  });

  test('at the limit, all is well', () => {
    const exact = new WireDecoder({
      ...DEFAULT_WIRE_LIMITS,
      seriesMax: 1,
      samplesMax: 1,
      symbolsMax: 5,
      symbolBytesMax: 17,
      labelRefsMax: 4,
    });
    expect(exact.decodeMessage(2, request(2)).seriesCount).toBe(1);
  });
});

describe('odd, but right', () => {
  test.each([1, 2] as const)('an empty body of version %i is an empty request', (version) => {
    expect(decode(version, new Uint8Array(0))).toEqual({ series: [], families: [] });
  });

  test.each([1, 2] as const)('version %i: unknown fields everywhere', (version) => {
    const extra = [
      varintField(999, 1),
      doubleField(999, 1),
      textField(999, 'x'),
      fixed32Field(999, 1),
    ];
    const body = concat([request(version, ...extra), ...extra]);
    expect(decode(version, body)).toEqual(decode(version, request(version)));
  });

  test.each([1, 2] as const)('version %i: times at both ends of int64', (version) => {
    const times = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n - 1n, -(2n ** 53n) + 1n];
    const body = request(version, ...times.map((time) => messageField(2, [varintField(2, time)])));
    expect(
      decode(version, body)
        .series[0]!.samples.slice(1)
        .map((s) => s.time),
    ).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ]);
  });

  test('a varint with needless bytes counts as what it says', () => {
    const padded = messageField(2, [raw(0x90, 0x00), raw(0x85, 0x80, 0x00)]);
    expect(decode(1, request(1, padded)).series[0]!.samples[1]!.time).toBe(5);
  });

  test('1.0: labels apart from each other are all there, in their order', () => {
    const apart = messageField(1, [
      labels[0]!,
      sample,
      labels[1]!,
      messageField(3, [labelField('a', 'b'), varintField(3, 7), labelField('c', 'd')]),
    ]);
    const plain = decode(1, concat([apart, request(1)]));
    expect(plain.series.map((series) => series.labels)).toEqual(
      Array(2).fill([
        ['__name__', 'up'],
        ['job', 'node'],
      ]),
    );
    expect(plain.series[0]!.exemplars[0]!.labels).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test('1.0: a label name given twice counts as the last', () => {
    const twice = messageField(1, [
      messageField(1, [textField(1, 'a'), textField(2, 'v'), textField(1, 'b')]),
    ]);
    expect(decode(1, twice).series[0]!.labels).toEqual([['b', 'v']]);
  });

  test('2.0: symbols behind the series that refer to them', () => {
    const series = messageField(5, [refs, sample]);
    expect(decode(2, concat([series, ...symbols]))).toEqual(decode(2, request(2)));
  });

  test('2.0: metadata in pieces is merged', () => {
    const pieces = [
      messageField(5, [varintField(1, 2), varintField(3, 2)]),
      messageField(5, [varintField(3, 4)]),
    ];
    expect(decode(2, request(2, ...pieces)).series[0]!.metadata).toEqual({
      type: 2,
      help: 'node',
      unit: '',
    });
  });

  test('2.0: a start timestamp of its own comes before the older one of the series', () => {
    const own = messageField(2, [varintField(2, TIME), varintField(3, 42)]);
    const histogram = messageField(3, [varintField(15, TIME)]);
    const series = decode(2, request(2, varintField(6, 7), own, histogram)).series[0]!;
    expect(series.samples.map((s) => s.start)).toEqual([7, 42]);
    expect(series.histograms[0]!.start).toBe(7);
  });

  test('1.0: start timestamps are unknown fields', () => {
    const own = messageField(2, [varintField(2, TIME), varintField(3, 42)]);
    const histogram = messageField(4, [varintField(15, TIME), textField(17, 'not a number')]);
    const series = decode(1, request(1, varintField(6, 7), own, histogram)).series[0]!;
    expect(series.samples.map((s) => s.start)).toEqual([0, 0]);
    expect(series.histograms[0]!.start).toBe(0);
  });

  test('of a oneof given twice, the last counts', () => {
    const float = messageField(4, [
      varintField(1, 3),
      doubleField(2, 0),
      varintField(6, 3),
      doubleField(7, 0),
    ]);
    const integer = messageField(4, [
      doubleField(2, 9),
      varintField(1, 0),
      varintField(4, zigzag(2)),
    ]);
    const [a, b] = decode(1, request(1, float, integer)).series[0]!.histograms;
    expect([a!.fault, a!.value.isFloat, a!.value.count]).toEqual([0, true, 0]);
    expect([b!.fault, b!.value.isFloat, b!.value.schema]).toEqual([0, false, 2]);
  });
});
