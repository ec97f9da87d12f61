import { describe, expect, it } from 'vitest';
import { FailingBlocks } from '../../../src/bucket/failing-blocks.ts';

/** A round as the shipper makes it, over blocks of which some fail; what was tried of them. */
function round(failing: FailingBlocks, blocks: string, fails: (one: string) => boolean): string {
  const isOwn = (one: string): boolean => failing.isOwn(one);
  let left = [...[...blocks].filter((one) => !isOwn(one)), ...[...blocks].filter(isOwn)];
  let tried = '';
  for (let isOver = false; !isOver; ) {
    const next = failing.choose(left, { isFree: () => true, ulidOf: (one) => one });
    if (next === undefined) break;
    left = left.filter((one) => one !== next);
    tried += next;
    if (fails(next)) isOver = failing.failed(next);
    else failing.taken(next);
  }
  failing.endRound();
  return tried;
}

const all = (): boolean => true;

describe('a block that fails alone', () => {
  it('is known by one that is taken after three rounds that ended at it, and comes last', () => {
    const failing = new FailingBlocks();
    const rounds = Array.from({ length: 5 }, () => round(failing, 'abc', (one) => one === 'a'));
    expect(rounds).toEqual(['a', 'a', 'abc', 'bca', 'bca']);
    expect([...'abc'].filter((one) => failing.isOwn(one))).toEqual(['a']);
    round(failing, 'abc', () => false);
    expect(failing.isOwn('a')).toBe(false);
  });

  it('is not known when rounds ended at others in between', () => {
    const failing = new FailingBlocks();
    const fails = ['a', 'b', 'a', 'b', 'a', 'b'];
    for (const fault of fails) round(failing, 'ab', (one) => one === fault);
    expect([...'ab'].filter((one) => failing.isOwn(one))).toEqual([]);
  });

  it('when there are several, all are known in one round', () => {
    const failing = new FailingBlocks();
    const bad = (one: string): boolean => 'abde'.includes(one);
    for (let i = 0; i < 3; i++) round(failing, 'abcdefg', bad);
    expect([...'abcdefg'].filter((one) => failing.isOwn(one)).join('')).toBe('abde');
  });

  it('is found behind any number of others that fail, because others are asked each time', () => {
    const failing = new FailingBlocks();
    const blocks = 'abcdefghijklmnopq';
    let rounds = 0;
    while (!failing.isOwn('a') && rounds < 100) {
      round(failing, blocks, (one) => one !== 'q');
      rounds++;
    }
    expect(rounds).toBeLessThan(60);
  });

  it('ends the round like any other when it is the only one', () => {
    const failing = new FailingBlocks();
    for (let i = 0; i < 10; i++) expect(round(failing, 'a', all)).toBe('a');
    expect(failing.isOwn('a')).toBe(false);
  });

  it('is forgotten with the block', () => {
    const failing = new FailingBlocks();
    for (let i = 0; i < 3; i++) round(failing, 'ab', (one) => one === 'a');
    failing.keep(new Set(['a']));
    expect(failing.isOwn('a')).toBe(true);
    failing.keep(new Set(['b']));
    expect(failing.isOwn('a')).toBe(false);
  });
});

describe('a store that is away', () => {
  it('is asked for one block a round, for a few others ever more seldom', () => {
    const failing = new FailingBlocks();
    const rounds = Array.from({ length: 60 }, () => round(failing, 'abcdefgh', all));
    const longer = rounds.flatMap((tried, at) => (tried.length > 1 ? [at] : []));
    expect(longer).toEqual([2, 8, 20, 32, 44, 56]);
    for (const tried of rounds) expect(tried).toMatch(/^a(?:[b-h]{3})?$/);
  });

  it('gets all in order when it is back, and no block is blamed', () => {
    for (const outage of [1, 2, 3, 7, 30]) {
      const failing = new FailingBlocks();
      for (let i = 0; i < outage; i++) round(failing, 'abcd', all);
      expect(round(failing, 'abcd', () => false)).toBe('abcd');
      expect([...'abcd'].filter((one) => failing.isOwn(one))).toEqual([]);
    }
  });

  it('is told from blocks that fail alone: those are not tried before it is back', () => {
    const failing = new FailingBlocks();
    for (let i = 0; i < 3; i++) round(failing, 'abc', (one) => one === 'a');
    expect(round(failing, 'abc', all)).toBe('b');
    expect(round(failing, 'abc', (one) => one === 'a')).toBe('bca');
  });
});
