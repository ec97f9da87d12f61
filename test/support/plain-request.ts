// A DecodedRequest as plain objects, so that tests can compare it.

import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import type { DecodedRequest } from '../../src/write/wire/decoded-request.ts';
import { LabelCursor } from '../../src/write/wire/labels-v1.ts';

export type PlainLabels = [string, string][];

export interface PlainHistogram {
  isFloat: boolean;
  resetHint: number;
  schema: number;
  zeroThreshold: number;
  zeroCount: number;
  count: number;
  sum: string;
  positiveSpans: [number, number][];
  negativeSpans: [number, number][];
  positiveBuckets: number[];
  negativeBuckets: number[];
  customValues: number[];
}

export interface PlainSeries {
  labels: PlainLabels;
  samples: { time: number; bits: string; start: number }[];
  histograms: { time: number; start: number; fault: number; value: PlainHistogram }[];
  exemplars: { labels: PlainLabels; time: number; bits: string }[];
  metadata: { type: number; help: string; unit: string } | undefined;
}

export interface PlainRequest {
  series: PlainSeries[];
  families: { type: number; name: string; help: string; unit: string }[];
}

export function hex64(low: number, high: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** The bits of a double that is not a NaN with a payload. */
export function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return hex64(view.getUint32(4), view.getUint32(0));
}

export function plainRequest(request: DecodedRequest): PlainRequest {
  const text = (start: number, end: number): string =>
    Buffer.from(request.bytes.subarray(start, end)).toString('utf8');
  const series: PlainSeries[] = [];
  const range = (starts: { at(i: number): number }, i: number): number[] => {
    const from = starts.at(i);
    return Array.from({ length: starts.at(i + 1) - from }, (_, n) => from + n);
  };
  for (let i = 0; i < request.seriesCount; i++) {
    series.push({
      labels: plainLabels(request, request.labelStarts.at(i), request.labelEnds.at(i)),
      samples: range(request.sampleStarts, i).map((s) => ({
        time: request.sampleTimes.at(s),
        bits: hex64(request.sampleLows.at(s), request.sampleHighs.at(s)),
        start: request.sampleStartTimes.at(s),
      })),
      histograms: range(request.histogramStarts, i).map((h) => ({
        time: request.histogramTimes.at(h),
        start: request.histogramStartTimes.at(h),
        fault: request.histogramFaults.at(h),
        value: plainHistogram(request, h),
      })),
      exemplars: range(request.exemplarStarts, i).map((e) => ({
        labels: plainLabels(
          request,
          request.exemplarLabelStarts.at(e),
          request.exemplarLabelEnds.at(e),
        ),
        time: request.exemplarTimes.at(e),
        bits: hex64(request.exemplarLows.at(e), request.exemplarHighs.at(e)),
      })),
      metadata:
        request.version === 1
          ? undefined
          : {
              type: request.metadataTypes.at(i),
              help: symbol(request, request.metadataHelps.at(i)),
              unit: symbol(request, request.metadataUnits.at(i)),
            },
    });
  }
  const families = Array.from({ length: request.familyTypes.length }, (_, f) => ({
    type: request.familyTypes.at(f),
    name: text(request.familyNameStarts.at(f), request.familyNameEnds.at(f)),
    help: text(request.familyHelpStarts.at(f), request.familyHelpEnds.at(f)),
    unit: text(request.familyUnitStarts.at(f), request.familyUnitEnds.at(f)),
  }));
  return { series, families };
}

function symbol(request: DecodedRequest, ref: number): string {
  const start = request.symbolStarts.at(ref);
  const bytes = request.bytes.subarray(start, start + request.symbolLengths.at(ref));
  return Buffer.from(bytes).toString('utf8');
}

function plainLabels(request: DecodedRequest, start: number, end: number): PlainLabels {
  const labels: PlainLabels = [];
  if (request.version === 2) {
    for (let at = start; at < end; at += 2) {
      labels.push([
        symbol(request, request.labelRefs.at(at)),
        symbol(request, request.labelRefs.at(at + 1)),
      ]);
    }
    return labels;
  }
  const cursor = new LabelCursor();
  cursor.reset(request, start, end);
  const text = (from: number, to: number): string =>
    Buffer.from(request.bytes.subarray(from, to)).toString('utf8');
  while (cursor.next()) {
    labels.push([text(cursor.nameStart, cursor.nameEnd), text(cursor.valueStart, cursor.valueEnd)]);
  }
  return labels;
}

function plainHistogram(request: DecodedRequest, index: number): PlainHistogram {
  const value = new HistogramValue();
  request.histograms.load(index, value);
  return plainValue(value);
}

export function plainValue(value: HistogramValue): PlainHistogram {
  const pairs = (a: ArrayLike<number>, b: ArrayLike<number>): [number, number][] =>
    Array.from(a, (offset, i) => [offset, b[i]!]);
  return {
    isFloat: value.isFloat,
    resetHint: value.resetHint,
    schema: value.schema,
    zeroThreshold: value.zeroThreshold,
    zeroCount: value.zeroCount,
    count: value.count,
    sum: hex64(value.sumLow, value.sumHigh),
    positiveSpans: pairs(value.positiveSpanOffsets.view(), value.positiveSpanLengths.view()),
    negativeSpans: pairs(value.negativeSpanOffsets.view(), value.negativeSpanLengths.view()),
    positiveBuckets: Array.from(value.positiveBuckets.view()),
    negativeBuckets: Array.from(value.negativeBuckets.view()),
    customValues: Array.from(value.customValues.view()),
  };
}
