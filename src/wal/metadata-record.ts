// Metadata records (type 6): type, unit and help of a series. docs/formats/wal.md, "Metadata".

import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import { F64Column, U32Column } from '../base/bytes/columns.ts';
import { RECORD_METADATA } from './format.ts';
import { DeltaReader, writeText } from './record-numbers.ts';

/** Metadata of one record; texts are places in the record's bytes. */
export class MetadataColumns {
  readonly refs = new F64Column(16);
  /**
   * 0 unknown, 1 counter, 2 gauge, 3 histogram, 4 gauge histogram, 5 summary, 6 info, 7 stateset.
   */
  readonly types = new U32Column(16);
  readonly unitStarts = new U32Column(16);
  readonly unitLengths = new U32Column(16);
  readonly helpStarts = new U32Column(16);
  readonly helpLengths = new U32Column(16);

  clear(): void {
    this.refs.clear();
    this.types.clear();
    this.unitStarts.clear();
    this.unitLengths.clear();
    this.helpStarts.clear();
    this.helpLengths.clear();
  }
}

const UNIT = new TextEncoder().encode('UNIT');
const HELP = new TextEncoder().encode('HELP');

/** Begins a record; then `writeMetadata` for each series. */
export function beginMetadataRecord(into: ByteWriter): void {
  into.u8(RECORD_METADATA);
}

/** One series' metadata; texts as UTF-8 bytes. */
export interface MetadataEntry {
  readonly ref: number;
  readonly type: number;
  readonly unit: Uint8Array;
  readonly help: Uint8Array;
}

/** Writes one series' entry of a record. */
export function writeMetadata(entry: MetadataEntry, into: ByteWriter): void {
  into.uvarint(entry.ref);
  into.u8(entry.type);
  into.uvarint(2); // fields that follow
  writeText(UNIT, 0, UNIT.length, into);
  writeText(entry.unit, 0, entry.unit.length, into);
  writeText(HELP, 0, HELP.length, into);
  writeText(entry.help, 0, entry.help.length, into);
}

/** Row `row` of `columns`, whose texts are in `bytes`. */
export function writeMetadataRow(
  columns: MetadataColumns,
  row: number,
  { bytes, into }: { readonly bytes: Uint8Array; readonly into: ByteWriter },
): void {
  const unit = columns.unitStarts.at(row);
  const help = columns.helpStarts.at(row);
  const entry: MetadataEntry = {
    ref: columns.refs.at(row),
    type: columns.types.at(row),
    unit: bytes.subarray(unit, unit + columns.unitLengths.at(row)),
    help: bytes.subarray(help, help + columns.helpLengths.at(row)),
  };
  writeMetadata(entry, into);
}

const reader = new DeltaReader();

/**
 * Replaces what is in `into` by the record's metadata. Throws OutOfBytes for a malformed record.
 */
export function decodeMetadata(record: Uint8Array, into: MetadataColumns): void {
  into.clear();
  reader.reset(record, 1);
  while (reader.remaining > 0) {
    into.refs.push(reader.uvarintRef());
    into.types.push(reader.u8());
    decodeFields(into);
  }
}

/** Fields are named, so that later ones can be stepped over. */
function decodeFields(into: MetadataColumns): void {
  const places = { unitStart: 0, unitLength: 0, helpStart: 0, helpLength: 0 };
  const count = reader.uvarint();
  for (let i = 0; i < count; i++) {
    const nameLength = reader.uvarint();
    const nameStart = reader.take(nameLength);
    const valueLength = reader.uvarint();
    const valueStart = reader.take(valueLength);
    const name = reader.bytes.subarray(nameStart, nameStart + nameLength);
    if (isSame(name, UNIT)) {
      places.unitStart = valueStart;
      places.unitLength = valueLength;
    } else if (isSame(name, HELP)) {
      places.helpStart = valueStart;
      places.helpLength = valueLength;
    }
  }
  into.unitStarts.push(places.unitStart);
  into.unitLengths.push(places.unitLength);
  into.helpStarts.push(places.helpStart);
  into.helpLengths.push(places.helpLength);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b.at(index));
}
