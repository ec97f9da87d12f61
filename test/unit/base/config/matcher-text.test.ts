import { expect, test } from 'vitest';
import { matchers } from '../../../../src/base/config/matcher-text.ts';

const type = matchers();

test.each<[string[], string[]]>([
  [[], []],
  [['a="b"'], ['a="b"']],
  [['a=b'], ['a="b"']],
  [['a=""'], ['a=""']],
  [['a='], ['a=""']],
  [
    ['a!="b"', 'c=~"d|e"'],
    ['a!="b"', 'c=~"d|e"'],
  ],
  [['{a="b", c!~"d.*",}'], ['a="b"', 'c!~"d.*"']],
  [[' a = "x,y}" '], ['a="x,y}"']],
  [['a="\\"q\\"\\\\"'], ['a="\\"q\\"\\\\"']],
])('%j', (texts, wanted) => {
  const value = type.parse(texts, 'here');
  expect(type.format(value)).toEqual(wanted);
  expect(type.format(type.parse(type.format(value), 'here'))).toEqual(wanted);
});

test.each(['', '{}', 'a', '=b', 'a=="b"', 'a="b', "a='b'", 'a="b" c="d"', '1a="b"', 'a="\\x"'])(
  '%j is none',
  (text) => {
    expect(() => type.parse([text], 'here')).toThrow(/must be matchers such as/);
  },
);

test('several in one environment variable stay one text', () => {
  expect(type.split?.('a=~"b,c"')).toEqual(['a=~"b,c"']);
});
