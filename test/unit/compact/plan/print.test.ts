// Plans for people and as JSON.

import { describe, expect, it } from 'vitest';
import { planDeletion, planSweep } from '../../../../src/compact/plan/marked.ts';
import { CLOCK_AHEAD_MS, PARTIAL_AGE_MS } from '../../../../src/compact/plan/options.ts';
import { planDocument, planLines } from '../../../../src/compact/plan/print.ts';
import {
  block,
  DAY_MS,
  HOUR_MS,
  mark,
  planOf,
  ulidOf,
} from '../../../support/compact/plan-blocks.ts';

const START_MS = 14 * DAY_MS * 1300;

function plan() {
  const blocks = [0, 1, 2, 3, 4].map((at) => {
    const minTimeMs = START_MS + at * 2 * HOUR_MS;
    const ulid = ulidOf(START_MS, at);
    return block({ ulid, minTimeMs, maxTimeMs: minTimeMs + 2 * HOUR_MS, sizeBytes: 2 ** 20 });
  });
  const deletion = mark(START_MS, '', 'by hand');
  const marks = { deletion, noCompact: undefined, noDownsample: undefined };
  const gone = block({ ulid: ulidOf(0, 9), minTimeMs: 0, maxTimeMs: 1, marks });
  const nowMs = START_MS + 3 * DAY_MS;
  return planOf([...blocks, gone], nowMs, { isDownsamplingDisabled: true });
}

describe('a plan as lines', () => {
  it('names jobs in their order, their costs, and what stays', () => {
    const lines = planLines(plan());
    expect(lines[1]).toBe('Note: downsampling is disabled: retention goes by age alone.');
    expect(lines[3]).toMatch(/^JOB +WHAT +FROM +TO +BLOCKS +READ +REQUESTS +DISK +WHY$/);
    expect(lines[4]).toContain('delete');
    expect(lines[5]).toMatch(/^compact +raw → level 2 \{tenant="a"\} .* \+ 3 +4\.0 MiB +10 +400 B/);
    expect(lines[7]).toBe(
      '2 jobs; 4.0 MiB to read, at most 4.0 MiB to write, 10 requests, 400 B of disk for the ' +
        'largest; 1000 B freed.',
    );
    expect(lines.at(-1)).toBe('1 blocks stay: 1 newest. Overdue: 0.');
  });

  it('say so when there is nothing', () => {
    expect(planLines(planOf([], 0))).toContain('Nothing to do.');
    expect(planLines(planOf([], 0)).at(-1)).toBe('0 blocks stay: none. Overdue: 0.');
  });

  it('list a block that is not as it should be', () => {
    const noCompact = mark(0, 'checksum', 'chunks/000001 at 17');
    const marks = { deletion: undefined, noCompact, noDownsample: undefined };
    const bad = block({ ulid: ulidOf(0, 1), minTimeMs: 0, maxTimeMs: 1, marks });
    expect(planLines(planOf([bad], 1)).join('\n')).toMatch(/set-aside .*chunks\/000001 at 17/);
  });
});

describe('a plan as JSON', () => {
  it('is the plan and its sums, and survives being text', () => {
    const document = planDocument(plan());
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    expect(document).toMatchObject({
      version: 1,
      totals: { jobs: 2, readBytes: 4 * 2 ** 20, freedBytes: 1000, keptBlocks: 1 },
    });
  });
});

describe('deletions', () => {
  const options = { atMs: START_MS, deleteDelayMs: HOUR_MS, partialAgeMs: PARTIAL_AGE_MS };
  const plain = block({ ulid: ulidOf(0, 1), minTimeMs: 0, maxTimeMs: 1 });

  it('are of marked blocks only, after the delay and not at it', () => {
    expect(planDeletion(plain, options, () => undefined)).toBeUndefined();
    for (const [agoMs, kind] of [
      [HOUR_MS, undefined],
      [HOUR_MS + 1, 'delete'],
    ] as const) {
      const marks = { ...plain.marks, deletion: mark(START_MS - agoMs) };
      const found = planDeletion({ ...plain, marks }, options, () => undefined);
      expect(found !== undefined && 'kind' in found ? found.kind : undefined).toBe(kind);
    }
  });

  it('are not of a folder without files', () => {
    const found = planSweep({ ulid: plain.ulid, files: [], moreFiles: 0 }, options);
    expect(found).toMatchObject({ reason: 'partial' });
    expect(CLOCK_AHEAD_MS).toBeLessThan(PARTIAL_AGE_MS); // a clock alone sweeps no upload
  });
});
