// Exemplar records (type 4). docs/formats/wal.md, "Exemplars".

import { OutOfBytes } from '../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import { F64Column, U32Column } from '../base/bytes/columns.ts';
import { RECORD_EXEMPLARS } from './format.ts';
import { baseTimeFor, DeltaReader, LabelColumns, writeDelta, writeText } from './record-numbers.ts';

/** Exemplars of one record; values in two halves, labels as places in the record's bytes. */
export class ExemplarColumns {
  readonly refs = new F64Column(16);
  /** Milliseconds. */
  readonly times = new F64Column(16);
  readonly lows = new U32Column(16);
  readonly highs = new U32Column(16);
  readonly labels = new LabelColumns();

  clear(): void {
    this.refs.clear();
    this.times.clear();
    this.lows.clear();
    this.highs.clear();
    this.labels.clear();
  }
}

/** What every exemplar of a record is counted from: the first one's reference and time. */
export interface ExemplarBase {
  readonly ref: number;
  readonly timeMs: number;
}

/** Begins a record; then for each exemplar `beginExemplar`, and `writeExemplarLabel` per label. */
export function beginExemplarsRecord(base: ExemplarBase, into: ByteWriter): void {
  into.u8(RECORD_EXEMPLARS);
  into.i64be(base.ref);
  into.i64be(baseTimeFor(base.timeMs));
}

/** One exemplar without its labels, of which exactly `labelCount` must follow. */
export interface ExemplarHead {
  readonly ref: number;
  readonly timeMs: number;
  readonly low: number;
  readonly high: number;
  readonly labelCount: number;
}

/** Begins an exemplar of a record that `base` began. */
export function beginExemplar(head: ExemplarHead, base: ExemplarBase, into: ByteWriter): void {
  writeDelta(head.ref, base.ref, into);
  writeDelta(head.timeMs, baseTimeFor(base.timeMs), into);
  into.u64be(head.low, head.high);
  into.uvarint(head.labelCount);
}

/** One label: name and value as UTF-8 bytes. */
export function writeExemplarLabel(name: Uint8Array, value: Uint8Array, into: ByteWriter): void {
  writeText(name, 0, name.length, into);
  writeText(value, 0, value.length, into);
}

/** Row `row` of `columns`, whose labels are in `bytes`. */
export function writeExemplarRow(
  columns: ExemplarColumns,
  row: number,
  { base, bytes, into }: { base: ExemplarBase; bytes: Uint8Array; into: ByteWriter },
): void {
  writeDelta(columns.refs.at(row), base.ref, into);
  writeDelta(columns.times.at(row), baseTimeFor(base.timeMs), into);
  into.u64be(columns.lows.at(row), columns.highs.at(row));
  columns.labels.write(row, bytes, into);
}

const reader = new DeltaReader();

/** Replaces what is in `into` by the record's exemplars. Throws OutOfBytes for a malformed one. */
export function decodeExemplars(record: Uint8Array, into: ExemplarColumns): void {
  into.clear();
  reader.reset(record, 1);
  if (reader.remaining === 0) return;
  reader.readBase();
  while (reader.remaining > 0) {
    into.refs.push(reader.deltaRef());
    const timeMs = reader.deltaTime();
    if (!Number.isFinite(timeMs))
      throw new OutOfBytes('an exemplar of a time beyond ±2^53 ms', reader.position);
    into.times.push(timeMs);
    reader.u64be();
    into.lows.push(reader.low);
    into.highs.push(reader.high);
    into.labels.read(reader);
  }
}
