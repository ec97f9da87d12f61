import { describe, expect, it } from 'vitest';
import { logfmt } from '../../../../src/base/observe/logfmt.ts';

describe('logfmt', () => {
  // By the rules of log/slog's text handler (needsQuoting) and strconv.Quote.
  it.each([
    ['a word', 'word', 'k=word'],
    ['nothing', '', 'k=""'],
    ['a space', 'two words', 'k="two words"'],
    ['a quote', 'say "x"', String.raw`k="say \"x\""`],
    ['an equals sign', 'a=b', 'k="a=b"'],
    ['a backslash', 'a\\b', String.raw`k=a\b`],
    ['a backslash where quotes are needed', 'a\\ b', String.raw`k="a\\ b"`],
    ['line breaks', 'a\r\nb\tc', String.raw`k="a\r\nb\tc"`],
    ['an escape', '\u001b[2J', String.raw`k="\x1b[2J"`],
    ['a C1 control', 'a\u0085b', String.raw`k="a\u0085b"`],
    ['text that turns direction', 'a\u202eb', String.raw`k="a\u202eb"`],
    ['a private plane character', '\u{f0000}', String.raw`k="\U000f0000"`],
    ['umlauts and emoji', 'Zürich\u{1f680}', 'k=Zürich\u{1f680}'],
    ['a path', '/data/wal/00000001', 'k=/data/wal/00000001'],
  ])('writes %s', (_name, value, expected) => {
    expect(logfmt([['k', value]])).toBe(expected);
  });

  it('writes numbers, booleans and null bare, and leaves undefined out', () => {
    const pairs = { a: 1.5, b: true, c: null, d: undefined, e: -0 };
    expect(logfmt(Object.entries(pairs))).toBe('a=1.5 b=true c=null e=0');
  });

  it('keeps keys whole', () => {
    expect(logfmt([['a b="c"\n', 1]])).toBe('a_b__c__=1');
  });
});
