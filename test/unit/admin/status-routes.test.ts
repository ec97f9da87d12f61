import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { registerStatusRoutes, type StatusSource } from '../../../src/admin/status-routes.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { adminApp } from './admin-app.ts';

const BUILD = {
  version: '1.2.3',
  revision: 'abc',
  branch: 'main',
  buildUser: 'me',
  buildDate: 'now',
  goVersion: 'v24',
};
const RUNTIME = {
  startTime: 's',
  CWD: '/',
  hostname: 'h',
  serverTime: 't',
  reloadConfigSuccess: true,
  lastConfigTime: 'c',
  corruptionCount: 1,
  goroutineCount: 4,
  GOMAXPROCS: 2,
  GOMEMLIMIT: 5,
  GOGC: '',
  GODEBUG: '',
  storageRetention: '15d',
};
const HEADS = { numSeries: 1, numLabelPairs: 2, chunkCount: 3, minTime: 4, maxTime: 5 };

function make(differing: Partial<StatusSource> = {}) {
  const app = adminApp();
  const asked: { tenant: unknown; limit: number }[] = [];
  registerStatusRoutes(app, {
    buildInfo: () => BUILD,
    runtimeInfo: async () => RUNTIME,
    flags: () => ({ label: 'a="b"' }),
    configYaml: () => 'label: {}\n',
    tsdb: async ({ headers }: FastifyRequest, limit) => {
      asked.push({ tenant: headers['thanos-tenant'], limit });
      return {
        headStats: HEADS,
        seriesCountByMetricName: [{ name: 'up', value: 1 }],
        labelValueCountByLabelName: [],
        memoryInBytesByLabelName: [],
        seriesCountByLabelValuePair: [],
      };
    },
    walReplay: async () => ({ min: 1, max: 9, current: 4 }),
    ...differing,
  });
  return { app, asked };
}

describe('/api/v1/status', () => {
  it.each([
    ['buildinfo', BUILD],
    ['runtimeinfo', RUNTIME],
    ['flags', { label: 'a="b"' }],
    ['config', { yaml: 'label: {}\n' }],
    ['walreplay', { min: 1, max: 9, current: 4 }],
  ])("%s is in Prometheus's envelope", async (name, data) => {
    const answer = await make().app.inject(`/api/v1/status/${name}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.json()).toEqual({ status: 'success', data });
  });

  it('/tsdb reads the tenant of its request', async () => {
    const { app, asked } = make();
    const headers = { 'thanos-tenant': 'team' };
    const answer = await app.inject({ url: '/api/v1/status/tsdb', headers });
    expect(answer.json()).toMatchObject({
      status: 'success',
      data: { headStats: HEADS, seriesCountByMetricName: [{ name: 'up', value: 1 }] },
    });
    expect(asked).toEqual([{ tenant: 'team', limit: 10 }]);
  });

  it.each([
    ['?limit=1', 1],
    ['?limit=10000', 10_000],
    ['?limit=10001', 10_000],
    ['?limit=0', 10],
    ['?limit=-3', 10],
    ['?limit=2.5', 10],
    ['?limit=many', 10],
    ['?limit=', 10],
  ])('/tsdb%s gives lists of at most %i', async (query, limit) => {
    const { app, asked } = make();
    expect((await app.inject(`/api/v1/status/tsdb${query}`)).statusCode).toBe(200);
    expect(asked.map((one) => one.limit)).toEqual([limit]);
  });

  it('answers by the kind of the error when the source cannot', async () => {
    const { app } = make({
      tsdb: async () => {
        throw new VarveError('overloaded', 'replaying');
      },
    });
    expect((await app.inject('/api/v1/status/tsdb')).statusCode).toBe(503);
  });
});

it('/version is the build without the envelope', async () => {
  expect((await make().app.inject('/version')).json()).toEqual(BUILD);
});
