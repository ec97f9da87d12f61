import { expect, test } from 'vitest';
import { comparedBlock, overlaps, sameSources } from '../../../src/admin/overlaps.ts';
import type { BlockMeta } from '../../../src/block/meta/format.ts';

const ULID = '01M832KAJWMK22126GMWCXRFNM';

function block(name: string, times: readonly [number, number], sources = [name], cluster = 'eu') {
  const [minTimeMs, maxTimeMs] = times;
  const meta = {
    ulid: ULID,
    minTimeMs,
    maxTimeMs,
    compaction: { sources },
    thanos: { labels: [{ name: 'cluster', value: cluster }], resolutionMs: 0 },
  } as unknown as BlockMeta;
  return comparedBlock(name, meta);
}

test('blocks of one group that share times are told, by the later one', () => {
  const blocks = [
    block('c', [15, 30]),
    block('a', [0, 10]),
    block('b', [10, 20]),
    block('d', [0, 40], ['d'], 'us'),
  ];
  expect([...overlaps(blocks)]).toEqual([
    {
      severity: 'info',
      file: 'c/meta.json',
      offset: undefined,
      what: 'its times overlap those of b; readers take each sample once',
    },
  ]);
});

test('of hundreds of overlaps twenty are told, and the rest counted', () => {
  const blocks = Array.from({ length: 300 }, (_, i) => block(`b${i}`, [i, i + 2]));
  const found = [...overlaps(blocks)];
  expect(found).toHaveLength(21);
  expect(found.at(-1)!.what).toBe('279 blocks more overlap others');
});

test('blocks that were made from the same blocks are told', () => {
  const blocks = [
    block('a', [0, 10], ['x', 'y']),
    block('b', [0, 10], ['y', 'x']),
    block('c', [0, 10], ['x', 'y'], 'us'),
    block('d', [0, 10], ['x']),
  ];
  expect([...sameSources(blocks)].map(({ file, what }) => [file, what])).toEqual([
    ['b/meta.json', 'it was made from the same blocks as a; compaction removes one'],
  ]);
});
