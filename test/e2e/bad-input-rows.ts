// Requests that no honest sender sends, with what must come out of each: the status, words of the
// answer, and the series that are stored all the same. Every row writes to a tenant of its own.

import { compressSync } from 'snappy';
import {
  bytesField,
  concat,
  doubleField,
  messageField,
  type RawField,
  tag,
  textField,
  varint,
  varintField,
} from '../support/raw-proto.ts';

export interface BadInput {
  readonly name: string;
  readonly body: () => Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly status: number;
  /** Words that the answer must hold. */
  readonly says: readonly string[];
  /** Series that are stored, as promtool prints them, and their values in order of time. */
  readonly stored: Readonly<Record<string, readonly string[]>>;
}

/** The time of the samples, and of a second later. */
export const NOW_MS = Date.now();
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

const V1 = 'application/x-protobuf';
const V2 = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';
export const V2_HEADERS = {
  'content-type': V2,
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '2.0.0',
};

type Pair = readonly [string | Uint8Array, string | Uint8Array];

function label([name, value]: Pair): RawField {
  const bytes = (from: string | Uint8Array) => new Uint8Array(Buffer.from(from as string));
  return messageField(1, [bytesField(1, bytes(name)), bytesField(2, bytes(value))]);
}

function sample(value: number, timeMs: bigint | number = NOW_MS): RawField {
  return messageField(2, [doubleField(1, value), varintField(2, timeMs)]);
}

/** A series of 1.0 with whatever fields. */
function series(pairs: readonly Pair[], ...fields: readonly RawField[]): RawField {
  return messageField(1, [...pairs.map(label), ...fields]);
}

const good = series([['__name__', 'good']], sample(1));
const GOOD = { '{__name__="good"}': ['1'] };

const snappy = (...fields: readonly RawField[]): Uint8Array => compressSync(concat(fields));

/** Snappy's own beginning: the length it says it has, then one literal. */
function snappyClaiming(length: bigint | number, literal: Uint8Array): Uint8Array {
  return concat([varint(length), Uint8Array.of((literal.length - 1) << 2), literal]);
}

/** A 2.0 request: symbols, and series whose label references are given. */
function v2(symbols: readonly string[], refs: readonly number[]): Uint8Array {
  const labelRefs = bytesField(1, concat(refs.map(varint)));
  return snappy(
    ...symbols.map((symbol) => textField(4, symbol)),
    messageField(5, [labelRefs, messageField(2, [doubleField(1, 1), varintField(2, NOW_MS)])]),
  );
}

/** An integer histogram of two buckets that says it has `count` observations. */
function histogram(count: number, timeMs = NOW_MS): RawField {
  return messageField(4, [
    varintField(1, count),
    doubleField(3, 12),
    varintField(4, 0),
    doubleField(5, 0.001),
    varintField(6, 1),
    messageField(11, [varintField(1, 0), varintField(2, 2)]),
    bytesField(12, concat([varint(2 * 2), varint(1 * 2)])), // 2 and 3 observations beside the zero bucket's 1
    varintField(15, timeMs),
  ]);
}

/** The whole request is refused and nothing of it is stored. */
const REFUSED: readonly BadInput[] = [
  {
    name: 'truncated snappy',
    body: () => {
      const whole = snappy(good, good, series([['__name__', 'other']], sample(2)));
      return whole.subarray(0, whole.length - 9);
    },
    status: 400,
    says: ['malformed_body', 'snappy'],
    stored: {},
  },
  {
    name: 'snappy that says it is larger than its bytes could ever be',
    body: () => snappyClaiming(2 ** 31, good.subarray(0, 40)),
    status: 400,
    says: ['malformed_body', '2147483648'],
    stored: {},
  },
  {
    name: 'snappy that is larger than the limit',
    body: () => compressSync(Buffer.alloc(65 * 1024 * 1024)),
    status: 413,
    says: ['body_too_large', '67108864'],
    stored: {},
  },
  {
    name: 'snappy that says it is longer than it is',
    body: () => snappyClaiming(good.length + 10, good),
    status: 400,
    says: ['malformed_body', 'snappy'],
    stored: {},
  },
  {
    name: 'snappy that says it is shorter than it is',
    body: () => snappyClaiming(good.length - 10, good),
    status: 400,
    says: ['malformed_body', 'snappy'],
    stored: {},
  },
  {
    name: 'a body larger than the limit',
    body: () => new Uint8Array(16 * 1024 * 1024 + 1),
    status: 413,
    says: ['body_too_large', '16777216'],
    stored: {},
  },
  {
    name: 'no snappy at all',
    body: () => new Uint8Array(Buffer.from('{"timeseries": []}')),
    status: 400,
    says: ['malformed_body'],
    stored: {},
  },
  {
    name: 'a wrong wire type: a sample that is a number',
    body: () => snappy(good, series([['__name__', 'x']], varintField(2, 7))),
    status: 400,
    says: ['malformed_body'],
    stored: {},
  },
  {
    name: 'a wrong wire type: a time that is a double',
    body: () =>
      snappy(
        good,
        series([['__name__', 'x']], messageField(2, [doubleField(1, 1), doubleField(2, 1)])),
      ),
    status: 400,
    says: ['malformed_body'],
    stored: {},
  },
  {
    name: 'an overlong varint',
    body: () => {
      const time = concat([tag(2, 0), new Uint8Array(11).fill(0x80), Uint8Array.of(1)]);
      return snappy(good, series([['__name__', 'x']], messageField(2, [doubleField(1, 1), time])));
    },
    status: 400,
    says: ['malformed_body'],
    stored: {},
  },
  {
    name: 'a group',
    body: () => snappy(good, series([['__name__', 'x']], tag(9, 3), varintField(1, 1), tag(9, 4))),
    status: 400,
    says: ['malformed_body'],
    stored: {},
  },
  {
    name: 'a message longer than what holds it',
    body: () => snappy(good, concat([tag(1, 2), varint(1000), Uint8Array.of(1, 2, 3)])),
    status: 400,
    says: ['malformed_body'],
    stored: {},
  },
  {
    name: '2.0: a symbol outside the table',
    body: () => v2(['', '__name__', 'good'], [1, 9]),
    headers: V2_HEADERS,
    status: 400,
    says: ['malformed_body', 'symbol'],
    stored: {},
  },
  {
    name: '2.0: a first symbol that is not empty',
    body: () => v2(['x', '__name__', 'good'], [1, 2]),
    headers: V2_HEADERS,
    status: 400,
    says: ['malformed_body', 'symbol'],
    stored: {},
  },
  {
    name: '2.0: half a pair of label references',
    body: () => v2(['', '__name__', 'good'], [1, 2, 1]),
    headers: V2_HEADERS,
    status: 400,
    says: ['malformed_body'],
    stored: {},
  },
  {
    name: 'a 1.0 body under a 2.0 content type',
    body: () => snappy(good),
    headers: V2_HEADERS,
    status: 400,
    says: ['wrong_version', '1.0'],
    stored: {},
  },
  {
    name: 'a 2.0 body under a 1.0 content type',
    body: () => v2(['', '__name__', 'good'], [1, 2]),
    status: 400,
    says: ['wrong_version', '2.0'],
    stored: {},
  },
  {
    name: 'a tenant named ..',
    body: () => snappy(good),
    headers: { 'thanos-tenant': '..' },
    status: 400,
    says: ['bad_tenant', '..'],
    stored: {},
  },
  {
    name: 'a tenant named .. in the path',
    body: () => snappy(good),
    path: '/insert/%2e%2e/prometheus/api/v1/write',
    status: 400,
    says: ['bad_tenant', '..'],
    stored: {},
  },
  {
    name: 'the tenant that is Varve’s own',
    body: () => snappy(good),
    headers: { 'thanos-tenant': 'varve' },
    status: 400,
    says: ['bad_tenant', 'varve'],
    stored: {},
  },
  {
    name: 'two tenants that differ',
    body: () => snappy(good),
    headers: { 'thanos-tenant': 'one', 'x-scope-orgid': 'two' },
    status: 400,
    says: ['bad_tenant'],
    stored: {},
  },
  {
    name: 'a content type that is none of ours',
    body: () => snappy(good),
    headers: { 'content-type': 'application/json' },
    status: 415,
    says: ['unsupported_media', 'application/json'],
    stored: {},
  },
  {
    name: 'an encoding that is none of ours',
    body: () => snappy(good),
    headers: { 'content-encoding': 'zstd' },
    status: 415,
    says: ['unsupported_media', 'zstd'],
    stored: {},
  },
];

/** A part is refused; the answer says which, how many and why, and the rest is stored. */
const IN_PART: readonly BadInput[] = [
  {
    name: 'a label twice',
    body: () =>
      snappy(
        good,
        series(
          [
            ['__name__', 'x'],
            ['job', 'a'],
            ['job', 'b'],
          ],
          sample(1),
        ),
      ),
    status: 400,
    says: ['label_duplicate: 1 series with 1 samples refused', 'job="a"'],
    stored: GOOD,
  },
  {
    name: 'no metric name',
    body: () => snappy(series([['job', 'nameless']], sample(1), sample(2, NOW_MS + 1)), good),
    status: 400,
    says: ['label_missing_name: 1 series with 2 samples refused', 'nameless'],
    stored: GOOD,
  },
  {
    name: 'a label without a name',
    body: () =>
      snappy(
        series(
          [
            ['', 'x'],
            ['__name__', 'y'],
          ],
          sample(1),
        ),
        good,
      ),
    status: 400,
    says: ['label_name_empty: 1 series'],
    stored: GOOD,
  },
  {
    name: 'a label value that is not UTF-8',
    body: () =>
      snappy(
        good,
        series(
          [
            ['__name__', 'x'],
            ['a', Uint8Array.of(0x61, 0xff)],
          ],
          sample(1),
        ),
      ),
    status: 400,
    says: ['label_invalid_utf8: 1 series'],
    stored: GOOD,
  },
  {
    name: 'a histogram whose count disagrees with its buckets',
    body: () =>
      snappy(good, series([['__name__', 'h']], histogram(6), histogram(5, NOW_MS + 1), sample(7))),
    status: 400,
    says: ['histogram_count: 1 histogram refused', '{__name__="h"}'],
    stored: { ...GOOD, '{__name__="h"}': ['7'] },
  },
  {
    name: 'times at both ends of int64',
    body: () =>
      snappy(
        series([['__name__', 'x']], sample(1, INT64_MIN), sample(2), sample(3, INT64_MAX)),
        good,
      ),
    status: 400,
    says: ['2 samples refused', '{__name__="x"}'],
    stored: { ...GOOD, '{__name__="x"}': ['2'] },
  },
  {
    name: 'another value at the same time',
    body: () => snappy(good, series([['__name__', 'x']], sample(1), sample(2))),
    status: 400,
    says: ['duplicate: 1 sample refused', '{__name__="x"}'],
    stored: { ...GOOD, '{__name__="x"}': ['1'] },
  },
  {
    name: 'more labels than the limit',
    body: () => {
      const many = Array.from(
        { length: 129 },
        (_, i): Pair => [`l${String(i).padStart(3, '0')}`, 'v'],
      );
      return snappy(good, series([['__name__', 'x'], ...many], sample(1)));
    },
    status: 400,
    says: ['label_count: 1 series'],
    stored: GOOD,
  },
];

/** Odd, and right. */
const ACCEPTED: readonly BadInput[] = [
  {
    name: 'unknown fields',
    body: () =>
      snappy(
        varintField(99, 5),
        series([['__name__', 'good']], textField(77, 'later'), sample(1)),
        textField(100, 'x'),
      ),
    status: 204,
    says: [],
    stored: GOOD,
  },
  {
    name: 'labels that are not sorted',
    body: () =>
      snappy(
        series(
          [
            ['z', '1'],
            ['__name__', 'x'],
            ['a', '2'],
          ],
          sample(1),
        ),
      ),
    status: 204,
    says: [],
    stored: { '{__name__="x", a="2", z="1"}': ['1'] },
  },
  {
    name: 'a label with an empty value',
    body: () =>
      snappy(
        series(
          [
            ['__name__', 'x'],
            ['empty', ''],
          ],
          sample(1),
        ),
      ),
    status: 204,
    says: [],
    stored: { '{__name__="x"}': ['1'] },
  },
  {
    name: 'label names that JavaScript has a meaning for',
    body: () =>
      snappy(
        series(
          [
            ['__name__', 'constructor'],
            ['__proto__', 'p'],
            ['hasOwnProperty', 'h'],
            ['toString', 't'],
          ],
          sample(1),
        ),
      ),
    status: 204,
    says: [],
    stored: {
      '{__name__="constructor", __proto__="p", hasOwnProperty="h", toString="t"}': ['1'],
    },
  },
  {
    name: 'the same series twice in a request',
    body: () => snappy(good, series([['__name__', 'good']], sample(2, NOW_MS + 1000)), good),
    status: 204,
    says: [],
    stored: { '{__name__="good"}': ['1', '2'] },
  },
];

/** All of them; a row's tenant is by its place here. */
export const ROWS: readonly BadInput[] = [...REFUSED, ...IN_PART, ...ACCEPTED];

/** Headers of a row's request: 1.0 unless it says otherwise. */
export function headersOf(row: BadInput, tenant: string): Record<string, string> {
  const named = row.path === undefined ? { 'thanos-tenant': tenant } : {};
  return { 'content-type': V1, 'content-encoding': 'snappy', ...named, ...row.headers };
}
