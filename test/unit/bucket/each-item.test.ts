import { describe, expect, it } from 'vitest';
import { eachItem } from '../../../src/bucket/each-item.ts';

/** Three numbers; notes what happens to it. */
async function* numbers(seen: string[]): AsyncIterable<number> {
  try {
    for (const one of [1, 2, 3]) {
      seen.push(`asked for ${one}`);
      yield one;
    }
  } finally {
    seen.push('closed');
  }
}

const direct = <R>(run: () => Promise<R>): Promise<R> => run();

describe('eachItem', () => {
  it('asks for every item, and for the end, through the step', async () => {
    const seen: string[] = [];
    const step = <R>(run: () => Promise<R>): Promise<R> => {
      seen.push('step');
      return run();
    };
    const got: number[] = [];
    for await (const one of eachItem(numbers(seen), step)) got.push(one);
    expect(got).toEqual([1, 2, 3]);
    const asked = ['step', 'asked for 1', 'step', 'asked for 2', 'step', 'asked for 3'];
    expect(seen).toEqual([...asked, 'step', 'closed']);
  });

  it('closes what its reader leaves, and lets the other wait for it', async () => {
    const seen: string[] = [];
    const leave = async (closed: Promise<unknown>): Promise<void> => {
      await closed;
      seen.push('left');
    };
    for await (const one of eachItem(numbers(seen), direct, leave)) {
      if (one === 2) break;
    }
    expect(seen).toEqual(['asked for 1', 'asked for 2', 'closed', 'left']);
  });

  it('closes what a step gives up, without waiting for it', async () => {
    const seen: string[] = [];
    let steps = 0;
    const step = <R>(run: () => Promise<R>): Promise<R> =>
      ++steps === 2 ? Promise.reject(new Error('given up')) : run();
    const reading = async () => {
      for await (const one of eachItem(numbers(seen), step)) expect(one).toBe(1);
    };
    await expect(reading()).rejects.toThrow('given up');
    expect(seen).toEqual(['asked for 1', 'closed']);
  });
});
