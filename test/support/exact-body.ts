// Remote-write bodies, 1.0 and 2.0, whose values are 64-bit patterns, so that a test knows every bit it sent
// (a JavaScript number may lose a NaN's payload).

import { compressSync } from 'snappy';

/** One sample of a test series: a float's bits in hex, or an integer histogram of one bucket. */
export type ExactSample =
  | { readonly timeMs: number; readonly bits: string }
  | { readonly timeMs: number; readonly count: number };

export interface ExactSeries {
  readonly labels: readonly (readonly [string, string])[];
  readonly samples: readonly ExactSample[];
}

/** The stale marker that Prometheus writes. */
export const STALE_BITS = '7ff0000000000002';

/** A compressed body, for a WriteRequest of that version. */
export function exactBody(series: readonly ExactSeries[], version: 1 | 2 = 1): ArrayBuffer {
  const message = version === 1 ? messageV1(series) : messageV2(series);
  return new Uint8Array(compressSync(message)).buffer;
}

function messageV1(series: readonly ExactSeries[]): Buffer {
  return Buffer.concat(
    series.map(({ labels, samples }) => {
      const pairs = labels.map(([name, value]) =>
        field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(value))])),
      );
      return field(1, Buffer.concat([...pairs, ...samples.map((one) => sampleFields(one, 2, 4))]));
    }),
  );
}

function messageV2(series: readonly ExactSeries[]): Buffer {
  const symbols = ['', ...new Set(series.flatMap(({ labels }) => labels.flat()))];
  const parts = series.map(({ labels, samples }) => {
    const refs = labels.flat().map((text) => varint(BigInt(symbols.indexOf(text))));
    const fields = samples.map((one) => sampleFields(one, 2, 3));
    return field(5, Buffer.concat([field(1, Buffer.concat(refs)), ...fields]));
  });
  return Buffer.concat([...symbols.map((text) => field(4, Buffer.from(text))), ...parts]);
}

function sampleFields(sample: ExactSample, ofFloats: number, ofHistograms: number): Buffer {
  return 'bits' in sample
    ? field(ofFloats, Buffer.concat([fixed(1, sample.bits), int(2, sample.timeMs)]))
    : field(ofHistograms, histogramFields(sample.timeMs, sample.count));
}

function histogramFields(timeMs: number, count: number): Buffer {
  return Buffer.concat([
    int(1, count),
    fixed(3, '4008000000000000'), // the sum, 3
    int(4, 0),
    fixed(5, '3f50624dd2f1a9fc'), // the zero bucket's bound, 0.001
    int(6, 0),
    field(11, Buffer.concat([int(1, 0), int(2, 1)])),
    field(12, varint(BigInt(count) * 2n)),
    int(15, timeMs),
  ]);
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(content.length)), content]);
}

function int(number: number, value: number): Buffer {
  return Buffer.concat([varint(BigInt(number * 8)), varint(BigInt(value))]);
}

function fixed(number: number, bits: string): Buffer {
  return Buffer.concat([varint(BigInt(number * 8 + 1)), Buffer.from(bits, 'hex').reverse()]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
