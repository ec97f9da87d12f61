import { expect, it, test } from 'vitest';
import { readRelabelRules } from '../../../../src/base/config/relabel-document.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { labelsOf } from '../../../../src/base/model/labels.ts';
import { ulidTimeMs } from '../../../../src/base/model/ulid.ts';
import type { BlockView, ViewedBlock } from '../../../../src/bucket/block-view.ts';
import {
  consistencyDelay,
  deletionMarks,
  duplicates,
  filterView,
  labelSelector,
  timeRange,
  type ViewFilter,
} from '../../../../src/bucket/view/view-filters.ts';
import { ULIDS } from '../../../support/bucket-world.ts';

const [A, B, C] = ULIDS;
const MADE_MS = ulidTimeMs(A)!;
const NO_MARKS = { deletion: undefined, noCompact: undefined, noDownsample: undefined };

function block(more: Partial<ViewedBlock> = {}): ViewedBlock {
  const ulid = more.ulid ?? A;
  return {
    ulid,
    minTimeMs: 0,
    maxTimeMs: 100,
    labels: labelsOf([['cluster', 'eu']]),
    resolutionMs: 0,
    level: 1,
    sources: [ulid],
    source: 'receive',
    numSeries: 1,
    numSamples: 1,
    numChunks: 1,
    numTombstones: 0,
    sizeBytes: 1,
    indexBytes: 1,
    fileCount: 1,
    uploadedMs: MADE_MS,
    marks: NO_MARKS,
    ...more,
  };
}

const viewOf = (blocks: readonly ViewedBlock[]): BlockView => ({
  takenMs: 0,
  blocks,
  partial: [],
  broken: [],
  faults: [],
});
const isHidden = (filter: ViewFilter, one: ViewedBlock): boolean =>
  filter.hide([one]).has(one.ulid);

it.each<[string, Partial<ViewedBlock>, number, boolean]>([
  ['just made', {}, MADE_MS, true],
  ['younger than the delay', {}, MADE_MS + 999, true],
  ['as old as the delay', {}, MADE_MS + 1000, false],
  ['made long ago, uploaded now', { uploadedMs: MADE_MS + 5000 }, MADE_MS + 5500, true],
  ['uploaded long ago, with a ULID of the future', { uploadedMs: 0 }, MADE_MS - 5000, false],
  ['made by a compactor', { source: 'compactor' }, MADE_MS, false],
  ['made by a repair', { source: 'bucket.repair' }, MADE_MS, false],
  ['rewritten by hand', { source: 'bucket.rewrite' }, MADE_MS, true],
])('consistency delay: %s', (_, more, nowMs, expected) => {
  expect(isHidden(consistencyDelay(1000, nowMs), block(more))).toBe(expected);
});

it.each<[string, number, number, boolean]>([
  ['all of it', 0, 100, false],
  ['its end is the minimum', 100, 200, false],
  ['it ends before', 101, 200, true],
  ['its beginning is the maximum', -10, 0, false],
  ['it begins behind', -10, -1, true],
])('time range: %s', (_, minTimeMs, maxTimeMs, expected) => {
  expect(isHidden(timeRange(minTimeMs, maxTimeMs), block())).toBe(expected);
});

const rules = (text: string) =>
  readRelabelRules({ name: 'relabel.yml', text: new Secret(text), fillEnvironment: false });

it.each<[string, string, boolean]>([
  ['kept', '[{action: keep, source_labels: [cluster], regex: e.}]', false],
  ['not kept', '[{action: keep, source_labels: [cluster], regex: us}]', true],
  ['dropped', '[{action: drop, source_labels: [cluster], regex: eu}]', true],
  ['by its ULID', `[{action: keep, source_labels: [__block_id], regex: ${B}}]`, true],
  ['left without labels', '[{action: labelkeep, regex: nothing}]', true],
  ['no rules', '', false],
])('labels: %s', (_, text, expected) => {
  expect(isHidden(labelSelector(rules(text)), block())).toBe(expected);
});

test('shards by hashmod: each block is in exactly one', () => {
  const shards = [0, 1, 2].map((shard) =>
    labelSelector(
      rules(`
- {action: hashmod, source_labels: [__block_id], target_label: shard, modulus: 3}
- {action: keep, source_labels: [shard], regex: ${shard}}`),
    ),
  );
  for (const ulid of ULIDS)
    expect(shards.filter((one) => !isHidden(one, block({ ulid })))).toHaveLength(1);
});

test('deletion marks: a compactor heeds them at once, a reader after half of the delay', () => {
  const deletion = { ulid: A, timeMs: 1000, details: 'x', reason: '' };
  const marked = block({ marks: { ...NO_MARKS, deletion } });
  expect(isHidden(deletionMarks(0, 500), marked)).toBe(true);
  expect(isHidden(deletionMarks(100, 1100), marked)).toBe(false);
  expect(isHidden(deletionMarks(100, 1101), marked)).toBe(true);
  expect(isHidden(deletionMarks(0, 500), block())).toBe(false);
});

test('filters work one after the other, and name what they hide', () => {
  const deletion = { ulid: C, timeMs: 0, details: '', reason: '' };
  const a = block({ ulid: A });
  const b = block({ ulid: B, sources: [A, B] });
  const c = block({ ulid: C, sources: [A, B, C], marks: { ...NO_MARKS, deletion } });
  const filters = [deletionMarks(0, 9000), duplicates(() => new Map([[A, B]]))];
  const { view, hidden } = filterView(viewOf([a, b, c]), filters);
  expect(view.blocks).toEqual([b]);
  expect(hidden).toEqual([
    { ulid: A, reason: 'duplicate', why: `all that went into it is in block ${B}` },
    { ulid: C, reason: 'marked-for-deletion', why: 'marked for deletion 9 s ago: no details' },
  ]);
});

test('what is broken is hidden as well, and named by its fault only', () => {
  const broken = [block({ ulid: A, minTimeMs: 0, maxTimeMs: 5 }), block({ ulid: B })];
  const { view, hidden } = filterView({ ...viewOf([]), broken }, [timeRange(6, 1e15)]);
  expect([view.broken.map(({ ulid }) => ulid), hidden]).toEqual([[B], []]);
});
