import { expect, test } from 'vitest';
import { registerStoreRoutes, type StoreRequests } from '../../../src/admin/store-routes.ts';
import { adminApp } from './admin-app.ts';

const PATH = '/api/v1/objstore/requests';

async function answerTo(requests: StoreRequests | undefined) {
  const app = adminApp();
  registerStoreRoutes(app, { requests: async () => requests });
  const answer = await app.inject({ method: 'GET', url: PATH });
  return { status: answer.statusCode, body: answer.json() };
}

test('what was asked of the store is shown by purpose, in all and by the hour', async () => {
  const row = {
    purpose: 'ship',
    class: 'write',
    operation: 'PutObject',
    requests: 3,
    failed: 1,
    sentBytes: 5,
    receivedBytes: 0,
  } as const;
  const atMs = Date.UTC(2026, 0, 2, 3);
  const hours = [{ startMs: atMs, rows: [row] }];
  const answer = await answerTo({ bucket: 's3:blocks', sinceMs: atMs, totals: [row], hours });
  const start = '2026-01-02T03:00:00.000Z';
  expect(answer).toEqual({
    status: 200,
    body: {
      status: 'success',
      data: {
        bucket: 's3:blocks',
        since: start,
        totals: [row],
        hours: [{ start, requests: [row] }],
      },
    },
  });
});

test('without an object store there is nothing to show', async () => {
  const data = { bucket: null, since: null, totals: [], hours: [] };
  expect(await answerTo(undefined)).toEqual({ status: 200, body: { status: 'success', data } });
});
