import { expect, it } from 'vitest';
import { registerUploadsRoute, type UploadsSource } from '../../../src/admin/uploads-routes.ts';
import type { UploadEntry } from '../../../src/catalog/upload-catalog.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { adminApp } from './admin-app.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

function make(differing: Partial<UploadsSource> = {}) {
  const app = adminApp();
  const asked: number[] = [];
  const entry: UploadEntry = {
    ulid: 'A',
    bucket: 'b',
    tenant: 't',
    minTimeMs: 1,
    maxTimeMs: 2,
    sizeBytes: 3,
    begunMs: NOW_MS - 2000,
    endedMs: NOW_MS - 1000,
    end: 'sent',
    requests: 5,
    sentBytes: 6,
    receivedBytes: 7,
    files: [
      {
        name: 'index',
        sizeBytes: 3,
        crc32c: '00000001',
        sha256: undefined,
        verifiedMs: NOW_MS,
        verifiedBy: 'read back',
        sent: true,
      },
    ],
  };
  const range = { minTimeMs: 4, maxTimeMs: 5 };
  const oldest = { ulid: 'B', tenant: 't', sizeBytes: 9, ...range, sinceMs: NOW_MS - 90_500 };
  const failure = { code: 'store_denied', message: 'no' } as const;
  const free = { failure, failsAlone: true, heldBy: undefined };
  const heldBy = { ulid: 'B', isGone: false, failure };
  const waiting = [
    { ...oldest, ...free },
    { ...oldest, ulid: 'C', failure: undefined, failsAlone: false, heldBy },
  ];
  const queue = { blocks: 1, sizeBytes: 9, bytesPerChunk: 1, freeBytes: 1, oldest };
  registerUploadsRoute(app, {
    clock: new ManualClock(NOW_MS),
    view: async (limit) => {
      asked.push(limit);
      return { queue, waiting, uploads: [entry, { ...entry, endedMs: undefined, end: undefined }] };
    },
    isFull: () => true,
    limitBytes: () => 100.5,
    ...differing,
  });
  return { app, asked, queue };
}

it('tells what waits and what is uploaded, in the envelope of the status pages', async () => {
  const answer = await make().app.inject('/api/v1/uploads');
  expect(answer.statusCode).toBe(200);
  const block = {
    ulid: 'A',
    tenant: 't',
    bucket: 'b',
    minTime: 1,
    maxTime: 2,
    bytes: 3,
    begun: '2025-12-31T23:59:58.000Z',
    ended: '2025-12-31T23:59:59.000Z',
    end: 'sent',
    requests: 5,
    sentBytes: 6,
    receivedBytes: 7,
    files: [
      {
        name: 'index',
        bytes: 3,
        crc32c: '00000001',
        sha256: null,
        verified: '2026-01-01T00:00:00.000Z',
        verifiedBy: 'read back',
        sent: true,
      },
    ],
  };
  const oldest = { ulid: 'B', tenant: 't', bytes: 9, minTime: 4, maxTime: 5, ageSeconds: 90 };
  const error = { code: 'store_denied', message: 'no' };
  const heldBy = { ulid: 'B', gone: false, error };
  expect(answer.json()).toEqual({
    status: 'success',
    data: {
      queue: { blocks: 1, bytes: 9, limitBytes: 100, full: true, oldest },
      waiting: [
        { ...oldest, error, failsAlone: true, heldBy: null },
        { ...oldest, ulid: 'C', error: null, failsAlone: false, heldBy },
      ],
      blocks: [block, { ...block, ended: null, end: null }],
    },
  });
});

it('has no limit and nothing that waits to tell when there is none', async () => {
  const { queue } = make();
  const none = { waiting: [], uploads: [] };
  const view = async () => ({ queue: { ...queue, oldest: undefined }, ...none });
  const limitBytes = (): number => Number.POSITIVE_INFINITY;
  const answer = await make({ view, limitBytes }).app.inject('/api/v1/uploads');
  expect(answer.json().data).toMatchObject({
    queue: { limitBytes: null, oldest: null },
    waiting: [],
    blocks: [],
  });
});

it.each([
  ['', 100],
  ['?limit=5', 5],
  ['?limit=1000', 1000],
  ['?limit=1001', 1000],
  ['?limit=0', 100],
  ['?limit=many', 100],
])('gives at most as many blocks as are asked for%s', async (query, limit) => {
  const { app, asked } = make();
  await app.inject(`/api/v1/uploads${query}`);
  expect(asked).toEqual([limit]);
});
