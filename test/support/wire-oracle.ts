// protobufjs on the schemas in proto/, as an oracle for the wire readers.
// Doubles whose bits matter are read as fixed64 (the same bytes on the wire): a JavaScript number
// need not keep a NaN's payload.

import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import type { PlainLabels, PlainRequest } from './plain-request.ts';

const PROTO = fileURLToPath(new URL('../../proto/', import.meta.url));

const root = new protobuf.Root();
root.resolvePath = (_, target) => (target.startsWith('/') ? target : PROTO + target);
root.loadSync(['prometheus/remote.proto', 'io/prometheus/write/v2/types.proto'], {
  keepCase: true,
});
for (const scope of ['prometheus', 'io.prometheus.write.v2']) {
  root.lookupType(`${scope}.Sample`).fields.value!.type = 'fixed64';
  root.lookupType(`${scope}.Exemplar`).fields.value!.type = 'fixed64';
  root.lookupType(`${scope}.Histogram`).fields.sum!.type = 'fixed64';
}
root.resolveAll();

export const WriteRequestV1 = root.lookupType('prometheus.WriteRequest');
export const WriteRequestV2 = root.lookupType('io.prometheus.write.v2.Request');

// biome-ignore lint/suspicious/noExplicitAny: reflection has no static types
type Any = any;

const TO_OBJECT = { longs: String, defaults: true, arrays: true, oneofs: true } as const;

const time = (text: string): number => {
  const value = BigInt(text);
  if (value >= 2n ** 53n) return Number.POSITIVE_INFINITY;
  return value <= -(2n ** 53n) ? Number.NEGATIVE_INFINITY : Number(value);
};
const bits = (text: string): string =>
  BigInt.asUintN(64, BigInt(text)).toString(16).padStart(16, '0');
const numbers = (list: Any[]): number[] => list.map(Number);

function histogram(h: Any): Any {
  const isFloat = h.count === 'count_float';
  const spans = (list: Any[]): number[][] => list.map((s) => [s.offset, s.length]);
  return {
    time: time(h.timestamp),
    start: time(h.start_timestamp ?? '0'),
    value: {
      isFloat,
      resetHint: h.reset_hint > 3 ? 0 : h.reset_hint,
      schema: h.schema,
      zeroThreshold: h.zero_threshold,
      zeroCount: Number(h.zero_count === undefined ? 0 : h[h.zero_count]),
      count: Number(h.count === undefined ? 0 : h[h.count]),
      sum: bits(h.sum),
      positiveSpans: spans(h.positive_spans),
      negativeSpans: spans(h.negative_spans),
      positiveBuckets: numbers(isFloat ? h.positive_counts : h.positive_deltas),
      negativeBuckets: numbers(isFloat ? h.negative_counts : h.negative_deltas),
      customValues: h.custom_values,
    },
  };
}

/** What protobufjs finds in a message; `fault` of histograms is left out. */
export function oracle(version: 1 | 2, message: Uint8Array): PlainRequest {
  const type = version === 1 ? WriteRequestV1 : WriteRequestV2;
  const decoded: Any = type.toObject(type.decode(message), TO_OBJECT);
  const symbol = (ref: number): string => (decoded.symbols ?? [])[ref] ?? '';
  const labels = (from: Any): PlainLabels => {
    if (version === 1) return from.labels.map((l: Any) => [l.name, l.value]);
    const refs: number[] = from.labels_refs;
    return Array.from({ length: refs.length / 2 }, (_, i) => [
      symbol(refs[i * 2]!),
      symbol(refs[i * 2 + 1]!),
    ]);
  };
  const start = (own: number, series: Any): number =>
    own !== 0 || version === 1 ? own : time(series.created_timestamp);
  return {
    series: decoded.timeseries.map((series: Any) => ({
      labels: labels(series),
      samples: series.samples.map((s: Any) => ({
        time: time(s.timestamp),
        bits: bits(s.value),
        start: start(time(s.start_timestamp ?? '0'), series),
      })),
      histograms: series.histograms.map(histogram).map((h: Any) => ({
        ...h,
        start: start(h.start, series),
      })),
      exemplars: series.exemplars.map((e: Any) => ({
        labels: labels(e),
        time: time(e.timestamp),
        bits: bits(e.value),
      })),
      metadata:
        version === 1
          ? undefined
          : {
              type: series.metadata?.type ?? 0,
              help: symbol(series.metadata?.help_ref ?? 0),
              unit: symbol(series.metadata?.unit_ref ?? 0),
            },
    })),
    families: (decoded.metadata ?? []).map((m: Any) => ({
      type: m.type,
      name: m.metric_family_name,
      help: m.help,
      unit: m.unit,
    })),
  };
}
