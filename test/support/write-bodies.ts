// Remote-write bodies made by hand, for tests: what no real sender sends can be written too.

import { compressSync } from 'snappy';

export interface TestSample {
  readonly time: number;
  readonly value: number;
  /** 2.0 only. */
  readonly start?: number;
}

export interface TestExemplar {
  readonly labels: readonly (readonly [string, string])[];
  readonly time: number;
  readonly value: number;
}

export interface TestSeries {
  readonly labels: readonly (readonly [string | Uint8Array, string | Uint8Array])[];
  readonly samples?: readonly TestSample[];
  /** Integer histograms with one bucket of `count`. */
  readonly histograms?: readonly { readonly time: number; readonly count: number }[];
  readonly exemplars?: readonly TestExemplar[];
  readonly metadata?: { readonly type: number; readonly help: string; readonly unit: string };
}

export interface TestFamily {
  readonly type: number;
  readonly name: string;
  readonly help: string;
  readonly unit: string;
}

/** A labels' shorthand: { __name__: 'up', job: 'a' } in that order. */
export function labels(from: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(from);
}

/** A compressed body of either version. */
export function body(
  version: 1 | 2,
  series: readonly TestSeries[],
  families: readonly TestFamily[] = [],
): ArrayBuffer {
  const message = version === 1 ? messageV1(series, families) : messageV2(series);
  return new Uint8Array(compressSync(message)).buffer;
}

export function messageV1(
  series: readonly TestSeries[],
  families: readonly TestFamily[] = [],
): Buffer {
  return Buffer.concat([
    ...series.map((one) => field(1, seriesV1(one))),
    ...families.map(({ type, name, help, unit }) =>
      field(3, [int(1, type), field(2, text(name)), field(4, text(help)), field(5, text(unit))]),
    ),
  ]);
}

export function messageV2(series: readonly TestSeries[]): Buffer {
  const symbols = new Symbols();
  const parts = series.map((one) => field(5, seriesV2(one, symbols)));
  return Buffer.concat([...symbols.list.map((symbol) => field(4, symbol)), ...parts]);
}

function seriesV1({ labels: pairs, samples = [], histograms = [], exemplars = [] }: TestSeries) {
  return [
    ...pairs.map(([name, value]) => field(1, [field(1, text(name)), field(2, text(value))])),
    ...samples.map((sample) => field(2, sampleFields(sample))),
    ...exemplars.map((exemplar) =>
      field(3, [
        ...exemplar.labels.map(([name, value]) =>
          field(1, [field(1, text(name)), field(2, text(value))]),
        ),
        double(2, exemplar.value),
        int(3, exemplar.time),
      ]),
    ),
    ...histograms.map((histogram) => field(4, histogramFields(histogram))),
  ];
}

function seriesV2(one: TestSeries, symbols: Symbols): Buffer[] {
  const { samples = [], histograms = [], exemplars = [], metadata } = one;
  const refs = (pairs: TestSeries['labels']) =>
    Buffer.concat(pairs.flat().map((part) => varint(BigInt(symbols.ref(text(part))))));
  return [
    field(1, refs(one.labels)),
    ...samples.map((sample) =>
      field(2, [
        ...sampleFields(sample),
        ...(sample.start === undefined ? [] : [int(3, sample.start)]),
      ]),
    ),
    ...histograms.map((histogram) => field(3, histogramFields(histogram))),
    ...exemplars.map((exemplar) =>
      field(4, [field(1, refs(exemplar.labels)), double(2, exemplar.value), int(3, exemplar.time)]),
    ),
    ...(metadata === undefined
      ? []
      : [
          field(5, [
            int(1, metadata.type),
            int(3, symbols.ref(text(metadata.help))),
            int(4, symbols.ref(text(metadata.unit))),
          ]),
        ]),
  ];
}

class Symbols {
  readonly list: Buffer[] = [Buffer.alloc(0)];
  readonly #refs = new Map<string, number>([['', 0]]);

  ref(bytes: Buffer): number {
    const key = bytes.toString('latin1');
    let ref = this.#refs.get(key);
    if (ref === undefined) {
      ref = this.list.push(bytes) - 1;
      this.#refs.set(key, ref);
    }
    return ref;
  }
}

function sampleFields({ time, value }: TestSample): Buffer[] {
  return [double(1, value), int(2, time)];
}

function histogramFields({ time, count }: { time: number; count: number }): Buffer[] {
  const span = field(11, [int(1, 0), int(2, 1)]);
  return [
    int(1, count),
    double(3, count * 2),
    int(4, 0),
    double(5, 0.001),
    int(6, 0),
    span,
    field(12, varint(BigInt(count) * 2n)),
    int(15, time),
  ];
}

function text(from: string | Uint8Array): Buffer {
  return Buffer.from(from as string);
}

function field(number: number, content: Buffer | readonly Buffer[]): Buffer {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.concat([...content]);
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(bytes.length)), bytes]);
}

function int(number: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(BigInt(number * 8)), varint(BigInt(value))]);
}

function double(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(BigInt(number * 8 + 1)), bytes]);
}

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
