import { fastify as Fastify } from 'fastify';
import { expect, it } from 'vitest';
import { registerStatusRoutes, type StatusSource } from '../../../src/admin/status-routes.ts';

it('answers in Prometheus’s JSON, with as many entries as were asked for', async () => {
  const limits: number[] = [];
  const source = {
    buildInfo: () => ({ version: '1' }),
    runtimeInfo: async () => ({ CWD: '/' }),
    flags: () => ({ 'log.level': 'info' }),
    configYaml: () => 'a: 1\n',
    tsdb: async (_request: unknown, limit: number) => ({ limit: limits.push(limit) }),
    walReplay: async () => ({ min: 1, max: 3, current: 2 }),
  } as unknown as StatusSource;
  const app = Fastify();
  registerStatusRoutes(app, source);
  const get = async (path: string) => (await app.inject({ url: `/api/v1/status/${path}` })).json();
  const success = (data: unknown) => ({ status: 'success', data });
  expect(await get('buildinfo')).toEqual(success({ version: '1' }));
  expect(await get('runtimeinfo')).toEqual(success({ CWD: '/' }));
  expect(await get('flags')).toEqual(success({ 'log.level': 'info' }));
  expect(await get('config')).toEqual(success({ yaml: 'a: 1\n' }));
  expect(await get('walreplay')).toEqual(success({ min: 1, max: 3, current: 2 }));
  await get('tsdb');
  await get('tsdb?limit=3');
  expect(limits).toEqual([10, 3]);
});
