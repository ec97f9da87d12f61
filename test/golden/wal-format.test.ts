// The WAL that real Prometheis wrote: read, decoded, encoded and framed again, byte for byte.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
import {
  beginExemplarsRecord,
  decodeExemplars,
  ExemplarColumns,
  writeExemplarRow,
} from '../../src/wal/exemplars-record.ts';
import {
  FRAGMENT_FULL,
  FRAGMENT_LAST,
  RECORD_BYTES_MAX,
  recordTypeName,
  SEGMENT_BYTES_MAX,
} from '../../src/wal/format.ts';
import {
  decodeHistograms,
  encodeHistograms,
  HISTOGRAM_RECORD_TYPES,
  makeHistogramColumns,
} from '../../src/wal/histograms-record.ts';
import {
  beginMetadataRecord,
  decodeMetadata,
  MetadataColumns,
  writeMetadataRow,
} from '../../src/wal/metadata-record.ts';
import { RecordReader } from '../../src/wal/record-reader.ts';
import { decodeSamples, encodeSamples, makeSampleColumns } from '../../src/wal/samples-record.ts';
import { SegmentReader } from '../../src/wal/segment-reader.ts';
import { SegmentWriter } from '../../src/wal/segment-writer.ts';
import {
  beginSeriesRecord,
  decodeSeries,
  SeriesColumns,
  writeSeriesRow,
} from '../../src/wal/series-record.ts';

const DATA = new URL('data/wal/', import.meta.url).pathname;
const SEGMENTS = ['self-scrape/00000000', 'awkward/00000000', 'awkward/00000001'];
const disk = new NodeDisk();

function reEncoded(record: Uint8Array): Uint8Array {
  const into = new ByteWriter();
  const type = record[0]!;
  if (type === 1) {
    const columns = new SeriesColumns();
    decodeSeries(record, columns);
    beginSeriesRecord(into);
    for (let i = 0; i < columns.refs.length; i++)
      writeSeriesRow(columns, i, { bytes: record, into });
  } else if (type === 2) {
    const columns = makeSampleColumns();
    decodeSamples(record, columns);
    encodeSamples(columns, into);
  } else if (type === 4) {
    const columns = new ExemplarColumns();
    decodeExemplars(record, columns);
    const base = { ref: columns.refs.at(0), timeMs: columns.times.at(0) };
    beginExemplarsRecord(base, into);
    for (let i = 0; i < columns.refs.length; i++) {
      writeExemplarRow(columns, i, { base, bytes: record, into });
    }
  } else if (type === 6) {
    const columns = new MetadataColumns();
    decodeMetadata(record, columns);
    beginMetadataRecord(into);
    for (let i = 0; i < columns.refs.length; i++) {
      writeMetadataRow(columns, i, { bytes: record, into });
    }
  } else if (HISTOGRAM_RECORD_TYPES.includes(type)) {
    const columns = makeHistogramColumns();
    decodeHistograms(record, columns);
    expect(encodeHistograms(columns, type, into)).toBe(columns.refs.length);
  } else throw new Error(`no test for ${recordTypeName(type)}`);
  return into.view();
}

test('every record type of the reference data encodes to the bytes it was decoded from', () => {
  const counts: Record<string, number> = {};
  for (const name of SEGMENTS) {
    const file = disk.openSync(DATA + name, 'read');
    const reader = new RecordReader(file, {
      recordBytesMax: RECORD_BYTES_MAX,
      onDamage: (span) => expect.fail(`${name}: ${JSON.stringify(span)}`),
    });
    while (reader.next()) {
      const type = recordTypeName(reader.record[0]!);
      counts[type] = (counts[type] ?? 0) + 1;
      const again = reEncoded(reader.record);
      expect(Buffer.compare(again, reader.record), `${name} ${type} at ${reader.offset}`).toBe(0);
    }
    expect(reader.tail).toBeUndefined();
    file.close();
  }
  expect(counts).toMatchInlineSnapshot(`
    {
      "custom-bucket histogram samples": 26,
      "exemplars": 63,
      "float histogram samples": 26,
      "histogram samples": 94,
      "samples": 162,
      "series": 4,
    }
  `);
});

test.each(SEGMENTS)('%s framed again is the same file', (name) => {
  const original = readFileSync(DATA + name);
  const file = disk.openSync(DATA + name, 'read');
  const fragments = new SegmentReader(file, () => expect.fail('nothing is damaged'));
  const writer = new SegmentWriter();
  const into = new ByteWriter();
  let stored = Buffer.alloc(0);
  while (fragments.next()) {
    const { bytes, flags, payloadEnd, payloadStart, type } = fragments;
    stored = Buffer.concat([stored, bytes.subarray(payloadStart, payloadEnd)]);
    if (type !== FRAGMENT_FULL && type !== FRAGMENT_LAST) continue;
    expect(writer.fits(stored.length, SEGMENT_BYTES_MAX)).toBe(true);
    writer.append(stored, flags, into);
    stored = Buffer.alloc(0);
  }
  writer.endPage(into);
  expect(writer.offset).toBe(original.length);
  expect(Buffer.compare(into.view(), original)).toBe(0);
});
