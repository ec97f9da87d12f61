// The order of things: lease, new block, reading it back, mark; and what comes of it when one fails.

import { expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import type { GroupLeases, HeldLease } from '../../../../src/compact/lease/leases.ts';
import { groupKeyOf } from '../../../../src/compact/plan/families.ts';
import type { RepairOutcome } from '../../../../src/compact/repair/repair-block.ts';
import {
  type RepairWorld,
  repairInBucket,
} from '../../../../src/compact/repair/repair-in-bucket.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { makeBlock, ULID } from '../../block/make-block.ts';

const NEW = '01M9ZZZZZZZZZZZZZZZZZZZZZZ';
const LABELS = [
  { name: 'cluster', value: 'eu' },
  { name: 'replica', value: 'r1' },
];
const META = makeBlock(new MemoryDisk(), undefined, { labels: LABELS }).meta;
const MADE: RepairOutcome = {
  kind: 'made',
  meta: { ...META, ulid: NEW },
  losses: {
    ...{ unreadSeries: 0, touchedSeries: 0, wholeSeries: 0, chunks: 0, mendedSeries: 0 },
    ...{ isLossless: true, range: undefined, named: [] },
  },
};

function lease(steps: string[], isHeld: () => boolean): HeldLease {
  return {
    ...{ group: 'g', token: 1, lost: new AbortController().signal, isHeld: true },
    assertHeld: () => {
      if (!isHeld()) throw new VarveError('locked', 'not held any more');
    },
    keep: () => () => steps.push('stop keeping'),
    renew: async () => undefined,
    release: async () => void steps.push('release'),
  };
}

function world(more: Partial<RepairWorld> & { readonly isHeld?: () => boolean } = {}) {
  const steps: string[] = [];
  const clock = new ManualClock();
  const leases: GroupLeases = {
    take: async (group) => {
      steps.push(`lease ${group}`);
      return lease(steps, more.isHeld ?? (() => true));
    },
  };
  const given: RepairWorld = {
    ...{ leases, timers: clock, signal: new AbortController().signal, replicaLabels: ['replica'] },
    newUlid: () => NEW,
    repair: async (of, ulid) => {
      steps.push(`repair ${of} ${ulid}`);
      return MADE;
    },
    wrongWith: async (ulid) => {
      steps.push(`read ${ulid}`);
      return undefined;
    },
    deleteBlock: async (ulid) => void steps.push(`delete ${ulid}`),
    mark: async (...mark) => void steps.push(`mark ${mark.join(' ')}`),
    onRenewalFailed: (message) => void steps.push(message),
    ...more,
  };
  return { steps, clock, given };
}

const DAMAGED = { meta: META, what: 'index, byte 5: the checksum is wrong' };
const GROUP = groupKeyOf({ labels: LABELS.slice(0, 1), resolutionMs: 0 }, []);

test('the lease of the group that its compactors take, the block, a look at it, the mark', async () => {
  const { steps, given } = world();
  expect((await repairInBucket(DAMAGED, given)).kind).toBe('made');
  expect(steps).toEqual([
    `lease ${GROUP}`,
    `repair ${ULID} ${NEW}`,
    `read ${NEW}`,
    `mark ${ULID} repaired repaired as ${NEW}: index, byte 5: the checksum is wrong`,
    'stop keeping',
    'release',
  ]);
});

test('a new block that does not read back goes again, and the damaged one gets no mark', async () => {
  const { steps, given } = world({ wrongWith: async () => 'index: cut off' });
  const done = await repairInBucket(DAMAGED, given);
  expect(done).toMatchObject({ kind: 'refused', what: expect.stringContaining('index: cut off') });
  expect(steps).toEqual([
    `lease ${GROUP}`,
    `repair ${ULID} ${NEW}`,
    `delete ${NEW}`,
    'stop keeping',
    'release',
  ]);
});

test('a lease that is lost meanwhile: no mark', async () => {
  const { steps, given } = world({ isHeld: () => false });
  await expect(repairInBucket(DAMAGED, given)).rejects.toMatchObject({ code: 'locked' });
  expect(steps.filter((step) => step.startsWith('mark'))).toEqual([]);
  expect(steps.at(-1)).toBe('release');
});

test.each<RepairOutcome>([
  { kind: 'refused', what: 'x' },
  { kind: 'nothing-left', losses: MADE.losses },
])('$kind: no mark', async (outcome) => {
  const { steps, given } = world({ repair: async () => outcome });
  expect(await repairInBucket(DAMAGED, given)).toEqual(outcome);
  expect(steps).toEqual([`lease ${GROUP}`, 'stop keeping', 'release']);
});

test('a group that a compactor works on is asked for again, then left alone', async () => {
  let asked = 0;
  const leases: GroupLeases = {
    take: async () => {
      asked++;
      return undefined;
    },
  };
  const { steps, clock, given } = world({ leases });
  const running = repairInBucket(DAMAGED, given);
  for (let i = 0; i < 40; i++) await clock.advance(5_000);
  expect(await running).toEqual({ kind: 'busy' });
  expect(asked).toBe(31);
  expect(steps).toEqual([]);
});
