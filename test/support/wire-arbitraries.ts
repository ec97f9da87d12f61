// Random remote-write messages as raw fields: any order, repeated scalars, lists packed and in pieces,
// labels apart from each other, unknown fields in between.

import fc from 'fast-check';
import {
  bytesField,
  concat,
  doubleBits,
  doubleField,
  fixed32Field,
  fixed64Field,
  messageField,
  type RawField,
  tag,
  textField,
  varint,
  varintField,
  zigzag,
} from './raw-proto.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const longText = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 1, arbitrary: fc.string({ minLength: 120, maxLength: 300 }) },
);
const int64 = fc.oneof(
  fc.bigInt({ min: 1_700_000_000_000n, max: 1_900_000_000_000n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, -1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), -(2n ** 53n) - 1n, 127n, 128n),
);
const bits64 = fc.oneof(
  fc.double().map(doubleBits),
  fc.constantFrom(0x7ff0000000000002n, 0x7ff8000000000001n, 0xfff4000000000abcn, 0n, 1n << 63n),
);

/** Fields no schema of ours knows. */
const unknown: fc.Arbitrary<RawField> = fc
  .tuple(fc.integer({ min: 200, max: 2 ** 29 - 1 }), fc.integer({ min: 0, max: 3 }), int64)
  .map(([field, kind, value]) => {
    if (kind === 0) return varintField(field, value);
    if (kind === 1) return fixed64Field(field, value);
    if (kind === 2) return bytesField(field, varint(value));
    return fixed32Field(field, Number(BigInt.asUintN(32, value)));
  });

/** Any subset of `fields`, any of them several times, in any order, now and then an unknown one. */
function fieldsOf(...fields: fc.Arbitrary<RawField>[]): fc.Arbitrary<RawField[]> {
  return fc.array(
    fc.oneof({ weight: 10, arbitrary: fc.oneof(...fields) }, { weight: 1, arbitrary: unknown }),
    { maxLength: 6 },
  );
}

function shuffled(parts: readonly fc.Arbitrary<RawField[]>[]): fc.Arbitrary<RawField[]> {
  return fc
    .tuple(
      fc.tuple(...parts).map((lists) => lists.flat()),
      fc.boolean(),
      fc.array(fc.nat(), { minLength: 64, maxLength: 64 }),
    )
    .map(([fields, shuffle, keys]) => {
      if (!shuffle) return fields;
      return fields
        .map((field, i) => ({ field, key: keys[i % 64]! }))
        .sort((a, b) => a.key - b.key)
        .map(({ field }) => field);
    });
}

const sampleV1 = fieldsOf(
  bits64.map((b) => fixed64Field(1, b)),
  int64.map((t) => varintField(2, t)),
);
const sampleV2 = fieldsOf(
  bits64.map((b) => fixed64Field(1, b)),
  int64.map((t) => varintField(2, t)),
  int64.map((t) => varintField(3, t)),
);
const usualSample = fc
  .tuple(bits64, fc.bigInt({ min: 1_700_000_000_000n, max: 1_900_000_000_000n }))
  .map(([b, t]) => (b === 0n ? [varintField(2, t)] : [fixed64Field(1, b), varintField(2, t)]));

const label = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(longText, longText).map(([n, v]) => [textField(1, n), textField(2, v)]),
  },
  {
    weight: 1,
    arbitrary: fieldsOf(
      text.map((t) => textField(1, t)),
      text.map((t) => textField(2, t)),
    ),
  },
);
const labels = fc.array(
  label.map((fields) => messageField(1, fields)),
  { maxLength: 8 },
);

/** A list of numbers as packed, unpacked, or in pieces of both. */
function numberList(
  field: number,
  wire: 0 | 1,
  encoded: readonly Uint8Array[],
  style: number,
): RawField[] {
  if (encoded.length === 0) return [];
  const unpacked = encoded.map((one) => concat([tag(field, wire), one]));
  if (style === 0) return [bytesField(field, concat(encoded))];
  if (style === 1) return unpacked;
  const half = encoded.length >> 1;
  return [bytesField(field, concat(encoded.slice(0, half))), ...unpacked.slice(half)];
}

const side = fc.record({
  first: fc.integer({ min: -40, max: 40 }),
  spans: fc.array(fc.tuple(fc.nat(5), fc.array(fc.nat(1000), { maxLength: 5 })), { maxLength: 4 }),
});

/** Histograms that are mostly consistent, with now and then a wrong number. */
const histogram: fc.Arbitrary<RawField[]> = fc
  .record({
    isFloat: fc.boolean(),
    custom: fc.boolean(),
    schema: fc.integer({ min: -4, max: 8 }),
    positive: side,
    negative: side,
    zero: fc.nat(50),
    sum: bits64,
    hint: fc.constantFrom(0, 1, 2, 3, 7),
    time: int64,
    style: fc.nat(2),
    wrong: fc.oneof(
      { weight: 5, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom('count', 'offset', 'bucket', 'schema', 'bounds') },
    ),
  })
  .map((h) => {
    const fields: RawField[] = [];
    let count = h.custom ? 0 : h.zero;
    const list = (
      from: typeof h.positive,
      spansField: number,
      deltas: number,
      counts: number,
    ): void => {
      const absolute = from.spans.flatMap(([, values]) => values);
      from.spans.forEach(([gap, values], i) => {
        const first = h.custom ? Math.abs(from.first) : from.first;
        const offset = i === 0 ? first : h.wrong === 'offset' ? -gap - 1 : gap;
        const length = values.length + (h.wrong === 'bucket' && i === 0 ? 1 : 0);
        fields.push(
          messageField(spansField, [
            varintField(1, zigzag(offset) & 0xffffffffn),
            varintField(2, length),
          ]),
        );
      });
      count += absolute.reduce((a, b) => a + b, 0);
      if (h.isFloat) {
        fields.push(
          ...numberList(
            counts,
            1,
            absolute.map((v) => concat([doubleField(1, v).subarray(1)])),
            h.style,
          ),
        );
      } else {
        const encoded = absolute.map((v, i) => varint(zigzag(v - (absolute[i - 1] ?? 0))));
        fields.push(...numberList(deltas, 0, encoded, h.style));
      }
    };
    list(h.positive, 11, 12, 13);
    if (!h.custom) list(h.negative, 8, 9, 10);
    if (h.wrong === 'count') count += 1;
    fields.push(h.isFloat ? doubleField(2, count) : varintField(1, count));
    if (!h.custom) fields.push(h.isFloat ? doubleField(7, h.zero) : varintField(6, h.zero));
    fields.push(fixed64Field(3, h.sum));
    const schema = h.wrong === 'schema' ? -9 : h.custom ? -53 : h.schema;
    fields.push(
      varintField(4, zigzag(schema) & 0xffffffffn),
      varintField(14, h.hint),
      varintField(15, h.time),
    );
    if (h.custom || h.wrong === 'bounds') {
      const bounds = Array.from({ length: h.wrong === 'bounds' ? 2 : 90 }, (_, i) => i * 1.5);
      fields.push(
        ...numberList(
          16,
          1,
          bounds.map((v) => doubleField(1, v).subarray(1)),
          h.style,
        ),
      );
    }
    return fields;
  });

const familyMetadata = fieldsOf(
  fc.nat(7).map((t) => varintField(1, t)),
  text.map((t) => textField(2, t)),
  text.map((t) => textField(4, t)),
  text.map((t) => textField(5, t)),
);

const exemplarV1 = shuffled([
  labels,
  fieldsOf(
    bits64.map((b) => fixed64Field(2, b)),
    int64.map((t) => varintField(3, t)),
  ),
]);

const list = (
  field: number,
  of: fc.Arbitrary<RawField[]>,
  maxLength = 3,
): fc.Arbitrary<RawField[]> =>
  fc.array(
    of.map((fields) => messageField(field, fields)),
    { maxLength },
  );
const some = fc.array(unknown, { maxLength: 1 });

const seriesV1 = shuffled([
  labels,
  list(2, fc.oneof(usualSample, sampleV1)),
  list(3, exemplarV1, 2),
  list(4, histogram, 2),
  some,
]);

/** A prometheus.WriteRequest. */
export const messageV1: fc.Arbitrary<Uint8Array> = shuffled([
  list(1, seriesV1, 5),
  list(3, familyMetadata, 3),
  some,
]).map(concat);

const SYMBOLS = 300;
const refs = (field: number): fc.Arbitrary<RawField[]> =>
  fc
    .tuple(
      fc.array(fc.tuple(fc.nat(SYMBOLS - 1), fc.nat(SYMBOLS - 1)), { maxLength: 8 }),
      fc.nat(2),
    )
    .map(([pairs, style]) => numberList(field, 0, pairs.flat().map(varint), style));

const exemplarV2 = shuffled([
  refs(1),
  fieldsOf(
    bits64.map((b) => fixed64Field(2, b)),
    int64.map((t) => varintField(3, t)),
  ),
]);
const metadataV2 = fieldsOf(
  fc.nat(7).map((t) => varintField(1, t)),
  fc.nat(SYMBOLS - 1).map((t) => varintField(3, t)),
  fc.nat(SYMBOLS - 1).map((t) => varintField(4, t)),
);

const seriesV2 = shuffled([
  refs(1),
  list(2, fc.oneof(usualSample, sampleV2)),
  list(
    3,
    fc
      .tuple(
        histogram,
        fc.array(
          int64.map((t) => varintField(17, t)),
          { maxLength: 1 },
        ),
      )
      .map((l) => l.flat()),
    2,
  ),
  list(4, exemplarV2, 2),
  list(5, metadataV2, 1),
  fc.array(
    int64.map((t) => varintField(6, t)),
    { maxLength: 1 },
  ),
  some,
]);

/** An io.prometheus.write.v2.Request whose references are all within its symbols. */
export const messageV2: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    shuffled([list(5, seriesV2, 5), some]),
    fc.array(longText, { minLength: 20, maxLength: 20 }),
    fc.boolean(),
  )
  .map(([fields, texts, last]) => {
    const symbols = Array.from({ length: SYMBOLS }, (_, i) =>
      textField(4, i === 0 ? '' : `${texts[i % 20]}${i}`),
    );
    return concat(last ? [...fields, ...symbols] : [...symbols, ...fields]);
  });
