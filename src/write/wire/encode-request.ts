// Writes remote-write requests: for Varve's own metrics, for tests and benches. Not fast, but
// small; it follows proto/ field by field, as the readers beside it do.

import { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { compressSnappy } from '../../base/bytes/snappy-encode.ts';

/** A 64-bit pattern in two halves: for values whose NaN payload must survive. */
export interface ValueBits {
  readonly low: number;
  readonly high: number;
}

/** The NaN by which Prometheus says that a series has ended. */
export const STALE_MARKER: ValueBits = { low: 2, high: 0x7ff00000 };

/** A float sample, or the value of an exemplar. */
export interface SampleToWrite {
  readonly timeMs: number;
  readonly value: number | ValueBits;
  /** 2.0 only. */
  readonly startTimeMs?: number;
}

/** Labels in the order they are written; senders sort them by name. */
export type LabelsToWrite = readonly (readonly [name: string, value: string])[];

/** A series and what a request says about it. */
export interface SeriesToWrite {
  readonly labels: LabelsToWrite;
  readonly samples?: readonly SampleToWrite[];
  readonly exemplars?: readonly (SampleToWrite & { readonly labels: LabelsToWrite })[];
  /** 2.0 only; the type by its number. In 1.0 metadata is by family. */
  readonly metadata?: { readonly type: number; readonly help: string; readonly unit: string };
}

/** Metadata of a metric family, as 1.0 sends it; the type by its number. */
export interface FamilyToWrite {
  readonly name: string;
  readonly type: number;
  readonly help: string;
  readonly unit: string;
}

/** A 1.0 request as its body is sent: protobuf in a raw snappy block. */
export function encodeBodyV1(
  series: readonly SeriesToWrite[],
  families: readonly FamilyToWrite[] = [],
): Uint8Array {
  return compressSnappy(encodeMessageV1(series, families));
}

/** A 2.0 request as its body is sent. */
export function encodeBodyV2(series: readonly SeriesToWrite[]): Uint8Array {
  return compressSnappy(encodeMessageV2(series));
}

/** prometheus.WriteRequest, not compressed. */
export function encodeMessageV1(
  series: readonly SeriesToWrite[],
  families: readonly FamilyToWrite[] = [],
): Uint8Array {
  const writer = new ByteWriter();
  for (const one of series) {
    message(writer, 1, (body) => {
      labelsV1(body, one.labels);
      for (const sample of one.samples ?? []) {
        message(body, 2, (inner) => valueAndTime(inner, 1, sample));
      }
      for (const exemplar of one.exemplars ?? []) {
        message(body, 3, (inner) => {
          labelsV1(inner, exemplar.labels);
          valueAndTime(inner, 2, exemplar);
        });
      }
    });
  }
  for (const family of families) {
    message(writer, 3, (body) => {
      uint(body, 1, family.type);
      text(body, 2, family.name);
      text(body, 4, family.help);
      text(body, 5, family.unit);
    });
  }
  return writer.view();
}

/** io.prometheus.write.v2.Request, not compressed; the symbols stand first. */
export function encodeMessageV2(series: readonly SeriesToWrite[]): Uint8Array {
  const symbols = new Map<string, number>([['', 0]]);
  const body = new ByteWriter();
  for (const one of series) message(body, 5, (inner) => seriesV2(inner, one, symbols));
  const writer = new ByteWriter();
  for (const symbol of symbols.keys()) lengthDelimited(writer, 4, Buffer.from(symbol));
  writer.bytes(body.view());
  return writer.view();
}

function seriesV2(writer: ByteWriter, one: SeriesToWrite, symbols: Map<string, number>): void {
  labelsV2(writer, one.labels, symbols);
  for (const sample of one.samples ?? []) {
    message(writer, 2, (inner) => {
      valueAndTime(inner, 1, sample);
      uint(inner, 3, sample.startTimeMs ?? 0);
    });
  }
  for (const exemplar of one.exemplars ?? []) {
    message(writer, 4, (inner) => {
      labelsV2(inner, exemplar.labels, symbols);
      valueAndTime(inner, 2, exemplar);
    });
  }
  const { metadata } = one;
  if (metadata === undefined) return;
  message(writer, 5, (inner) => {
    uint(inner, 1, metadata.type);
    uint(inner, 3, symbolOf(metadata.help, symbols));
    uint(inner, 4, symbolOf(metadata.unit, symbols));
  });
}

function labelsV1(writer: ByteWriter, labels: LabelsToWrite): void {
  for (const [name, value] of labels) {
    message(writer, 1, (inner) => {
      text(inner, 1, name);
      text(inner, 2, value);
    });
  }
}

function labelsV2(writer: ByteWriter, labels: LabelsToWrite, symbols: Map<string, number>): void {
  if (labels.length === 0) return;
  message(writer, 1, (inner) => {
    for (const [name, value] of labels) {
      inner.uvarint(symbolOf(name, symbols));
      inner.uvarint(symbolOf(value, symbols));
    }
  });
}

function symbolOf(symbol: string, symbols: Map<string, number>): number {
  const known = symbols.get(symbol);
  if (known !== undefined) return known;
  symbols.set(symbol, symbols.size);
  return symbols.size - 1;
}

/** The value as field `field`, the time as the next one; what is all zero bits is left out. */
function valueAndTime(writer: ByteWriter, field: number, sample: SampleToWrite): void {
  const { low, high } = typeof sample.value === 'number' ? bitsOf(sample.value) : sample.value;
  if (low !== 0 || high !== 0) {
    writer.u8((field << 3) | 1);
    // u64be writes its second half first: with the bytes of each swapped, that is little-endian.
    writer.u64be(swap32(high), swap32(low));
  }
  uint(writer, field + 1, sample.timeMs);
}

const scratch = new DataView(new ArrayBuffer(8));

function bitsOf(value: number): ValueBits {
  scratch.setFloat64(0, value);
  return { low: scratch.getUint32(4), high: scratch.getUint32(0) };
}

function swap32(value: number): number {
  scratch.setUint32(0, value);
  return scratch.getUint32(0, true);
}

/** An int64 or smaller field; 0 is left out, negative numbers are ten bytes. */
function uint(writer: ByteWriter, field: number, value: number): void {
  if (value === 0) return;
  writer.uvarint(field << 3);
  writer.uvarint64(value >>> 0, Math.floor(value / 0x1_0000_0000) >>> 0);
}

function text(writer: ByteWriter, field: number, value: string): void {
  if (value !== '') lengthDelimited(writer, field, Buffer.from(value));
}

function message(writer: ByteWriter, field: number, fill: (inner: ByteWriter) => void): void {
  const inner = new ByteWriter();
  fill(inner);
  lengthDelimited(writer, field, inner.view());
}

function lengthDelimited(writer: ByteWriter, field: number, bytes: Uint8Array): void {
  writer.uvarint((field << 3) | 2);
  writer.uvarint(bytes.length);
  writer.bytes(bytes);
}
