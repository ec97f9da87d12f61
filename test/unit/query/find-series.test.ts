import { expect, test } from 'vitest';
import { findSeries, seriesFinder } from '../../../src/query/find-series.ts';
import { compileMatchers } from '../../../src/query/matcher.ts';
import { runToEnd } from '../../../src/query/open-streams.ts';
import type { Matcher, PostingsSource } from '../../../src/query/source.ts';

/** Postings of these label sets, numbered from 1. */
class SomePostings implements PostingsSource {
  valuesTried = 0;
  readonly #series: readonly Readonly<Record<string, string>>[];

  constructor(series: readonly Readonly<Record<string, string>>[]) {
    this.#series = series;
  }

  #pairs(): [string, string][] {
    const all = this.#series.flatMap((labels) => Object.entries(labels));
    return [...new Map(all.map((pair) => [pair.join('='), pair])).values()];
  }

  find(name: Uint8Array, value: Uint8Array): number | undefined {
    const at = this.#pairs().findIndex(([n, v]) => n === `${name}` && v === `${value}`);
    return at < 0 ? undefined : at;
  }

  *values(name: Uint8Array) {
    for (const [list, [own, value]] of this.#pairs().entries()) {
      if (own !== `${name}`) continue;
      this.valuesTried++;
      yield { value: Buffer.from(value), list };
    }
  }

  append(list: number, into: { push(series: number): void }): void {
    const [name, value] = this.#pairs()[list]!;
    for (const [i, labels] of this.#series.entries()) if (labels[name] === value) into.push(i + 1);
  }

  all(into: { push(series: number): void }): readonly undefined[] {
    for (const i of this.#series.keys()) into.push(i + 1);
    return [undefined];
  }
}

const SERIES = [
  { job: 'a', env: 'prod' },
  { job: 'b', env: 'prod' },
  { job: 'c', env: 'dev' },
  { job: 'ab' },
  { other: 'x' },
];

function find(...matchers: readonly [Matcher['type'], string, string][]): number[] {
  const compiled = compileMatchers(matchers.map(([type, name, value]) => ({ type, name, value })));
  return [...runToEnd(findSeries(new SomePostings(SERIES), compiled))];
}

test('equal, and all of several', () => {
  expect(find(['=', 'job', 'a'])).toEqual([1]);
  expect(find(['=', 'env', 'prod'], ['=', 'job', 'b'])).toEqual([2]);
  expect(find(['=', 'env', 'dev'], ['=', 'job', 'b'])).toEqual([]);
  expect(find(['=', 'job', 'none'])).toEqual([]);
  expect(find()).toEqual([1, 2, 3, 4, 5]);
});

test('patterns, of words and others', () => {
  expect(find(['=~', 'job', 'a|c|none'])).toEqual([1, 3]);
  expect(find(['=~', 'job', 'a.*'])).toEqual([1, 4]);
  expect(find(['=~', 'env', '.+'], ['!~', 'job', 'b|c'])).toEqual([1]);
});

test('what matches an empty value matches series without the label', () => {
  expect(find(['!=', 'env', 'prod'])).toEqual([3, 4, 5]);
  expect(find(['=', 'env', ''])).toEqual([4, 5]);
  expect(find(['=~', 'env', 'prod|'])).toEqual([1, 2, 4, 5]);
  expect(find(['!~', 'env', 'p.*'])).toEqual([3, 4, 5]);
  expect(find(['!=', 'env', ''])).toEqual([1, 2, 3]);
  expect(find(['=~', 'job', '.+'], ['=', 'env', ''])).toEqual([4]);
  expect(find(['=', 'none', ''])).toEqual([1, 2, 3, 4, 5]);
});

test('no series has a label without a name', () => {
  expect(find(['=', '', ''])).toEqual([1, 2, 3, 4, 5]);
  expect(find(['!=', '', ''])).toEqual([]);
});

test('words are looked up, values are not tried for them', () => {
  const postings = new SomePostings(SERIES);
  const wanted: readonly Matcher[] = [
    { type: '=~', name: 'job', value: 'a|b' },
    { type: '!~', name: 'env', value: 'dev|test' },
  ];
  expect([...runToEnd(seriesFinder(wanted)(postings))]).toEqual([1, 2]);
  expect(postings.valuesTried).toBe(0);
});
