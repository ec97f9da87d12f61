import { describe, expect, it } from 'vitest';
import type { LocalBlock } from '../../../src/bucket/local-block.ts';
import { planLocalDeletions, planUploads } from '../../../src/bucket/plan-local.ts';
import { madeBlock } from '../../support/made-block.ts';

function block(ulid: string, minTimeMs: number, coversLog = false): LocalBlock {
  return madeBlock(ulid, minTimeMs, { coversLog });
}

const ulids = (blocks: readonly LocalBlock[]): string[] => blocks.map(({ ulid }) => ulid);

it('uploads what is not uploaded, of all directories in the order of cutting', () => {
  const one = { blocks: [block('C', 20), block('B', 10)], uploaded: new Set<string>() };
  const other = {
    blocks: [block('A', 10), block('D', 0), block('E', 15)],
    uploaded: new Set(['D']),
  };
  const plan = planUploads([one, other]);
  expect(plan.map(({ block: { ulid } }) => ulid)).toEqual(['A', 'B', 'C', 'E']);
  expect(plan.map(({ from }) => from)).toEqual([other, one, one, other]);
});

describe('planLocalDeletions', () => {
  const rule = { nowMs: 110, retentionMs: 100, hasBucket: true };

  it('lets go what is old enough and in the bucket, to the millisecond', () => {
    const blocks = [block('A', 0), block('B', 0), block('C', 1)];
    expect(ulids(planLocalDeletions(blocks, new Set(['A', 'C']), rule))).toEqual(['A']);
  });

  it('keeps what the log needs, however old', () => {
    expect(planLocalDeletions([block('A', 0, true)], new Set(['A']), rule)).toEqual([]);
  });

  it('goes by age alone without a bucket, and keeps all for ever with 0', () => {
    const blocks = [block('A', 0)];
    const none = new Set<string>();
    expect(planLocalDeletions(blocks, none, { ...rule, hasBucket: false })).toEqual(blocks);
    expect(planLocalDeletions(blocks, new Set(['A']), { ...rule, retentionMs: 0 })).toEqual([]);
  });

  it('without a bucket keeps what a Prometheus left, with one lets it go like any other', () => {
    const foreign = { ...block('A', 0), isForeign: true };
    expect(planLocalDeletions([foreign], new Set(), { ...rule, hasBucket: false })).toEqual([]);
    expect(planLocalDeletions([foreign], new Set(['A']), rule)).toEqual([foreign]);
  });
});
