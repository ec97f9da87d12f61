import { expect, test } from 'vitest';
import { asVarveError } from '../../../src/base/errors/varve-error.ts';
import { parseJson, printJson } from '../../../src/block/meta/json.ts';
import { parseMeta } from '../../../src/block/meta/parse.ts';
import { digestHolds, printMeta } from '../../../src/block/meta/print.ts';
import { ULID } from './make-block.ts';

const MINIMAL = {
  ulid: ULID,
  minTime: 1000,
  maxTime: 2000,
  stats: {},
  compaction: { level: 1, sources: [ULID] },
  version: 1,
};

function parse(value: unknown) {
  return parseMeta(Buffer.from(JSON.stringify(value)), 'meta.json');
}

test('a meta.json of Prometheus has no thanos section, and counts that are missing are 0', () => {
  const meta = parse(MINIMAL);
  expect(meta.thanos).toBeUndefined();
  expect(meta.stats.numSamples).toBe(0);
  expect(Buffer.from(printMeta(meta)).toString()).toBe(JSON.stringify(MINIMAL, null, '\t'));
});

test('labels may have any name, and print in the order of their bytes', () => {
  const text = `{"ulid":"${ULID}","minTime":0,"maxTime":1,"compaction":{"level":1},"version":1,
    "thanos":{"labels":{"z":"<&>","__proto__":"p","10":"x","9":"y"},"downsample":{"resolution":0},"source":"receive"}}`;
  const meta = parseMeta(Buffer.from(text), 'meta.json');
  expect(meta.thanos?.labels.map((label) => label.name)).toEqual(['10', '9', '__proto__', 'z']);
  const printed = Buffer.from(printMeta(meta)).toString();
  expect(printed).toContain('"z": "\\u003c\\u0026\\u003e"');
  expect(printed).toContain('"__proto__": "p"');
  expect(printed.endsWith('}\n')).toBe(true);
});

test('what a block says of the log comes back as it was printed; an older one says less', () => {
  const earlier = [
    { ulid: ULID, minTimeMs: -5, maxTimeMs: 9, position: { segment: 1, offset: 2 } },
  ];
  const notes = [
    { segment: 3, offset: 4, log: 'a', checkpoint: -1, earlier },
    { segment: 3, offset: 4, log: 'a', checkpoint: 2, earlier: undefined },
    { segment: 3, offset: 4, log: undefined, checkpoint: undefined, earlier: undefined },
  ];
  for (const wal of notes) {
    const thanos = { labels: [], resolutionMs: 0, source: 'receive', segmentFiles: [], files: [] };
    const sizes = { seriesBytesMax: 0, chunkBytesMax: 0, varve: { wal, files: [] } };
    const bytes = printMeta({
      ...parse(MINIMAL),
      rest: undefined,
      thanos: { ...thanos, ...sizes },
    });
    const meta = parseMeta(bytes, 'meta.json');
    expect(meta.thanos?.varve?.wal).toEqual(wal);
    expect(Buffer.from(printMeta(meta))).toEqual(bytes);
    expect(digestHolds(bytes, meta)).toBe(true);
  }
});

test.each([
  ['no object', [], /the whole is not an object/],
  ['another version', { ...MINIMAL, version: 2 }, /version 2 is not known/],
  ['no version', { ...MINIMAL, version: undefined }, /version 0 is not known/],
  ['a ULID that is none', { ...MINIMAL, ulid: '../x' }, /ulid is not a ULID/],
  ['times that are no numbers', { ...MINIMAL, minTime: '0' }, /minTime is not a whole number/],
  ['times beyond 2^53', { ...MINIMAL, maxTime: 2 ** 60 }, /maxTime is not a whole number/],
  ['a range that goes back', { ...MINIMAL, maxTime: 999 }, /maxTime is not after minTime/],
  ['a negative count', { ...MINIMAL, stats: { numSeries: -1 } }, /stats.numSeries is not/],
  ['sources that are none', { ...MINIMAL, compaction: { level: 1, sources: ['x'] } }, /sources/],
  ['sources that are a string', { ...MINIMAL, compaction: { sources: 'x' } }, /a list/],
  ['no compaction', { ...MINIMAL, compaction: undefined }, /compaction is not an object/],
  ['a later thanos section', { ...MINIMAL, thanos: { version: 2 } }, /thanos: version 2/],
  ['labels that are numbers', { ...MINIMAL, thanos: { labels: { a: 1 } } }, /labels.a is not/],
  ['files without names', { ...MINIMAL, thanos: { files: [{}] } }, /files\[0\].rel_path/],
])('%s is damage that is named', (_, value, message) => {
  expect(() => parse(value)).toThrow(message);
});

test.each([
  '',
  '{',
  '{"a"}',
  '{"a":1,}',
  '[1,]',
  '[1 2]',
  '{} x',
  '"a',
  '"\\x"',
  '"\u0001"',
  '01',
  '+1',
  'nul',
  '['.repeat(100),
  `${'['.repeat(100)}${']'.repeat(100)}`,
])('%j is not JSON, and says where', (text) => {
  expect(() => parseJson(text, 'f')).toThrow(/^f .*at character \d+$/);
  try {
    parseJson(text, 'f');
  } catch (thrown) {
    expect(asVarveError(thrown).code).toBe('damaged_block');
  }
});

test('JSON prints as it was read, numbers and order included', () => {
  const text =
    '{\n\t"b": 1.50e+3,\n\t"a": [],\n\t"2": {},\n\t"1": [\n\t\tnull,\n\t\ttrue,\n\t\t"é\\n"\n\t]\n}';
  expect(printJson(parseJson(text, 'f'))).toBe(text);
});

test('bytes that are not UTF-8 are damage', () => {
  expect(() => parseMeta(Uint8Array.of(0x7b, 0xff, 0x7d), 'm')).toThrow(/not UTF-8/);
});
