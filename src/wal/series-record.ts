// Series records (type 1): the labels behind each reference. docs/formats/wal.md, "Series".
//
// Written piece by piece, so that the head's label bytes go straight into the record; read into
// columns that point into the record, so that a million series make no objects.

import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import { F64Column } from '../base/bytes/columns.ts';
import { RECORD_SERIES, SERIES_LABELS_MAX, TEXT_BYTES_MAX } from './format.ts';
import { DeltaReader, LabelColumns, writeText } from './record-numbers.ts';

/** Series of one record; row i is a reference and its labels. */
export class SeriesColumns {
  readonly refs = new F64Column(64);
  /** Places in the record's bytes. */
  readonly labels = new LabelColumns();

  clear(): void {
    this.refs.clear();
    this.labels.clear();
  }
}

/** Begins a record; then for each series `beginSeries`, and `writeLabel` for each of its labels. */
export function beginSeriesRecord(into: ByteWriter): void {
  into.u8(RECORD_SERIES);
}

/** Begins a series; exactly `labelCount` labels must follow, sorted by the bytes of their names. */
export function beginSeries(ref: number, labelCount: number, into: ByteWriter): void {
  into.i64be(ref);
  into.uvarint(labelCount);
}

/** One label: name and value as UTF-8 bytes. */
export function writeLabel(name: Uint8Array, value: Uint8Array, into: ByteWriter): void {
  writeText(name, 0, name.length, into);
  writeText(value, 0, value.length, into);
}

/** Row `row` of `columns`, whose labels are in `bytes`. */
export function writeSeriesRow(
  columns: SeriesColumns,
  row: number,
  { bytes, into }: { readonly bytes: Uint8Array; readonly into: ByteWriter },
): void {
  into.i64be(columns.refs.at(row));
  columns.labels.write(row, bytes, into);
}

const reader = new DeltaReader();

/** Replaces what is in `into` by the record's series. Throws OutOfBytes for a malformed record. */
export function decodeSeries(record: Uint8Array, into: SeriesColumns): void {
  into.clear();
  reader.reset(record, 1);
  while (reader.remaining > 0) {
    const ref = reader.ref();
    into.labels.read(reader);
    into.refs.push(ref);
  }
}

/**
 * Why the labels of row `row` cannot be those of a series; undefined when they can. A label with an
 * empty value counts as none (Prometheus's rule), wherever it stands.
 */
export function faultOfSeries(
  { labels }: SeriesColumns,
  row: number,
  bytes: Uint8Array,
): string | undefined {
  const { nameStarts, nameLengths, valueLengths } = labels;
  const first = labels.firstOf(row);
  const end = labels.firstOf(row + 1);
  if (end - first > SERIES_LABELS_MAX) return `${end - first} labels`;
  let last = -1;
  for (let cell = first; cell < end; cell++) {
    if (valueLengths.at(cell) === 0) continue;
    const length = nameLengths.at(cell);
    if (length === 0) return 'a label without a name';
    if (Math.max(length, valueLengths.at(cell)) > TEXT_BYTES_MAX) return 'a label that is too long';
    const order =
      last < 0
        ? 1
        : compareBytes(
            bytes,
            nameStarts.at(cell),
            length,
            nameStarts.at(last),
            nameLengths.at(last),
          );
    if (order === 0) return 'a label name that comes twice';
    if (order < 0) return 'labels that are not in order';
    last = cell;
  }
  return last < 0 ? 'no labels' : undefined;
}

/** Order of two pieces of the same bytes. */
function compareBytes(
  bytes: Uint8Array,
  start: number,
  length: number,
  otherStart: number,
  otherLength: number,
): number {
  const shared = Math.min(length, otherLength);
  for (let i = 0; i < shared; i++) {
    const difference = (bytes.at(start + i) ?? 0) - (bytes.at(otherStart + i) ?? 0);
    if (difference !== 0) return difference;
  }
  return length - otherLength;
}
