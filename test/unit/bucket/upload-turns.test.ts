import { expect, it } from 'vitest';
import { FailingBlocks } from '../../../src/bucket/failing-blocks.ts';
import type { LocalBlock } from '../../../src/bucket/local-block.ts';
import { type DirWithTurns, UploadTurns } from '../../../src/bucket/upload-turns.ts';
import { madeBlock } from '../../support/made-block.ts';

function dir(blocks: readonly LocalBlock[], gone: readonly LocalBlock[] = []): DirWithTurns {
  return { blocks, uploaded: new Set(), gone };
}

/** Begins whatever can be begun at this moment; their ULIDs. */
function begun(turns: UploadTurns<DirWithTurns>) {
  const all: { readonly ulid: string; end(isInBucket: boolean): void }[] = [];
  for (let next = turns.peek(); next !== undefined; next = turns.peek()) {
    const one = next;
    turns.begin(one);
    all.push({ ulid: one.block.ulid, end: (isInBucket) => turns.end(one, isInBucket) });
  }
  return all;
}

const isDue = (): boolean => true;

it('gives one block of each directory at a time, in the order of cutting', () => {
  const dirs = [dir([madeBlock('C', 0), madeBlock('A', 20)]), dir([madeBlock('B', 0)])];
  const turns = new UploadTurns(dirs, { failing: new FailingBlocks(), isDue });
  const first = begun(turns);
  expect(first.map(({ ulid }) => ulid)).toEqual(['A', 'B']);
  first[0]?.end(false);
  expect(begun(turns).map(({ ulid }) => ulid)).toEqual(['C']);
});

it('gives what overlaps an earlier block when that is in the bucket, and not before', () => {
  const blocks = [madeBlock('A', 0), madeBlock('B', 5), madeBlock('C', 30)];
  for (const isInBucket of [false, true]) {
    const turns = new UploadTurns([dir(blocks)], { failing: new FailingBlocks(), isDue });
    const [first] = begun(turns);
    first?.end(isInBucket);
    expect(begun(turns).map(({ ulid }) => ulid)).toEqual([isInBucket ? 'B' : 'C']);
    const held = turns.held().map(({ block, heldBy }) => [block.ulid, heldBy.ulid]);
    expect(held).toEqual(isInBucket ? [] : [['B', 'A']]);
  }
});

it('holds back for what is not due in this round, and for what is gone', () => {
  const blocks = [madeBlock('B', 0), madeBlock('C', 5), madeBlock('D', 25)];
  const dirs = [dir(blocks, [madeBlock('A', 20)])];
  const only = ({ ulid }: LocalBlock): boolean => ulid !== 'B';
  const turns = new UploadTurns(dirs, { failing: new FailingBlocks(), isDue: only });
  expect(begun(turns)).toEqual([]);
  const held = turns.held().map(({ block, heldBy }) => [block.ulid, heldBy.ulid]);
  expect(held).toEqual([
    ['C', 'B'],
    ['D', 'A'],
  ]);
});

it('gives those that fail alone last', () => {
  const failing = new FailingBlocks();
  for (let i = 0; i < 3; i++) {
    failing.failed('A');
    if (i === 2) failing.taken('X');
    failing.endRound();
  }
  const dirs = [dir([madeBlock('A', 0)]), dir([madeBlock('B', 0)])];
  const turns = new UploadTurns(dirs, { failing, isDue });
  expect(begun(turns).map(({ ulid }) => ulid)).toEqual(['B', 'A']);
});
