import { expect, test } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { labelKeyOf } from '../../../src/base/model/label-key.ts';
import {
  BLOCKS_OPEN_MAX,
  type BlockToRead,
  INDEX_BYTES_MAX,
  type OpenBlock,
  openStreams,
} from '../../../src/query/open-streams.ts';
import type { SelectQuery, SeriesSource } from '../../../src/query/source.ts';

const QUERY: SelectQuery = { minTimeMs: 1000, maxTimeMs: 2000, matchers: [] };

const source: SeriesSource = {
  key: labelKeyOf([]),
  next: () => false,
  chunks: () => [],
};

interface SomeBlock extends OpenBlock {
  readonly ulid: string;
}

/** A directory of such blocks, in which opening some fails. */
function world(blocks: readonly BlockToRead[], failing: Record<string, VarveError> = {}) {
  const open = new Set<string>();
  const order: string[] = [];
  const warnings: string[] = [];
  let heldBytes = 10;
  let seriesCount = 1;
  const access = {
    listBlocks: () => blocks,
    openBlock: (_: string, ulid: string): SomeBlock => {
      if (failing[ulid] !== undefined) throw failing[ulid];
      open.add(ulid);
      const all = (into: { push(series: number): void }) => {
        for (let i = 0; i < seriesCount; i++) into.push(i);
        return [];
      };
      const index = { find: () => undefined, values: () => [], append: () => undefined, all };
      return { ulid, index: { ...index, heldBytes }, close: () => void open.delete(ulid) };
    },
    sourceOf: ({ block }: { block: SomeBlock }) => {
      order.push(block.ulid);
      return source;
    },
    warnings: { add: (warning: string) => void warnings.push(warning) },
  };
  const head = () => {
    order.push('head');
    return source;
  };
  const run = (query = QUERY) => openStreams([{ dir: '/d', head }], query, access);
  return {
    open,
    order,
    warnings,
    run,
    access,
    set heldBytes(bytes: number) {
      heldBytes = bytes;
    },
    set seriesCount(count: number) {
      seriesCount = count;
    },
  };
}

function block(ulid: string, minTimeMs = 1000, maxTimeMs = 2000, resolutionMs = 0): BlockToRead {
  return { ulid, minTimeMs, maxTimeMs, resolutionMs };
}

test('blocks come by their ULIDs, the head behind them', () => {
  const here = world([block('C'), block('A'), block('B')]);
  const opened = here.run();
  expect(here.order).toEqual(['A', 'B', 'C', 'head']);
  expect(opened.sources.length).toBe(4);
  expect(here.open.size).toBe(3);
  opened.close();
  expect(here.open.size).toBe(0);
  expect(here.warnings).toEqual([]);
});

test('only blocks that reach into the range are opened; a block ends before its end', () => {
  const here = world([
    block('A', 0, 1000),
    block('B', 0, 1001),
    block('C', 2000, 3000),
    block('D', 2001, 3000),
  ]);
  here.run();
  expect(here.order).toEqual(['B', 'C', 'head']);
});

test('a block without such a series is closed again', () => {
  const here = world([block('A')]);
  here.seriesCount = 0;
  expect(here.run().sources.length).toBe(1);
  expect(here.open.size).toBe(0);
});

test('a downsampled block is no source of samples, and that is said', () => {
  const here = world([block('A', 1000, 2000, 300_000)]);
  here.run();
  expect(here.order).toEqual(['head']);
  expect(here.warnings).toEqual([expect.stringContaining('A is downsampled')]);
});

test('a damaged block is said and costs itself', () => {
  const here = world([block('A'), block('B')], {
    A: new VarveError('damaged_block', 'the index is broken'),
  });
  here.run();
  expect(here.order).toEqual(['B', 'head']);
  expect(here.warnings).toEqual([expect.stringContaining('the index is broken')]);
});

test('a disk that does not answer now fails the select, and nothing stays open', () => {
  const here = world([block('A'), block('B')], { B: new VarveError('disk_failed', 'EIO') });
  expect(() => here.run()).toThrow(expect.objectContaining({ code: 'disk_failed' }));
  expect(here.open.size).toBe(0);
});

test('a stream without its head is said', () => {
  const here = world([block('A')]);
  openStreams([{ dir: '/d', head: undefined }], QUERY, here.access);
  expect(here.warnings).toEqual([expect.stringContaining('not open')]);
});

test('blocks that are open at once are bounded, by number and by memory', () => {
  const many = Array.from({ length: BLOCKS_OPEN_MAX + 1 }, (_, i) =>
    block(`${i}`.padStart(6, '0')),
  );
  const overloaded = expect.objectContaining({ code: 'overloaded' });
  const full = world(many);
  expect(() => full.run()).toThrow(overloaded);
  expect(full.open.size).toBe(0);
  expect(world(many.slice(1)).run().sources.length).toBe(BLOCKS_OPEN_MAX + 1);
  const large = world([block('A'), block('B')]);
  large.heldBytes = INDEX_BYTES_MAX;
  expect(() => large.run()).toThrow(overloaded);
});

test('matchers that are none open nothing', () => {
  const here = world([block('A')]);
  const query = { ...QUERY, matchers: [{ type: '=~' as const, name: 'a', value: '(' }] };
  expect(() => here.run(query)).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
  expect(here.order).toEqual([]);
});
