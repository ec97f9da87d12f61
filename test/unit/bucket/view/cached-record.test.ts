import { expect, it, test } from 'vitest';
import {
  parseMarkRecord,
  parseMetaRecord,
  printMarkRecord,
  printMetaRecord,
} from '../../../../src/bucket/view/cached-record.ts';
import type { MetaRecord } from '../../../../src/bucket/view/meta-record.ts';
import { ULIDS } from '../../../support/bucket-world.ts';

const RECORD: MetaRecord = {
  facts: {
    minTimeMs: -5,
    maxTimeMs: 2 ** 45,
    labels: [
      { name: '__proto__', value: 'x' },
      { name: 'é', value: '"\u2028' },
    ],
    resolutionMs: 300_000,
    level: 3,
    sources: [...ULIDS],
    source: 'compactor',
    numSeries: 1,
    numSamples: 2,
    numChunks: 3,
    numTombstones: 4,
  },
  files: [
    { name: 'chunks/000001', sizeBytes: undefined },
    { name: 'index', sizeBytes: 2 ** 40 },
  ],
};

test('a meta.json comes back as it was', () => {
  expect(parseMetaRecord(printMetaRecord(RECORD))).toEqual(RECORD);
});

test('a mark comes back as it was', () => {
  const mark = { ulid: ULIDS[0], timeMs: 5000, details: 'd', reason: '' };
  expect(parseMarkRecord(printMarkRecord(mark))).toEqual(mark);
});

const changed = (how: (json: Record<string, unknown>) => void): string => {
  const json = JSON.parse(printMetaRecord(RECORD)) as Record<string, unknown>;
  how(json);
  return JSON.stringify(json);
};

it.each([
  ['no JSON', '{'],
  ['null', 'null'],
  [
    'another version',
    changed((json) => {
      json.v = 2;
    }),
  ],
  [
    'no sources',
    changed((json) => {
      json.sources = [];
    }),
  ],
  [
    'no number',
    changed((json) => {
      json.minTimeMs = '5';
    }),
  ],
  [
    'no labels',
    changed((json) => {
      delete json.labels;
    }),
  ],
  ['a mark', printMarkRecord({ ulid: ULIDS[0], timeMs: 0, details: '', reason: '' })],
])('%s is unknown', (_, content) => {
  expect(parseMetaRecord(content)).toBeUndefined();
});

test('a meta.json is no mark', () => {
  expect(parseMarkRecord(printMetaRecord(RECORD))).toBeUndefined();
});
