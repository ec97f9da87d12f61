// Prometheus's meaning of matchers: what labels.Matcher and its tests there say.

import { expect, test } from 'vitest';
import {
  compileMatchers,
  MATCHERS_MAX,
  PATTERN_CHARACTERS_MAX,
} from '../../../src/query/matcher.ts';
import { wordsOfPattern } from '../../../src/query/set-pattern.ts';
import type { Matcher } from '../../../src/query/source.ts';

function matches(type: Matcher['type'], pattern: string, value: string): boolean {
  const [matcher] = compileMatchers([{ type, name: 'a', value: pattern }]);
  expect(matcher!.matchesEmpty).toBe(matcher!.matches(Buffer.from('')));
  return matcher!.matches(Buffer.from(value));
}

test.each([
  ['=', 'x', 'x', true],
  ['=', 'x', 'xx', false],
  ['=', '', '', true],
  ['=', 'x.', 'xy', false],
  ['!=', 'x', 'y', true],
  ['!=', 'x', '', true],
  ['!=', '', '', false],
  ['=~', 'x', 'xx', false], // the whole value
  ['=~', 'x.', 'x\n', true], // a dot is any character
  ['=~', 'x$', 'x\n', false],
  ['=~', 'a|ab', 'ab', true],
  ['=~', 'a|ab', 'abc', false],
  ['=~', '', '', true],
  ['=~', '', 'x', false],
  ['=~', '.*', '', true],
  ['=~', '.+', '', false],
  ['=~', '(?i)ERROR', 'error', true],
  ['=~', '\\pL+', 'éü', true],
  ['=~', '.', '😀', true],
  ['=~', 'a\\.b|c', 'a.b', true],
  ['=~', 'a\\.b|c', 'axb', false],
  ['=~', '(?:a|b)', 'b', true],
  ['!~', 'x.*', 'xy', false],
  ['!~', 'x.*', 'y', true],
  ['!~', 'a|b|', '', false],
] as const)('%s %j and the value %j: %s', (type, pattern, value, wanted) => {
  expect(matches(type, pattern, value)).toBe(wanted);
});

test.each(['[', '(', 'a(?=b)', '\\C', '(?<n>', 'a{1001}'])('%j is no pattern', (value) => {
  const compile = () => compileMatchers([{ type: '=~', name: 'a', value }]);
  expect(compile).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
});

test('patterns and queries are bounded', () => {
  const bad = expect.objectContaining({ code: 'bad_parameter' });
  const long = 'x'.repeat(PATTERN_CHARACTERS_MAX + 1);
  expect(() => compileMatchers([{ type: '=~', name: 'a', value: long }])).toThrow(bad);
  const many = Array.from({ length: MATCHERS_MAX + 1 }, (_, i) => ({
    type: '=' as const,
    name: `l${i}`,
    value: 'x',
  }));
  expect(() => compileMatchers(many)).toThrow(bad);
  expect(compileMatchers(many.slice(1)).length).toBe(MATCHERS_MAX);
});

test('a pattern that would make others run for hours ends at once', () => {
  expect(matches('=~', '(x+x+)+y', 'x'.repeat(2000))).toBe(false);
});

test.each([
  ['a', ['a']],
  ['a|b|a', ['a', 'b']],
  ['a||b', ['a', '', 'b']],
  ['', ['']],
  ['(a|b)', ['a', 'b']],
  ['(?:a|b)', ['a', 'b']],
  ['a\\.b\\-c|d', ['a.b-c', 'd']],
  ['a b|ü', ['a b', 'ü']],
  ['(a|b)|c', undefined],
  ['(a)|(b)', undefined],
  ['(?i:a)', undefined],
  ['a.c', undefined],
  ['a+', undefined],
  ['\\d', undefined],
  ['a\\', undefined],
  ['^a', undefined],
])('%j names the words %j', (pattern, words) => {
  expect(wordsOfPattern(pattern)).toEqual(words);
});
