import { describe, expect, it } from 'vitest';
import { engineOf } from '../../../src/base/model/engine-of.ts';
import { EnginePool } from '../../../src/head/engine-pool.ts';
import type { EngineSettings } from '../../../src/head/engine-service.ts';
import type { WriteRequest } from '../../../src/write/outcome.ts';
import { DirectThreads } from '../../support/direct-threads.ts';

function world(engines: number) {
  const did: string[] = [];
  const deaths: (string | undefined)[] = [];
  const threads = new DirectThreads({
    'engine-thread': ({ index }: EngineSettings) => ({
      replay: async () => void did.push(`replay ${index}`),
      write: async ({ tenant }: WriteRequest) => void did.push(`write ${tenant} ${index}`),
      dueCuts: async () => [],
      corruptions: async () => index + 1,
      replayStatus: async () => ({ min: 5 - index, max: 9 + index, current: 7 - index }),
      metrics: async () => [],
      drain: async () => void did.push(`drain ${index}`),
    }),
  });
  const pool = new EnginePool({
    threads,
    settings: (index) => ({ index }) as EngineSettings,
    engines,
    onMetrics: () => undefined,
    onDeath: (error) => void deaths.push(error?.message),
  });
  return { pool, did, deaths, threads };
}

const request = (tenant: string): WriteRequest => ({
  tenant,
  version: 1,
  body: new ArrayBuffer(1),
});

describe('EnginePool', () => {
  it('takes writes only between the end of the replay and the drain', async () => {
    const { pool, did } = world(1);
    expect(() => pool.write(request('a'))).toThrow(expect.objectContaining({ code: 'draining' }));
    expect(await pool.cutEngines()[0]?.dueCuts(true)).toEqual([]);
    await pool.start();
    await pool.write(request('a'));
    await pool.drain();
    expect(() => pool.write(request('a'))).toThrow(expect.objectContaining({ code: 'draining' }));
    expect(did).toEqual(['replay 0', 'write a 0', 'drain 0']);
  });

  it('gives each tenant to its engine', async () => {
    const { pool, did } = world(3);
    await pool.start();
    for (const tenant of ['a', 'b', 'c', 'd']) await pool.write(request(tenant));
    const wanted = ['a', 'b', 'c', 'd'].map((tenant) => `write ${tenant} ${engineOf(tenant, 3)}`);
    expect(did.slice(3)).toEqual(wanted);
    expect(await pool.corruptions()).toBe(6);
    expect(await pool.walReplay()).toEqual({ min: 3, max: 11, current: 5 });
  });

  it('tells of an engine that ends by itself, and not of those it stops', async () => {
    const { pool, deaths, threads } = world(2);
    await pool.start();
    threads.remotes[1]?.end(new Error('out of memory'));
    await new Promise(setImmediate);
    expect(deaths).toEqual(['out of memory']);
    await pool.stop();
    await new Promise(setImmediate);
    expect(deaths).toEqual(['out of memory']);
  });
});
