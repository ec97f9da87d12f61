import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import { U32Column } from '../../../src/base/bytes/columns.ts';
import { EngineMemory } from '../../../src/head/engine-memory.ts';
import { Head } from '../../../src/head/head.ts';
import { HEAD_DEFAULTS } from '../../../src/head/head-options.ts';
import { ReplaySink } from '../../../src/head/replay-sink.ts';
import { makeSampleColumns } from '../../../src/wal/samples-record.ts';
import {
  beginSeries,
  beginSeriesRecord,
  decodeSeries,
  SeriesColumns,
  writeLabel,
} from '../../../src/wal/series-record.ts';

const text = new TextEncoder();

/** A series record; labels as `a=1 b=2`, references from `firstRef` on. */
function record(firstRef: number, rows: readonly string[]): Uint8Array {
  const into = new ByteWriter();
  beginSeriesRecord(into);
  for (const [i, row] of rows.entries()) {
    const labels = row === '' ? [] : row.split(' ').map((label) => label.split('='));
    beginSeries(firstRef + i, labels.length, into);
    for (const [name = '', value = ''] of labels) {
      writeLabel(text.encode(name), text.encode(value), into);
    }
  }
  return into.view().slice();
}

function setUp() {
  let seed = 1;
  const memory = new EngineMemory({ random: { u32: () => seed++ } });
  const clock = { nowMs: () => 0 };
  const timers = { yieldNow: async () => undefined };
  const head = new Head(memory, { ...HEAD_DEFAULTS, clock, timers });
  const sink = new ReplaySink(head, { covers: () => false }, 0);
  const replay = (firstRef: number, rows: readonly string[]): void => {
    const bytes = record(firstRef, rows);
    const columns = new SeriesColumns();
    decodeSeries(bytes, columns);
    sink.series(columns, bytes);
  };
  const labels = (): string[] => {
    const found: string[] = [];
    for (let slot = 0; slot < head.slotLimit; slot++) {
      const ids = new U32Column();
      head.labelIds(slot, ids);
      const words = [...ids.view()].map((id) => memory.symbols.textOf(id));
      found.push(words.map((word, i) => (i % 2 === 0 ? word : `=${word} `)).join(''));
    }
    return found.map((one) => one.trim());
  };
  return { head, sink, replay, labels };
}

describe('ReplaySink.series', () => {
  it('makes the series that the record names, whatever they have in common', () => {
    const { sink, replay, labels } = setUp();
    const rows = ['a=1 b=2 c=3', 'a=1 b=3 c=3', 'a=1 b=3', 'b=3', 'a=1 c=3', 'a=1 b=2 c=4 d=5'];
    replay(1, rows);
    replay(20, ['a=1 b=2 c=5', 'a=1 b=2 c=3']);
    expect(labels()).toEqual([...rows, 'a=1 b=2 c=5']);
    expect(sink.tally).toMatchObject({ series: 8, badSeries: 0 });
  });

  it('leaves out series with labels out of order, twice or missing, and no other', () => {
    const { sink, replay, labels } = setUp();
    replay(1, ['b=2 a=1', 'b=2 c=1', '', 'b=2 b=3', 'b=2 b=2', 'b=2 c=1 a=1', 'c=1 b=2']);
    replay(20, ['c=1 b=2', 'a=1 b=2']);
    expect(labels()).toEqual(['b=2 c=1', 'a=1 b=2']);
    expect(sink.tally).toMatchObject({ series: 2, badSeries: 7 });
  });
});

describe('ReplaySink.samples', () => {
  it('leaves out and counts times that no number holds, and takes the others', () => {
    const { sink, replay, head } = setUp();
    replay(1, ['a=1']);
    const columns = makeSampleColumns();
    for (const timeMs of [5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 6]) {
      columns.refs.push(1);
      columns.times.push(timeMs);
      columns.lows.push(0);
      columns.highs.push(0);
    }
    sink.samples(columns, { segment: 0, offset: 0 });
    expect(sink.tally).toMatchObject({ samples: 2, timelessSamples: 2, duplicates: 0 });
    expect(head.newestTimeMs).toBe(6);
  });
});
