import { expect, test } from 'vitest';
import { byKey } from '../../../storage-adapters/by-key.ts';
import { checkKey } from '../../../storage-adapters/check-key.ts';

test.each(['', '/', '/a', 'a/', 'a//b', '.', 'a/./b', '..', '../a', 'a/..', 'a\0b'])(
  '%j is no key',
  (key) => {
    expect(() => checkKey(key)).toThrow('not an object key');
  },
);

test.each(['a', 'a/b', '...', 'a/.b', '..a', 'ä/ \n'])('%j is one', (key) => {
  expect(() => checkKey(key)).not.toThrow();
});

test('keys are in the order of their bytes, not of JavaScript', () => {
  expect(['\uffff', '\u{10000}', 'b', 'a/'].sort(byKey)).toEqual([
    'a/',
    'b',
    '\uffff',
    '\u{10000}',
  ]);
});
