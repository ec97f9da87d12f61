// Makes the bodies of a load before anything is measured and keeps them in a file.
//
// A load is what Prometheus's queue manager sends: each connection (shard) has series of its own and
// sends them in the order of scraping; one sample makes one TimeSeries, so a series that is due
// twice in a request is in it twice. The file: per body its length (u32, little-endian) and bytes,
// connection after connection; what is where is known from the plan.

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import { compressSnappy } from '../../src/base/bytes/snappy-encode.ts';
import { labelsOf, Values } from './series.ts';

/** A load; times in milliseconds. */
export interface LoadPlan {
  readonly version: 1 | 2;
  readonly series: number;
  /** Scrapes of each series. */
  readonly rounds: number;
  readonly startMs: number;
  readonly stepMs: number;
  readonly connections: number;
  readonly samplesPerRequest: number;
}

/** How many bodies each connection sends. */
export function bodiesPerConnection(plan: LoadPlan): number {
  const samples = (plan.series / plan.connections) * plan.rounds;
  return Math.ceil(samples / plan.samplesPerRequest);
}

/** Writes the bodies of `plan` to `path`; how many bytes they have uncompressed. */
export function writeBodies(plan: LoadPlan, path: string): number {
  const file = openSync(path, 'w');
  const share = plan.series / plan.connections;
  let messageBytes = 0;
  for (let connection = 0; connection < plan.connections; connection++) {
    const maker = makeMaker(plan.version, connection * share, share);
    const values = new Values(share);
    const samples = share * plan.rounds;
    for (let at = 0; at < samples; at++) {
      const round = Math.floor(at / share);
      const series = at % share;
      maker.add(series, { timeMs: plan.startMs + round * plan.stepMs, value: values.next(series) });
      if ((at + 1) % plan.samplesPerRequest === 0 || at + 1 === samples) {
        const message = maker.take();
        messageBytes += message.length;
        const body = compressSnappy(message);
        const length = new Uint8Array(new Uint32Array([body.length]).buffer);
        writeSync(file, length);
        writeSync(file, body);
      }
    }
  }
  closeSync(file);
  return messageBytes;
}

/** All bodies, by connection. */
export function readBodies(plan: LoadPlan, path: string): Uint8Array[][] {
  const file = readFileSync(path);
  const each = bodiesPerConnection(plan);
  let at = 0;
  return Array.from({ length: plan.connections }, () =>
    Array.from({ length: each }, () => {
      const start = at + 4;
      at = start + file.readUInt32LE(at);
      return file.subarray(start, at);
    }),
  );
}

interface Sample {
  readonly timeMs: number;
  readonly value: number;
}

interface Maker {
  add(series: number, sample: Sample): void;
  take(): Uint8Array;
}

const text = new TextEncoder();
const sampleBytes = new ByteWriter(64);
const double = new DataView(new ArrayBuffer(8));
const doubleBytes = new Uint8Array(double.buffer);

function bytesField(into: ByteWriter, tag: number, bytes: Uint8Array): void {
  into.u8(tag);
  into.uvarint(bytes.length);
  into.bytes(bytes);
}

function sampleField({ timeMs, value }: Sample): Uint8Array {
  sampleBytes.clear();
  if (value !== 0) {
    double.setFloat64(0, value, true);
    sampleBytes.u8(0x09);
    sampleBytes.bytes(doubleBytes);
  }
  sampleBytes.u8(0x10);
  sampleBytes.uvarint(timeMs);
  return sampleBytes.view();
}

function makeMaker(version: 1 | 2, first: number, count: number): Maker {
  return version === 1 ? makeMaker1(first, count) : makeMaker2(first);
}

/** prometheus.WriteRequest: labels (1) of name (1) and value (2), samples (2). */
function makeMaker1(first: number, count: number): Maker {
  const labels = Array.from({ length: count }, (_, series) => {
    const all = new ByteWriter(512);
    for (const [name, value] of labelsOf(first + series)) {
      const label = new ByteWriter(128);
      bytesField(label, 0x0a, text.encode(name));
      bytesField(label, 0x12, text.encode(value));
      bytesField(all, 0x0a, label.view());
    }
    return all.view().slice();
  });
  const message = new ByteWriter(1 << 20);
  return {
    add: (series, sample) => {
      const ofSeries = labels[series] ?? new Uint8Array(0);
      const field = sampleField(sample);
      message.u8(0x0a);
      message.uvarint(ofSeries.length + 2 + field.length);
      message.bytes(ofSeries);
      bytesField(message, 0x12, field);
    },
    take: () => taken(message),
  };
}

/** io.prometheus.write.v2.Request: symbols (4), timeseries (5) of label refs (1), samples (2). */
function makeMaker2(first: number): Maker {
  const symbols = new ByteWriter(1 << 16);
  const series = new ByteWriter(1 << 20);
  const refs = new Map<string, number>();
  const packed = new ByteWriter(256);
  const refOf = (word: string): number => {
    let ref = refs.get(word);
    if (ref === undefined) {
      ref = refs.size;
      refs.set(word, ref);
      bytesField(symbols, 0x22, text.encode(word));
    }
    return ref;
  };
  refOf('');
  return {
    add: (number, sample) => {
      packed.clear();
      for (const [name, value] of labelsOf(first + number)) {
        packed.uvarint(refOf(name));
        packed.uvarint(refOf(value));
      }
      const field = sampleField(sample);
      series.u8(0x2a);
      series.uvarint(packed.length + 2 + field.length + 2);
      bytesField(series, 0x0a, packed.view());
      bytesField(series, 0x12, field);
    },
    take: () => {
      symbols.bytes(series.view());
      const message = taken(symbols);
      series.clear();
      refs.clear();
      refOf('');
      return message;
    },
  };
}

function taken(writer: ByteWriter): Uint8Array {
  const bytes = writer.view().slice();
  writer.clear();
  return bytes;
}
