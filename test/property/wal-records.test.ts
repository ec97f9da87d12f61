// Every record codec gives back what it was given, and no bytes make a decoder do anything but
// decode or say that they are malformed.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import {
  clearHistograms,
  decodeHistograms,
  encodeHistograms,
  HISTOGRAM_RECORD_TYPES,
  makeHistogramColumns,
} from '../../src/wal/histograms-record.ts';
import { decodeMetadata, MetadataColumns, writeMetadata } from '../../src/wal/metadata-record.ts';
import { RecordDecoder } from '../../src/wal/record-decoder.ts';
import {
  clearSamples,
  decodeSamples,
  encodeSamples,
  makeSampleColumns,
} from '../../src/wal/samples-record.ts';
import {
  beginSeries,
  beginSeriesRecord,
  decodeSeries,
  SeriesColumns,
  writeLabel,
} from '../../src/wal/series-record.ts';
import {
  beginTombstonesRecord,
  decodeTombstones,
  TombstoneColumns,
  writeTombstone,
} from '../../src/wal/tombstones-record.ts';
import { ignoringSink } from '../support/wal-records.ts';

const SAFE = Number.MAX_SAFE_INTEGER;
/** References are below 2^52. */
const REF_MAX = 2 ** 52 - 1;
const ref = fc.oneof(fc.integer({ min: 1, max: 2 ** 31 }), fc.integer({ min: 1, max: REF_MAX }));
const timeMs = fc.oneof(fc.integer(), fc.integer({ min: -SAFE, max: SAFE }));
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = fc.uint8Array({ maxLength: 40 });

function writtenBy(write: (into: ByteWriter) => void): Uint8Array {
  const into = new ByteWriter();
  write(into);
  return into.view();
}

test('samples: references, times and all 64 bits of the values', () => {
  const columns = makeSampleColumns();
  const again = makeSampleColumns();
  fc.assert(
    fc.property(fc.array(fc.tuple(ref, timeMs, u32, u32)), (rows) => {
      clearSamples(columns);
      for (const [aRef, time, low, high] of rows) {
        columns.refs.push(aRef);
        columns.times.push(time);
        columns.lows.push(low);
        columns.highs.push(high);
      }
      decodeSamples(
        writtenBy((into) => encodeSamples(columns, into)),
        again,
      );
      expect(again.refs.view()).toEqual(columns.refs.view());
      expect(again.times.view()).toEqual(columns.times.view());
      expect(again.lows.view()).toEqual(columns.lows.view());
      expect(again.highs.view()).toEqual(columns.highs.view());
    }),
  );
});

test('a part of the columns is a record of its own', () => {
  const columns = makeSampleColumns();
  for (let i = 0; i < 10; i++) {
    columns.refs.push(100 + i);
    columns.times.push(-i);
    columns.lows.push(i);
    columns.highs.push(i);
  }
  const again = makeSampleColumns();
  decodeSamples(
    writtenBy((into) => encodeSamples(columns, into, { start: 3, end: 5 })),
    again,
  );
  expect([...again.refs.view()]).toEqual([103, 104]);
});

test('series: references and label bytes', () => {
  const columns = new SeriesColumns();
  const labels = fc.array(fc.tuple(bytes, bytes), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(fc.tuple(ref, labels)), (rows) => {
      const record = writtenBy((into) => {
        beginSeriesRecord(into);
        for (const [aRef, pairs] of rows) {
          beginSeries(aRef, pairs.length, into);
          for (const [name, value] of pairs) writeLabel(name, value, into);
        }
      });
      decodeSeries(record, columns);
      const { nameLengths, nameStarts, valueLengths, valueStarts } = columns.labels;
      const cut = (start: number, length: number): number[] => [
        ...record.subarray(start, start + length),
      ];
      const found = rows.map((_, row) => {
        const pairs: number[][][] = [];
        for (let i = columns.labels.firstOf(row); i < columns.labels.firstOf(row + 1); i++) {
          pairs.push([
            cut(nameStarts.at(i), nameLengths.at(i)),
            cut(valueStarts.at(i), valueLengths.at(i)),
          ]);
        }
        return [columns.refs.at(row), pairs];
      });
      expect(columns.refs.length).toBe(rows.length);
      expect(found).toEqual(
        rows.map(([aRef, pairs]) => [aRef, pairs.map(([n, v]) => [[...n], [...v]])]),
      );
    }),
  );
});

test('histograms of all four kinds, in records of their own', () => {
  const count = fc.integer({ min: 0, max: SAFE });
  const spans = fc.array(fc.tuple(fc.integer(), fc.integer({ min: 0, max: 0xffff_ffff })), {
    maxLength: 4,
  });
  const real = fc.double({ noNaN: true });
  const shape = fc.record({
    ref,
    timeMs,
    isFloat: fc.boolean(),
    schema: fc.constantFrom(-53, -4, 0, 8),
    hint: fc.integer({ min: 0, max: 3 }),
    zero: real,
    counts: fc.tuple(count, count),
    sum: fc.tuple(u32, u32),
    spans,
    deltas: fc.array(fc.integer({ min: -SAFE, max: SAFE }), { maxLength: 6 }),
    custom: fc.array(real, { maxLength: 4 }),
  });
  const columns = makeHistogramColumns();
  const again = makeHistogramColumns();
  fc.assert(
    fc.property(fc.array(shape, { maxLength: 8 }), (rows) => {
      clearHistograms(columns);
      const wanted = new Map<number, HistogramValue[]>();
      for (const row of rows) {
        const value = new HistogramValue();
        value.isFloat = row.isFloat;
        value.resetHint = row.hint;
        value.schema = row.schema;
        value.zeroThreshold = row.zero;
        [value.zeroCount, value.count] = row.counts;
        [value.sumLow, value.sumHigh] = row.sum;
        for (const [offset, length] of row.spans) {
          value.positiveSpanOffsets.push(offset);
          value.positiveSpanLengths.push(length);
        }
        for (const delta of row.deltas) value.negativeBuckets.push(delta);
        if (row.schema === -53) for (const bound of row.custom) value.customValues.push(bound);
        columns.refs.push(row.ref);
        columns.times.push(row.timeMs);
        columns.values.push(value);
        const type = (row.isFloat ? 8 : 7) + (row.schema === -53 ? 2 : 0);
        wanted.set(type, [...(wanted.get(type) ?? []), value]);
      }
      for (const type of HISTOGRAM_RECORD_TYPES) {
        const values = wanted.get(type) ?? [];
        const record = writtenBy((into) => {
          expect(encodeHistograms(columns, type, into)).toBe(values.length);
        });
        if (values.length === 0) {
          expect(record.length).toBe(0);
          continue;
        }
        decodeHistograms(record, again);
        expect(again.refs.length).toBe(values.length);
        for (const [i, value] of values.entries()) {
          const found = new HistogramValue();
          again.values.load(i, found);
          expect(shown(found)).toEqual(shown(value));
        }
      }
    }),
  );
});

function shown(value: HistogramValue): unknown[] {
  return Object.entries(value).map(([key, part]) =>
    typeof part === 'object' && part !== null ? [key, [...part.view()]] : [key, part],
  );
}

test('metadata: texts, and fields that this version does not know are stepped over', () => {
  const columns = new MetadataColumns();
  fc.assert(
    fc.property(ref, fc.integer({ min: 0, max: 255 }), bytes, bytes, (aRef, type, unit, help) => {
      const record = writtenBy((into) => {
        into.u8(6);
        into.uvarint(7);
        into.u8(1);
        into.uvarint(1);
        into.uvarint(3);
        into.bytes(Uint8Array.of(65, 66, 67));
        into.uvarint(0);
        writeMetadata({ ref: aRef, type, unit, help }, into);
      });
      decodeMetadata(record, columns);
      const { helpLengths, helpStarts, refs, types, unitLengths, unitStarts } = columns;
      expect([...refs.view()]).toEqual([7, aRef]);
      expect([types.at(1), unitLengths.at(0), helpLengths.at(0)]).toEqual([type, 0, 0]);
      const cut = (start: number, length: number) => record.slice(start, start + length);
      expect(cut(unitStarts.at(1), unitLengths.at(1))).toEqual(unit);
      expect(cut(helpStarts.at(1), helpLengths.at(1))).toEqual(help);
    }),
  );
});

test('tombstones: times at both ends of int64 become infinite and come back as those ends', () => {
  const columns = new TombstoneColumns();
  const ends = '03' + '0000000000000007' + 'ffffffffffffffffff01' + 'feffffffffffffffff01';
  const record = Buffer.from(ends, 'hex');
  decodeTombstones(record, columns);
  expect([columns.minTimes.at(0), columns.maxTimes.at(0)]).toEqual([
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ]);
  const again = writtenBy((into) => {
    beginTombstonesRecord(into);
    writeTombstone(columns, 0, into);
  });
  expect(Buffer.from(again).toString('hex')).toBe(ends);
});

test('sample times beyond ±2^53 are infinite, also when base and delta wrap around', () => {
  const columns = makeSampleColumns();
  const base = '7fffffffffffffff'; // int64's maximum
  const zero = '0000000000000000';
  const rows = `00${'00'}${zero}` + `00${'02'}${zero}`; // + 0 and + 1, which wraps
  decodeSamples(Buffer.from(`02${'0000000000000001'}${base}${rows}`, 'hex'), columns);
  expect([...columns.times.view()]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});

test('no bytes make a decoder fail otherwise than by saying so, and then nothing is handed out', () => {
  const decoder = new RecordDecoder();
  const sink = { ...ignoringSink() };
  const mutated = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.uint8Array({ maxLength: 200 }));
  fc.assert(
    fc.property(mutated, ([type, body]) => {
      const record = Uint8Array.of(type, ...body);
      const { outcome } = decoder.decode(record, { segment: 0, offset: 0 }, sink);
      expect(['decoded', 'skipped', 'malformed']).toContain(outcome);
    }),
    { numRuns: 2000 },
  );
});
