import { expect, test } from 'vitest';
import { labelKeyOf } from '../../../src/base/model/label-key.ts';
import { labelsOf } from '../../../src/base/model/labels.ts';
import { alignSources } from '../../../src/query/align-sources.ts';
import type { SeriesSource } from '../../../src/query/source.ts';

/** Series `{a="name"}` in the order given. */
function sourceOf(...names: readonly string[]): SeriesSource {
  let at = -1;
  return {
    next: () => ++at < names.length,
    get key() {
      return labelKeyOf(labelsOf([['a', names[at]!]]));
    },
    chunks: () => [],
  };
}

function aligned(...sources: readonly (readonly [number, SeriesSource])[]): string[] {
  const order = sources.map(([, source]) => source);
  return [...alignSources(sources.map(([stream, source]) => ({ stream, source })))].map(
    (one) =>
      `${Buffer.from(one.key).toString().split('\0')[1]} ${one.stream} ${one.sources.map((source) => order.indexOf(source))}`,
  );
}

test('series of one stream come together, by precedence', () => {
  expect(
    aligned([0, sourceOf('b', 'c')], [0, sourceOf('a', 'c', 'd')], [0, sourceOf('c')]),
  ).toEqual(['a 0 1', 'b 0 0', 'c 0 0,1,2', 'd 0 1']);
});

test('the same labels in two streams are two series, by stream', () => {
  expect(aligned([1, sourceOf('a', 'b')], [0, sourceOf('a', 'b')], [1, sourceOf('b')])).toEqual([
    'a 0 1',
    'a 1 0',
    'b 0 1',
    'b 1 0,2',
  ]);
});

test('no sources, and empty ones, have no series', () => {
  expect(aligned()).toEqual([]);
  expect(aligned([0, sourceOf()], [0, sourceOf()])).toEqual([]);
});

test('very many sources come out in order', () => {
  const names = Array.from({ length: 500 }, (_, i) => `${(i * 7919) % 500}`.padStart(3, '0'));
  const lines = aligned(...names.map((name) => [0, sourceOf(name)] as const));
  expect(lines.map((line) => line.slice(0, 3))).toEqual(names.toSorted());
});
