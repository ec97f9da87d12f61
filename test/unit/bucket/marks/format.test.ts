import { expect, test } from 'vitest';
import { isMarkFile, parseMark } from '../../../../src/bucket/marks/format.ts';

const ULID = '01M832KAJWMK22126GMWCXRFNM';
const parse = (text: string, name = 'deletion-mark.json') =>
  parseMark(Buffer.from(text), name, `${ULID}/${name}`);

test('marks as Thanos writes them', () => {
  const deletion = `{"id":"${ULID}","version":1,"details":"source of compacted block","deletion_time":1767225600}`;
  expect(parse(deletion)).toEqual({
    ulid: ULID,
    timeMs: Date.UTC(2026, 0, 1),
    details: 'source of compacted block',
    reason: '',
  });
  const noCompact = `{"id":"${ULID}","version":1,"no_compact_time":1,"reason":"manual"}`;
  expect(parse(noCompact, 'no-compact-mark.json')).toMatchObject({
    timeMs: 1000,
    reason: 'manual',
  });
  const noDownsample = `{"id":"${ULID}","version":1,"no_downsample_time":2}`;
  expect(parse(noDownsample, 'no-downsample-mark.json')).toMatchObject({
    timeMs: 2000,
    reason: '',
  });
});

test.each<[string, string, RegExp]>([
  ['no JSON', '{"id"', /it is not JSON/],
  ['not UTF-8', '\xff', /it is not JSON/],
  ['a list', '[]', /it is not a JSON object/],
  ['null', 'null', /it is not a JSON object/],
  ['no version', `{"id":"${ULID}","deletion_time":1}`, /version none is not known/],
  ['a later version', `{"id":"${ULID}","version":2,"deletion_time":1}`, /version 2 is not known/],
  ['no id', '{"version":1,"deletion_time":1}', /its id is not a ULID/],
  ['another id', '{"id":"x","version":1,"deletion_time":1}', /its id is not a ULID/],
  ['no time', `{"id":"${ULID}","version":1,"no_compact_time":1}`, /it has no deletion_time/],
  ['a text for the time', `{"id":"${ULID}","version":1,"deletion_time":"1"}`, /no deletion_time/],
  ['half a second', `{"id":"${ULID}","version":1,"deletion_time":1.5}`, /no deletion_time/],
  ['before 1970', `{"id":"${ULID}","version":1,"deletion_time":-1}`, /no deletion_time/],
])('%s is damage that names the file', (_, text, message) => {
  const bytes = text === '\xff' ? Buffer.from([0xff]) : Buffer.from(text);
  const run = () => parseMark(bytes, 'deletion-mark.json', 'X/deletion-mark.json');
  expect(run).toThrow(message);
  expect(run).toThrow(/^X\/deletion-mark\.json: /);
});

test('which files are marks', () => {
  expect(isMarkFile('deletion-mark.json')).toBe(true);
  expect(isMarkFile('meta.json')).toBe(false);
});
