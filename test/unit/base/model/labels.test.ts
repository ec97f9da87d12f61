import { expect, test } from 'vitest';
import { goFloat, goQuote } from '../../../../src/base/model/go-text.ts';
import {
  compareLabels,
  compareUtf8,
  labelsOf,
  labelsText,
  labelValue,
} from '../../../../src/base/model/labels.ts';
import { durationText, timeText } from '../../../../src/base/model/time-text.ts';

test('text compares by its UTF-8 bytes, above U+D7FF too', () => {
  const texts = [
    '',
    'a',
    'ab',
    'b',
    'é',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '😀',
    '😁',
    'a😀',
    'a\uffff',
  ];
  for (const a of texts)
    for (const b of texts)
      expect(Math.sign(compareUtf8(a, b)), `${a} ${b}`).toBe(
        Buffer.compare(Buffer.from(a), Buffer.from(b)),
      );
});

test('a label set is sorted, and a name such as __proto__ is a name', () => {
  const labels = labelsOf([
    ['b', '1'],
    ['__proto__', 'x'],
    ['a', '2'],
    ['b', '3'],
  ]);
  expect(labels.map(({ name, value }) => `${name}=${value}`)).toEqual([
    '__proto__=x',
    'a=2',
    'b=3',
  ]);
  expect(labelValue(labels, 'b')).toBe('3');
  expect(labelValue(labels, 'c')).toBe('');
});

test('label sets compare pair by pair, and a prefix comes first', () => {
  const of = (text: string) =>
    labelsOf(text.split(' ').map((pair) => [pair.split('=')[0]!, pair.split('=')[1]!]));
  expect(compareLabels(of('a=1 b=2'), of('a=1 b=2'))).toBe(0);
  expect(compareLabels(of('a=1'), of('a=1 b=2'))).toBeLessThan(0);
  expect(compareLabels(of('a=1 b=2'), of('a=1'))).toBeGreaterThan(0);
  expect(compareLabels(of('a=2'), of('a=1 b=2'))).toBeGreaterThan(0);
  expect(compareLabels(of('a=9'), of('b=1'))).toBeLessThan(0);
});

test('label sets print as Prometheus prints them', () => {
  const labels = labelsOf([
    ['__name__', 'up'],
    ['job', 'a"b\\c\nd'],
    ['service.name', 'süd'],
  ]);
  expect(labelsText(labels)).toBe('{__name__="up", job="a\\"b\\\\c\\nd", "service.name"="süd"}');
  expect(labelsText([])).toBe('{}');
});

test.each([
  ['a\x00b', '"a\\x00b"'],
  ['\x7f', '"\\x7f"'],
  ['\u200b', '"\\u200b"'],
  ['😀', '"😀"'],
  ['\u{e0001}', '"\\U000e0001"'],
  ['\t\r\v', '"\\t\\r\\v"'],
])('%j is quoted as Go quotes it', (text, quoted) => {
  expect(goQuote(text)).toBe(quoted);
});

test.each([
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [147425, '147425'],
  [1_000_000, '1e+06'],
  [-1329799.2189030827, '-1.3297992189030827e+06'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [5e-324, '5e-324'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
])('%d prints as Go prints it', (value, text) => {
  expect(goFloat(value)).toBe(text);
});

test('times print as the calendar has them', () => {
  for (const timeMs of [
    0, 951_782_400_000, 951_868_799_999, 1_793_836_800_123, -1, 253_402_300_799_999,
  ])
    expect(timeText(timeMs)).toBe(new Date(timeMs).toISOString());
  expect(timeText(Number.MAX_SAFE_INTEGER)).toBe(String(Number.MAX_SAFE_INTEGER));
});

test('durations print as Go prints them', () => {
  expect(durationText(7_200_000)).toBe('2h0m0s');
  expect(durationText(90_500)).toBe('1m30.5s');
  expect(durationText(0)).toBe('0s');
  expect(durationText(-1000)).toBe('-1s');
});
