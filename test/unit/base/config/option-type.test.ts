import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { formatByteSize, parseByteSize } from '../../../../src/base/config/byte-size.ts';
import { BadValue } from '../../../../src/base/config/config-error.ts';
import { formatDuration, parseDuration } from '../../../../src/base/config/duration.ts';
import * as type from '../../../../src/base/config/option-type.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { nearest } from '../../../../src/base/config/suggest.ts';

describe('durations', () => {
  test.each<[string, number, string]>([
    ['0', 0, '0s'],
    ['0d', 0, '0s'],
    ['500ms', 500, '500ms'],
    ['90s', 90_000, '1m30s'],
    ['1h30m', 5_400_000, '1h30m'],
    ['24h', 86_400_000, '1d'],
    ['14d', 14 * 86_400_000, '2w'],
    ['15d', 15 * 86_400_000, '15d'],
    ['1y2w', 379 * 86_400_000, '379d'],
    ['1y', 365 * 86_400_000, '1y'],
  ])('%s is %d ms and prints as %s', (text, ms, printed) => {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(printed);
    expect(parseDuration(printed)).toBe(ms);
  });

  test.each(['', '5', '1.5h', '30m1h', '-1h', '1 h', '1H', 'd', '1h1h', '999999y', '15d\n'])(
    '%j is none',
    (text) => expect(() => parseDuration(text)).toThrow(BadValue),
  );
});

describe('sizes', () => {
  test.each<[string, number, string]>([
    ['0', 0, '0B'],
    ['1B', 1, '1B'],
    ['1KB', 1024, '1KiB'],
    ['16MiB', 16 * 1024 ** 2, '16MiB'],
    ['512MB', 512 * 1024 ** 2, '512MiB'],
    ['1.5G', 1536 * 1024 ** 2, '1536MiB'],
    ['1tb', 1024 ** 4, '1TiB'],
  ])('%s is %d bytes and prints as %s', (text, bytes, printed) => {
    expect(parseByteSize(text)).toBe(bytes);
    expect(formatByteSize(bytes)).toBe(printed);
    expect(parseByteSize(printed)).toBe(bytes);
  });

  test.each(['', '16', 'MiB', '16Mib/s', '-1MB', '1.3B', '9000PB', '1 MB', '1e3B'])(
    '%j is none',
    (text) => expect(() => parseByteSize(text)).toThrow(BadValue),
  );
});

describe('addresses', () => {
  test.each<[string, type.Address, string]>([
    ['0.0.0.0:10902', { host: '0.0.0.0', port: 10_902 }, '0.0.0.0:10902'],
    [':0', { host: '0.0.0.0', port: 0 }, '0.0.0.0:0'],
    ['localhost:1', { host: 'localhost', port: 1 }, 'localhost:1'],
    ['[::1]:65535', { host: '::1', port: 65_535 }, '[::1]:65535'],
  ])('%s', (text, address, printed) => {
    expect(type.address().parse([text], '')).toEqual(address);
    expect(type.address().format(address)).toEqual([printed]);
  });

  test.each(['', 'localhost', '10902', '1.2.3.4:65536', '::1:80', 'a b:1', 'http://x:1', ':x'])(
    '%j is none',
    (text) => expect(() => type.address().parse([text], '')).toThrow(BadValue),
  );
});

describe('labels', () => {
  test('come sorted by name, with quotes and escapes undone', () => {
    const texts = ['replica="a\\"b,c"', 'cluster=eu-1', 'empty=""'];
    const parsed = type.labels().parse(texts, '');
    expect(parsed).toEqual([
      { name: 'cluster', value: 'eu-1' },
      { name: 'empty', value: '' },
      { name: 'replica', value: 'a"b,c' },
    ]);
    expect(type.labels().parse(type.labels().format(parsed), '')).toEqual(parsed);
  });

  test('in one text they are split at commas outside of quotes', () => {
    const split = type.labels().split;
    expect(split?.('a="1,2", b="\\",", c=3')).toEqual(['a="1,2"', 'b="\\","', 'c=3']);
  });

  test.each([['a'], ['=b'], ['1a="b"'], ['a="b'], ["a='b'"], ['__a="b"'], ['a="b"c']])(
    '%j is none',
    (text) => expect(() => type.labels().parse([text], '')).toThrow(BadValue),
  );

  test('a label given twice is refused', () => {
    expect(() => type.labels().parse(['a="1"', 'a="2"'], '')).toThrow('each label once');
  });
});

test('numbers out of range are refused and say the range', () => {
  const number = type.integer({ min: 1, max: 1000 });
  expect(number.parse(['1_000'], '')).toBe(1000);
  expect(() => number.parse(['0'], '')).toThrow('must be between 1 and 1000');
  expect(() => number.parse(['1001'], '')).toThrow('must be between 1 and 1000');
  for (const text of ['', '1.5', '1e3', '0x10', ' 1', 'many']) {
    expect(() => number.parse([text], '')).toThrow('must be a whole number');
  }
});

test('a secret cannot be printed, joined, inspected or JSON-ed by mistake', () => {
  const secret = new Secret('hunter2');
  const shown = [
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { secret } }, { showHidden: true, depth: 9 }),
    String(Object.values(secret)),
    JSON.stringify(structuredClone(secret)),
  ];
  for (const text of shown) expect(text).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2');
});

describe('suggestions', () => {
  const known = ['tsdb.retention', 'tsdb.path', 'receive.tenant-header', 'log.level'];
  test.each<[string, string | undefined]>([
    ['tsdb.retenton', 'tsdb.retention'],
    ['tsdb.pahts', 'tsdb.path'],
    ['tenant-header', 'receive.tenant-header'],
    ['LOG.LEVEL', 'log.level'],
    ['storage.tsdb.path', undefined],
    ['x', undefined],
    ['y'.repeat(10_000), undefined],
  ])('%s', (written, meant) => expect(nearest(written, known)).toBe(meant));
});
