// Records with start timestamps against a writer of a few lines: what they decode to, and what they
// decode to when they are cut off, or say what cannot be.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import {
  encodeHistograms,
  HISTOGRAM_RECORD_TYPES,
  makeHistogramColumns,
} from '../../src/wal/histograms-record.ts';
import { decodeMinValidTime, encodeMinValidTime } from '../../src/wal/min-valid-time-record.ts';
import { RecordDecoder, type RecordSink } from '../../src/wal/record-decoder.ts';
import { ignoringSink } from '../support/wal-records.ts';
import { fill, type PlainHistogram, series } from './chunk/arbitrary-histograms.ts';
import { type NaiveRow, naiveRecord } from './naive-records.ts';

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const AT = { segment: 0, offset: 0 };

const int64 = fc.oneof(
  fc.constantFrom(0n, 1_700_000_000_000n, 1_700_000_015_000n, -1n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const ref = fc.oneof(
  fc.bigInt({ min: 0n, max: 5000n }),
  fc.bigInt({ min: 0n, max: 2n ** 52n - 1n }),
);
const head = fc.record({ ref, time: int64, start: int64 });

/** What Varve makes of a time. */
function timeOf(time: bigint): number {
  if (time > SAFE) return Number.POSITIVE_INFINITY;
  return time < -SAFE ? Number.NEGATIVE_INFINITY : Number(time);
}

/** Decodes, and says what was handed out, a line for a sample. */
function decoded(bytes: Uint8Array): { readonly outcome: string; readonly lines: string[] } {
  const lines: string[] = [];
  const value = new HistogramValue();
  const sink: RecordSink = {
    ...ignoringSink(),
    samples: ({ highs, lows, refs, times }) => {
      for (let i = 0; i < refs.length; i++)
        lines.push(`${refs.at(i)} ${times.at(i)} ${highs.at(i)} ${lows.at(i)}`);
    },
    histograms: ({ refs, times, values }) => {
      for (let i = 0; i < refs.length; i++) {
        values.load(i, value);
        lines.push(`${refs.at(i)} ${times.at(i)} ${textOf(value)}`);
      }
    },
  };
  const { outcome } = new RecordDecoder().decode(bytes, AT, sink);
  return { outcome, lines };
}

function textOf(value: HistogramValue): string {
  return JSON.stringify(value, (_, field: unknown) =>
    field !== null && typeof field === 'object' && 'view' in field
      ? [...(field as { view: () => Float64Array }).view()]
      : field,
  );
}

/**
 * Whole: all of it; cut off behind a sample: those up to there; anywhere else: nothing. Rows whose
 * times no number holds are left out, and that is said.
 */
function expectAllCuts(type: number, rows: readonly NaiveRow[], lines: readonly string[]): void {
  const { bytes, ends } = naiveRecord(type, rows);
  for (let length = 1; length <= bytes.length; length++) {
    const whole = ends.indexOf(length);
    const all = lines.slice(0, whole);
    const kept = all.filter((line) => !/^\d+ -?Infinity /.test(line));
    const outcome = kept.length < all.length ? 'partial' : 'decoded';
    const expected = whole < 0 ? { outcome: 'malformed', lines: [] } : { outcome, lines: kept };
    expect(decoded(bytes.subarray(0, length))).toEqual(expected);
  }
}

test('floats: every reference, time and all 64 bits, whatever the start timestamps are', () => {
  const row = fc.tuple(head, fc.uint8Array({ minLength: 8, maxLength: 8 }));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), (list) => {
      const rows = list.map(([fields, body]) => ({ ...fields, body }));
      const lines = rows.map((one) => {
        const view = new DataView(one.body.slice().buffer);
        return `${one.ref} ${timeOf(one.time)} ${view.getUint32(0)} ${view.getUint32(4)}`;
      });
      expectAllCuts(11, rows, lines);
    }),
  );
});

/** What stands in a record of any type for a histogram, behind reference and time. */
function bodyOf(plain: PlainHistogram): { readonly body: Uint8Array; readonly text: string } {
  const value = new HistogramValue();
  fill(plain, value);
  const columns = makeHistogramColumns();
  columns.refs.push(0);
  columns.times.push(0);
  columns.values.push(value);
  const into = new ByteWriter();
  for (const type of HISTOGRAM_RECORD_TYPES) encodeHistograms(columns, type, into);
  return { body: into.view().slice(1 + 16 + 2), text: textOf(value) };
}

test('histograms: with custom buckets or without, integers and floats', () => {
  fc.assert(
    fc.property(series, fc.array(head, { minLength: 4, maxLength: 4 }), (list, heads) => {
      for (const isFloat of [false, true]) {
        const made = list.slice(0, 4).map((plain, i) => {
          const { body, text } = bodyOf({ ...plain, isFloat });
          return { ...heads[i]!, body, text };
        });
        const lines = made.map((one) => `${one.ref} ${timeOf(one.time)} ${one.text}`);
        expectAllCuts(isFloat ? 13 : 12, made, lines);
      }
    }),
    { numRuns: 30 },
  );
});

const EMPTY_HISTOGRAM = `0000${'00'.repeat(8)}0000${'00'.repeat(8)}`;

test.each([
  ['a reference below zero', `0b${'01'}0000${'00'.repeat(8)}`],
  ['a reference of 2^53', `0b${'8080808080808020'}0000${'00'.repeat(8)}`],
  ['a reference that falls below zero', `0b020000${'00'.repeat(8)}0300${'00'.repeat(9)}`],
  ['a start timestamp mark that there is not', `0b020000${'00'.repeat(8)}000003${'00'.repeat(8)}`],
  ['a start timestamp of eleven bytes', `0b0200${'ff'.repeat(10)}01${'00'.repeat(8)}`],
  ['2^35 spans', `0c020000${EMPTY_HISTOGRAM}ffffffff7f`],
  ['2^35 buckets', `0c020000${EMPTY_HISTOGRAM}0000ffffffff7f`],
  ['2^35 buckets of floats', `0d020000${'00'.repeat(2 + 8 * 4)}0000ffffffff7f`],
  ['a count of 2^53', `0c020000${'00'.repeat(10)}${'8080808080808010'}`],
])('%s: malformed', (_, record) => {
  expect(decoded(Buffer.from(record, 'hex'))).toEqual({ outcome: 'malformed', lines: [] });
});

test('the minimum valid time of a checkpoint, to both ends of int64', () => {
  for (const [timeMs, hex] of [
    [1_793_844_000_000, '0e000001a1a96f3500'],
    [-1, '0effffffffffffffff'],
    [Number.POSITIVE_INFINITY, '0e7fffffffffffffff'],
    [Number.NEGATIVE_INFINITY, '0e8000000000000000'],
  ] as const) {
    const bytes = Buffer.from(hex, 'hex');
    expect(decodeMinValidTime(bytes)).toBe(timeMs);
    const into = new ByteWriter();
    encodeMinValidTime(timeMs, into);
    expect(Buffer.from(into.view()).toString('hex')).toBe(hex);
    for (let length = 1; length < bytes.length; length++)
      expect(decoded(bytes.subarray(0, length)).outcome).toBe('malformed');
    expect(decoded(Buffer.concat([bytes, Buffer.alloc(1)])).outcome).toBe('malformed');
  }
});
