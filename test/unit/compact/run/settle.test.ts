import { expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import type { ViewedBlock } from '../../../../src/bucket/block-view.ts';
import type { MergeOutcome } from '../../../../src/compact/merge/outcome.ts';
import type { CompactJob } from '../../../../src/compact/planned-job.ts';
import { type SettleParts, settle } from '../../../../src/compact/run/settle.ts';
import { block } from '../../../support/compact/plan-blocks.ts';

const FIGURES = { readBytes: 1, writtenBytes: 1, diskBytesMax: 1 };
const A = block({ ulid: '01M832NMCBMHG82BHKZJX0ASR2', minTimeMs: 0, maxTimeMs: 2 });
const B = block({ ulid: '01M832NMCN3NKKKTSD5ECMKE7C', minTimeMs: 2, maxTimeMs: 4 });
const FOUND: ViewedBlock = {
  ...block({ ulid: '01M832NMCXVBE3P5Q3YZXC2WZ9', minTimeMs: 0, maxTimeMs: 4 }),
  sources: [...A.sources, ...B.sources].sort(),
};
const JOB: CompactJob = {
  kind: 'compact',
  id: 'job',
  group: { key: '0@a', labels: [], resolutionMs: 0 },
  sources: [A.ulid, B.ulid],
  minTimeMs: FOUND.minTimeMs,
  maxTimeMs: FOUND.maxTimeMs,
  why: '',
  cost: { readBytes: 1, writtenBytes: 1, requests: 1, diskBytes: 1 },
  level: 2,
  deduplication: 'merge',
};

function made(from: ViewedBlock): MergeOutcome {
  const { ulid, minTimeMs, maxTimeMs, numSeries, numSamples, numChunks, sizeBytes } = from;
  const counts = { numSeries, numSamples, numChunks, sizeBytes };
  return { kind: 'made', ulid, minTimeMs, maxTimeMs, ...counts, figures: FIGURES };
}

function partsOf(given: Partial<SettleParts> = {}): { parts: SettleParts; marked: string[] } {
  const marked: string[] = [];
  const parts: SettleParts = {
    look: async () => FOUND,
    assertHeld: () => undefined,
    mark: async ({ ulid, mark, reason }) => void marked.push(`${ulid} ${mark} ${reason}`),
    sources: [A, B],
    ...given,
  };
  return { parts, marked };
}

test('a block that was made and is there: its sources are marked', async () => {
  const { parts, marked } = partsOf();
  expect(await settle(JOB, made(FOUND), parts)).toMatchObject({ end: 'made' });
  expect(marked).toEqual([`${A.ulid} deletion superseded`, `${B.ulid} deletion superseded`]);
});

test.each<[string, Partial<SettleParts>]>([
  ['is not there', { look: async () => undefined }],
  ['has other samples', { look: async () => ({ ...FOUND, numSamples: FOUND.numSamples + 1 }) }],
  ['has another range', { look: async () => ({ ...FOUND, maxTimeMs: FOUND.maxTimeMs + 1 }) }],
  ['lacks a source', { look: async () => ({ ...FOUND, sources: A.sources }) }],
  [
    'is there, but the lease is lost',
    {
      assertHeld: () => {
        throw new VarveError('locked', 'lost');
      },
    },
  ],
])('what was made %s: nothing is marked', async (_name, given) => {
  const { parts, marked } = partsOf(given);
  await expect(settle(JOB, made(FOUND), parts)).rejects.toThrow(VarveError);
  expect(marked).toEqual([]);
});

test('a bad source gets a mark with the reason, unless it is gone', async () => {
  const fault = { ulid: A.ulid, file: 'index', offset: 7, kind: 'order', what: 'wrong' } as const;
  const { parts, marked } = partsOf();
  const settled = await settle(JOB, { kind: 'bad-source', fault }, parts);
  expect(settled).toEqual({ end: 'set-aside', what: `block ${A.ulid}, index at byte 7: wrong` });
  expect(marked).toEqual([`${A.ulid} no-compact block-index-out-of-order-chunk`]);
  const gone = partsOf({ look: async () => undefined });
  await settle(JOB, { kind: 'bad-source', fault }, gone.parts);
  expect(gone.marked).toEqual([]);
});

test('too large: the source with the largest index is walled off', async () => {
  const { parts, marked } = partsOf({ sources: [A, { ...B, indexBytes: A.indexBytes + 1 }] });
  expect(await settle(JOB, { kind: 'too-large', what: 'x' }, parts)).toMatchObject({
    end: 'set-aside',
  });
  expect(marked).toEqual([`${B.ulid} no-compact index-size-exceeding`]);
});

test('nothing left: the sources go; refused: a failure', async () => {
  const { parts, marked } = partsOf();
  expect(await settle(JOB, { kind: 'empty', figures: FIGURES }, parts)).toMatchObject({
    end: 'empty',
  });
  expect(marked).toHaveLength(2);
  expect(await settle(JOB, { kind: 'refused', what: 'no' }, parts)).toEqual({
    end: 'failed',
    what: 'no',
  });
});
