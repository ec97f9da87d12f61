// Which series a log names, and by which references: what is wrong with the series records.
// Memory: some hundred bytes a series.

import { createHash } from 'node:crypto';
import type { LogPosition } from '../log.ts';
import { RefTable } from '../ref-table.ts';
import { faultOfSeries, type SeriesColumns } from '../series-record.ts';
import { placeOf, type WalFindings, type WalPlace } from './findings.ts';

/** Characters of a label set's hash that are kept: 132 bits. */
const KEY_CHARACTERS = 22;
const SEPARATOR = Uint8Array.of(0xff);

const utf8 = new TextDecoder('utf-8', { fatal: true });

export class SeriesBook {
  readonly #findings: WalFindings;
  /** Each reference's series, a number from 1 on. */
  readonly #byRef = new RefTable();
  readonly #byLabels = new Map<string, number>();
  /** By series number, from 1 on: the reference that named it first. */
  readonly #firstRefs: number[] = [0];

  constructor(findings: WalFindings) {
    this.#findings = findings;
  }

  /** Series there are; their numbers go from 1 up to this. */
  get count(): number {
    return this.#firstRefs.length - 1;
  }

  /** The number of the series that `ref` names at this place of the log; 0 when none is. */
  numberOf(ref: number): number {
    return this.#byRef.get(ref);
  }

  /** A reference of the series with this number, for messages. */
  refOf(number: number): number {
    return this.#firstRefs.at(number) ?? 0;
  }

  add(columns: SeriesColumns, bytes: Uint8Array, at: LogPosition): void {
    for (let row = 0; row < columns.refs.length; row++) this.#addRow(columns, row, bytes, at);
  }

  #addRow(columns: SeriesColumns, row: number, bytes: Uint8Array, at: LogPosition): void {
    const ref = columns.refs.at(row);
    const place = placeOf(at);
    const fault = faultOfSeries(columns, row, bytes);
    if (fault !== undefined) {
      this.#findings.error(place, `series ${ref}: ${fault}`);
      return;
    }
    const key = this.#keyOf(columns, row, bytes, place);
    const known = this.#byLabels.get(key);
    const before = this.#byRef.get(ref);
    if (before !== 0 && before !== known)
      this.#findings.error(place, `series ${ref}: it named other labels before`);
    if (known !== undefined && before !== known) {
      const what = `series ${ref}: the labels of series ${this.refOf(known)}`;
      this.#findings.info(place, what, 'series with several references');
    }
    const number = known ?? this.#firstRefs.push(ref) - 1;
    this.#byLabels.set(key, number);
    this.#byRef.set(ref, number);
  }

  /** Labels with empty values count as none; names cannot hold the separator in UTF-8. */
  #keyOf({ labels, refs }: SeriesColumns, row: number, bytes: Uint8Array, place: WalPlace): string {
    const hash = createHash('sha256');
    let isText = true;
    for (let cell = labels.firstOf(row); cell < labels.firstOf(row + 1); cell++) {
      const value = slice(bytes, labels.valueStarts.at(cell), labels.valueLengths.at(cell));
      if (value.length === 0) {
        const what = `series ${refs.at(row)}: a label with an empty value, which counts as none`;
        this.#findings.warning(place, what);
        continue;
      }
      const name = slice(bytes, labels.nameStarts.at(cell), labels.nameLengths.at(cell));
      isText &&= isUtf8(name) && isUtf8(value);
      hash.update(name).update(SEPARATOR).update(value).update(SEPARATOR);
    }
    if (!isText) this.#findings.warning(place, `series ${refs.at(row)}: a label that is not UTF-8`);
    return hash.digest('base64').slice(0, KEY_CHARACTERS);
  }
}

function slice(bytes: Uint8Array, start: number, length: number): Uint8Array {
  return bytes.subarray(start, start + length);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false; // that it does not decode is all there is to know
  }
}
