// Writes remote-write bodies of either version whose values are 64-bit patterns, fast enough for
// millions of samples: bytes go straight into a buffer, no value is ever a JavaScript number.

import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import type { F64Column, U32Column } from '../../src/base/bytes/columns.ts';
import { compressSnappy } from '../../src/base/bytes/snappy-encode.ts';
import type { HistogramValue } from '../../src/base/chunk/histogram-value.ts';

type Pair = readonly [name: string, value: string];

/** The headers of a request of each version. */
export const EXACT_HEADERS = {
  1: {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
  },
  2: {
    'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '2.0.0',
  },
} as const;

/** One request: `openSeries`, its samples, the next series …, then `take`. */
export class ExactRequest {
  readonly #version: 1 | 2;
  readonly #message = new ByteWriter(1 << 16);
  readonly #series = new ByteWriter(1 << 16);
  readonly #part = new ByteWriter(1024);
  readonly #inner = new ByteWriter(1024);
  readonly #symbols = new Map<string, number>([['', 0]]);
  #isOpen = false;

  constructor(version: 1 | 2) {
    this.#version = version;
  }

  /** Begins a series; the labels must be sorted by name. */
  openSeries(labels: readonly Pair[]): void {
    this.#closeSeries();
    this.#isOpen = true;
    const part = this.#part;
    if (this.#version === 2) {
      part.clear();
      for (const [name, value] of labels) {
        part.uvarint(this.#symbol(name));
        part.uvarint(this.#symbol(value));
      }
      bytesField(this.#series, 1, part);
      return;
    }
    for (const [name, value] of labels) {
      part.clear();
      textField(part, 1, name);
      textField(part, 2, value);
      bytesField(this.#series, 1, part);
    }
  }

  float(timeMs: number, low: number, high: number): void {
    const part = this.#part;
    part.clear();
    fixedField(part, 1, low, high);
    part.u8(2 << 3);
    part.uvarint(timeMs);
    bytesField(this.#series, 2, part);
  }

  histogram(timeMs: number, value: HistogramValue): void {
    const part = this.#part;
    part.clear();
    if (value.isFloat) doubleField(part, 2, value.count);
    else uvarintField(part, 1, value.count);
    fixedField(part, 3, value.sumLow, value.sumHigh);
    part.u8(4 << 3);
    part.varint(value.schema);
    doubleField(part, 5, value.zeroThreshold);
    if (value.isFloat) doubleField(part, 7, value.zeroCount);
    else uvarintField(part, 6, value.zeroCount);
    this.#spans(8, value.negativeSpanOffsets, value.negativeSpanLengths);
    this.#buckets(value.isFloat ? 10 : 9, value.isFloat, value.negativeBuckets);
    this.#spans(11, value.positiveSpanOffsets, value.positiveSpanLengths);
    this.#buckets(value.isFloat ? 13 : 12, value.isFloat, value.positiveBuckets);
    uvarintField(part, 14, value.resetHint);
    uvarintField(part, 15, timeMs);
    this.#buckets(16, true, value.customValues);
    bytesField(this.#series, this.#version === 1 ? 4 : 3, part);
  }

  /** The compressed body; what comes next is another request. */
  take(): Uint8Array {
    this.#closeSeries();
    let message: Uint8Array = this.#message.view();
    if (this.#version === 2) {
      const part = this.#part;
      part.clear();
      for (const symbol of this.#symbols.keys()) textField(part, 4, symbol);
      message = Buffer.concat([part.view(), message]);
    }
    const body = compressSnappy(message);
    this.#message.clear();
    this.#symbols.clear();
    this.#symbols.set('', 0);
    return body;
  }

  #closeSeries(): void {
    if (this.#isOpen) bytesField(this.#message, this.#version === 1 ? 1 : 5, this.#series);
    this.#series.clear();
    this.#isOpen = false;
  }

  #symbol(text: string): number {
    const known = this.#symbols.get(text);
    if (known !== undefined) return known;
    this.#symbols.set(text, this.#symbols.size);
    return this.#symbols.size - 1;
  }

  #spans(field: number, offsets: F64Column, lengths: U32Column): void {
    for (let i = 0; i < offsets.length; i++) {
      this.#inner.clear();
      this.#inner.u8(1 << 3);
      this.#inner.varint(offsets.at(i));
      uvarintField(this.#inner, 2, lengths.at(i));
      bytesField(this.#part, field, this.#inner);
    }
  }

  #buckets(field: number, isFloat: boolean, buckets: F64Column): void {
    if (buckets.length === 0) return;
    this.#inner.clear();
    const cells = buckets.view();
    const halves = new Uint32Array(cells.buffer, cells.byteOffset, 2 * cells.length);
    for (let i = 0; i < cells.length; i++) {
      if (isFloat) littleEndian(this.#inner, halves[2 * i]!, halves[2 * i + 1]!);
      else this.#inner.varint(cells[i]!);
    }
    bytesField(this.#part, field, this.#inner);
  }
}

const text = new TextEncoder();
const double = new DataView(new ArrayBuffer(8));

function tag(into: ByteWriter, field: number, wireType: number): void {
  into.uvarint(field * 8 + wireType);
}

function bytesField(into: ByteWriter, field: number, from: ByteWriter): void {
  tag(into, field, 2);
  into.uvarint(from.length);
  into.bytes(from.view());
}

function textField(into: ByteWriter, field: number, value: string): void {
  const bytes = text.encode(value);
  tag(into, field, 2);
  into.uvarint(bytes.length);
  into.bytes(bytes);
}

function uvarintField(into: ByteWriter, field: number, value: number): void {
  tag(into, field, 0);
  into.uvarint(value);
}

function fixedField(into: ByteWriter, field: number, low: number, high: number): void {
  tag(into, field, 1);
  littleEndian(into, low, high);
}

function doubleField(into: ByteWriter, field: number, value: number): void {
  double.setFloat64(0, value);
  fixedField(into, field, double.getUint32(4), double.getUint32(0));
}

function littleEndian(into: ByteWriter, low: number, high: number): void {
  into.u64be(swapped(high), swapped(low));
}

function swapped(half: number): number {
  const even = ((half & 0x00ff00ff) << 8) | ((half >>> 8) & 0x00ff00ff);
  return ((even << 16) | (even >>> 16)) >>> 0;
}
