import { expect, it } from 'vitest';
import { VanishedBlocks } from '../../../src/bucket/vanished-blocks.ts';
import { madeBlock } from '../../support/made-block.ts';

const [a, b, c] = ['A', 'B', 'C'].map((ulid) => madeBlock(ulid, 0, { coversLog: true }));
const none = new Set<string>();

/** What a listing finds. */
function found(blocks: readonly (typeof a)[], uploaded: ReadonlySet<string> = none) {
  return { blocks: blocks.flatMap((block) => (block === undefined ? [] : [block])), uploaded };
}

it('knows what waited and is not there any more, until it is there again', () => {
  const vanished = new VanishedBlocks();
  expect(vanished.listed('/t', found([a, b, c]))).toEqual([]);
  expect(vanished.listed('/t', found([b, c]))).toEqual([a]);
  expect(vanished.listed('/t', found([c]))).toEqual([a, b]);
  expect(vanished.listed('/t', found([a, c]))).toEqual([b]);
  expect(vanished.listed('/other', found([]))).toEqual([]);
});

it('does not take for gone what was uploaded, whether noted or not', () => {
  const vanished = new VanishedBlocks();
  vanished.listed('/t', found([a, b, c], new Set(['A'])));
  vanished.uploaded('/t', 'B');
  expect(vanished.listed('/t', found([], new Set(['A', 'C'])))).toEqual([]);
});

it('does not wait for what the log has nothing of', () => {
  const vanished = new VanishedBlocks();
  vanished.listed('/t', found([madeBlock('A', 0), b]));
  expect(vanished.listed('/t', found([b]))).toEqual([]);
});
