// Tombstone records (type 3): deleted ranges of time. docs/formats/wal.md, "Tombstones".
// Varve writes none of its own; it keeps those of a Prometheus whose directory it took over.

import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import { F64Column } from '../base/bytes/columns.ts';
import { RECORD_TOMBSTONES } from './format.ts';
import { DeltaReader, writeVarintTime } from './record-numbers.ts';

/** Deleted ranges, both ends inclusive, in milliseconds; ±Infinity beyond ±2^53. */
export class TombstoneColumns {
  readonly refs = new F64Column(16);
  readonly minTimes = new F64Column(16);
  readonly maxTimes = new F64Column(16);

  clear(): void {
    this.refs.clear();
    this.minTimes.clear();
    this.maxTimes.clear();
  }
}

/** Begins a record; then `writeTombstone` for each. */
export function beginTombstonesRecord(into: ByteWriter): void {
  into.u8(RECORD_TOMBSTONES);
}

/** Writes row `row` of `columns` as one entry of a record. */
export function writeTombstone(columns: TombstoneColumns, row: number, into: ByteWriter): void {
  into.i64be(columns.refs.at(row));
  writeVarintTime(columns.minTimes.at(row), into);
  writeVarintTime(columns.maxTimes.at(row), into);
}

const reader = new DeltaReader();

/** Replaces what is in `into` by the record's tombstones. Throws OutOfBytes for a malformed one. */
export function decodeTombstones(record: Uint8Array, into: TombstoneColumns): void {
  into.clear();
  reader.reset(record, 1);
  while (reader.remaining > 0) {
    into.refs.push(reader.ref());
    into.minTimes.push(reader.varintTime());
    into.maxTimes.push(reader.varintTime());
  }
}
