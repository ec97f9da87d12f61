// Replaying the WAL of a Prometheus gives what `promtool tsdb dump` shows of it.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { F64Column } from '../../src/base/bytes/columns.ts';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
import type { RecordSink } from '../../src/wal/record-decoder.ts';
import { replayWal } from '../../src/wal/replay.ts';
import { ignoringSink } from '../support/wal-records.ts';

const DATA = new URL('data/wal/', import.meta.url).pathname;
/** Hour 50 of the data set: the dump begins there. */
const FROM_MS = 1794016800000;

const bits = new DataView(new ArrayBuffer(8));

function double(low: number, high: number): number {
  bits.setUint32(0, high);
  bits.setUint32(4, low);
  return bits.getFloat64(0);
}

/** As promtool writes labels: names that are not classic ones in quotes. */
function labelText(pairs: readonly (readonly [string, string])[]): string {
  const parts = pairs.map(([name, value]) => {
    const shown = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : JSON.stringify(name);
    return `${shown}=${JSON.stringify(value)}`;
  });
  return `{${parts.join(', ')}}`;
}

interface Replayed {
  /** Series and time → value; of a histogram, count and sum. */
  readonly values: Map<string, string>;
  readonly sink: RecordSink;
}

function collect(): Replayed {
  const names = new Map<number, string>();
  const values = new Map<string, string>();
  const add = (ref: number, timeMs: number, value: string): void => {
    const labels = names.get(ref);
    if (labels === undefined) expect.fail(`a sample of series ${ref}, which no record names`);
    if (timeMs >= FROM_MS) values.set(`${labels} ${timeMs}`, value);
  };
  const value = new HistogramValue();
  const sink: RecordSink = {
    ...ignoringSink(),
    series: ({ labels, refs }, bytes) => {
      const slice = (start: number, length: number): string =>
        new TextDecoder().decode(bytes.subarray(start, start + length));
      for (let i = 0; i < refs.length; i++) {
        const pairs: [string, string][] = [];
        for (let cell = labels.firstOf(i); cell < labels.firstOf(i + 1); cell++) {
          pairs.push([
            slice(labels.nameStarts.at(cell), labels.nameLengths.at(cell)),
            slice(labels.valueStarts.at(cell), labels.valueLengths.at(cell)),
          ]);
        }
        names.set(refs.at(i), labelText(pairs));
      }
    },
    samples: ({ highs, lows, refs, times }) => {
      for (let i = 0; i < refs.length; i++) {
        add(refs.at(i), times.at(i), String(double(lows.at(i), highs.at(i))));
      }
    },
    histograms: ({ refs, times, values: histograms }) => {
      for (let i = 0; i < refs.length; i++) {
        histograms.load(i, value);
        const sum = double(value.sumLow, value.sumHigh);
        const buckets = sumOf(value.positiveBuckets, value) + sumOf(value.negativeBuckets, value);
        const isStale = Number.isNaN(sum);
        if (!isStale) expect(buckets + value.zeroCount).toBeCloseTo(value.count, 6);
        add(refs.at(i), times.at(i), `count:${value.count} sum:${sum}`);
      }
    },
  };
  return { sink, values };
}

/** The population of these buckets: integer histograms hold deltas. */
function sumOf(buckets: F64Column, value: HistogramValue): number {
  let sum = 0;
  let bucket = 0;
  for (let i = 0; i < buckets.length; i++) {
    bucket = value.isFloat ? buckets.at(i) : bucket + buckets.at(i);
    sum += bucket;
  }
  return sum;
}

function expected(): Map<string, string> {
  const text = gunzipSync(readFileSync(`${DATA}awkward.expected.txt.gz`)).toString();
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const histogram = /^(\{.*\}) \{count:([^,]+), sum:([^,}]+).*\} (\d+)$/.exec(line);
    const float = /^(\{.*\}) (\S+) (\d+)$/.exec(line);
    if (histogram !== null) {
      const [, labels, count, sum, time] = histogram;
      values.set(`${labels} ${time}`, `count:${number(count)} sum:${number(sum)}`);
    } else if (float !== null) values.set(`${float[1]} ${float[3]}`, number(float[2]));
    else expect(line).toBe('');
  }
  return values;
}

function number(text = ''): string {
  if (text === '+Inf') return 'Infinity';
  return text === '-Inf' ? '-Infinity' : String(Number(text));
}

test('awkward: every sample of the dump is replayed, and no other', async () => {
  const { sink, values } = collect();
  const report = await replayWal({ disk: new NodeDisk(), dir: `${DATA}awkward`, sink });
  expect(report).toMatchObject({ checkpoint: undefined, damageCount: 0, torn: undefined });
  expect(report.end).toEqual({ segment: 0, offset: expect.any(Number) });
  const wanted = expected();
  expect(wanted.size).toBeGreaterThan(3000);
  expect([...wanted].filter(([key, value]) => values.get(key) !== value)).toEqual([]);
  expect([...values.keys()].filter((key) => !wanted.has(key))).toEqual([]);
});

test('self-scrape: snappy records, exemplars and native histograms are all replayed', async () => {
  const counts = { series: 0, samples: 0, exemplars: 0, histograms: 0 };
  const progress: number[] = [];
  const report = await replayWal({
    disk: new NodeDisk(),
    dir: `${DATA}self-scrape`,
    sink: {
      ...ignoringSink(),
      series: ({ refs }) => {
        counts.series += refs.length;
      },
      samples: ({ refs }) => {
        counts.samples += refs.length;
      },
      exemplars: ({ refs }) => {
        counts.exemplars += refs.length;
      },
      histograms: ({ refs }) => {
        counts.histograms += refs.length;
      },
    },
    onProgress: ({ bytesRead }) => progress.push(bytesRead),
  });
  expect(report).toMatchObject({ damageCount: 0, torn: undefined });
  expect([...report.skipped]).toEqual([]);
  expect(progress).toEqual([0]);
  expect(counts).toMatchInlineSnapshot(`
    {
      "exemplars": 65,
      "histograms": 1239,
      "samples": 45262,
      "series": 679,
    }
  `);
});
