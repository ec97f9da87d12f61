import { fastify as Fastify } from 'fastify';
import { describe, expect, it } from 'vitest';
import {
  type LifecycleActions,
  registerLifecycleRoutes,
} from '../../../src/admin/lifecycle-routes.ts';

const PATHS = ['/-/flush', '/-/reload', '/-/quit'];

describe('the lifecycle paths', () => {
  it('do nothing unless enabled, and nothing by GET', async () => {
    const app = Fastify();
    registerLifecycleRoutes(app, undefined);
    for (const url of PATHS) {
      const { statusCode, body } = await app.inject({ method: 'POST', url });
      expect(statusCode).toBeGreaterThanOrEqual(400);
      expect(body).toContain('Lifecycle API is not enabled.');
      expect((await app.inject({ method: 'GET', url })).statusCode).toBe(404);
    }
  });

  it('say what was done, and pass an error on', async () => {
    const did: string[] = [];
    const actions: LifecycleActions = {
      flush: async () => ({ blocksCut: 2, blocksUploaded: 1, blocksWaiting: 1 }),
      reload: () => Promise.reject(new Error('line 3 is wrong')),
      quit: () => void did.push('quit'),
    };
    const app = Fastify();
    registerLifecycleRoutes(app, actions);
    const post = (url: string) => app.inject({ method: 'POST', url });
    expect((await post('/-/flush')).body).toBe(
      'Flushed: 2 blocks cut, 1 uploaded, 1 not uploaded.\n',
    );
    const reload = await post('/-/reload');
    expect(reload.statusCode).toBe(500);
    expect(reload.body).toContain('line 3 is wrong');
    expect((await app.inject({ method: 'PUT', url: '/-/quit' })).statusCode).toBe(200);
    expect(did).toEqual(['quit']);
  });
});
