// The scanner behind the other tests: a rule that sees nothing would always be green.

import { describe, expect, it } from 'vitest';
import { blank } from './blank.ts';
import { findFunctions } from './functions.ts';

describe('blank', () => {
  it.each([
    ["a('x') // b", "a('x')     ", "a(' ')     "],
    ['a /* b\nc */ d', 'a     \n     d', 'a     \n     d'],
    ["'it\\'s' + \"a//b\"", "'it\\'s' + \"a//b\"", '\'     \' + "    "'],
    ['`a$\u007bb("c")}d`', '`a$\u007bb("c")}d`', '` $\u007bb(" ")} `'],
    [
      '`$\u007b{ a: `x$\u007b1}` }}y`',
      '`$\u007b{ a: `x$\u007b1}` }}y`',
      '`$\u007b{ a: ` $\u007b1}` }} `',
    ],
    ["x = /[/'\\/]/g; y / 2 / 3", "x = /[/'\\/]/g; y / 2 / 3", 'x = /      /g; y / 2 / 3'],
    ['return /a"b/.test(c) // d', 'return /a"b/.test(c)     ', 'return /   /.test(c)     '],
    ["'a' / 2 // 'b'", "'a' / 2       ", "' ' / 2       "],
  ])('%s', (text, withoutComments, code) => {
    expect(blank(text)).toEqual({ withoutComments, code });
  });
});

describe('findFunctions', () => {
  it('finds functions, methods and arrows, and no control structures', () => {
    const code = blank(`
export async function load<T>(path: string, options: { a: number } = { a: 1 }): Promise<T> {
  for (let i = 0; i < 3; i++) {
    if (path === '}') { continue; } else { break; }
  }
  const run = (): void => {
    switch (x) { case 1: try { y(); } catch (z) { throw z; } }
  };
}
class A {
  get size(): number { return 1; }
  #hidden(a: string): { b: number } { return { b: 1 }; }
  constructor() { while (true) { } }
}
const o = { m() { return {}; } };
function last(a: B): C {
  return a;
}

export class D {
  e = 1;
}
`).code;
    const names = findFunctions(code).map((one) => one.name);
    expect(new Set(names)).toEqual(
      new Set(['load', 'arrow function', 'size', '#hidden', 'constructor', 'm', 'last']),
    );
    const lines = (name: string): number | undefined => {
      const one = findFunctions(code).find((span) => span.name === name);
      return code.slice(one?.start, one?.end).split('\n').length;
    };
    expect(lines('last')).toBe(3);
    expect(lines('load')).toBe(8);
  });
});
