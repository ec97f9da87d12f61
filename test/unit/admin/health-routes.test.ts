import { fastify as Fastify } from 'fastify';
import { expect, it } from 'vitest';
import { registerHealthRoutes } from '../../../src/admin/health-routes.ts';

it('is healthy while it lives, and ready only when nothing is waited for, which is named', async () => {
  let waiting = ['replaying the WAL'];
  const app = Fastify();
  registerHealthRoutes(app, { waitingFor: () => waiting });
  const get = async (url: string) => {
    const { statusCode, body } = await app.inject({ url });
    return `${statusCode} ${body}`;
  };
  expect(await get('/-/healthy')).toBe('200 Varve is Healthy.\n');
  expect(await get('/-/ready')).toBe('503 Varve is not ready: replaying the WAL.\n');
  waiting = [];
  expect(await get('/-/ready')).toBe('200 Varve is Ready.\n');
  expect((await app.inject({ method: 'HEAD', url: '/ready' })).statusCode).toBe(200);
});
