import { expect, test } from 'vitest';
import { registerHealthRoutes } from '../../../src/admin/health-routes.ts';
import { adminApp } from './admin-app.ts';

function make(waiting: readonly string[]) {
  const app = adminApp();
  const state = { waiting };
  registerHealthRoutes(app, { waitingFor: () => state.waiting });
  return { app, state };
}

test.each(['/-/healthy', '/health'])('%s says healthy even before readiness', async (url) => {
  const { app } = make(['replay']);
  const answer = await app.inject(url);
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toBe('Varve is Healthy.\n');
  expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
});

test.each(['/-/ready', '/ready'])('%s follows what is waited for, and names it', async (url) => {
  const { app, state } = make(['replay of a', 'lock']);
  const before = await app.inject(url);
  expect(before.statusCode).toBe(503);
  expect(before.body).toBe('Varve is not ready: replay of a, lock.\n');
  state.waiting = [];
  const ready = await app.inject(url);
  expect(ready.statusCode).toBe(200);
  expect(ready.body).toBe('Varve is Ready.\n');
  state.waiting = ['shutdown'];
  expect((await app.inject(url)).statusCode).toBe(503);
});

test('HEAD gives the same status, POST is refused', async () => {
  const { app } = make(['replay']);
  const head = await app.inject({ method: 'HEAD', url: '/-/ready' });
  expect(head.statusCode).toBe(503);
  expect((await app.inject({ method: 'HEAD', url: '/health' })).statusCode).toBe(200);
  const post = await app.inject({ method: 'POST', url: '/-/healthy' });
  expect(post.statusCode).toBe(405);
});
