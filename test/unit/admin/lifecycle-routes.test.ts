import { expect, test } from 'vitest';
import {
  type LifecycleActions,
  registerLifecycleRoutes,
} from '../../../src/admin/lifecycle-routes.ts';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { adminApp } from './admin-app.ts';

const PATHS = ['/-/flush', '/-/reload', '/-/quit'];

function make(differing: Partial<LifecycleActions> = {}) {
  const app = adminApp();
  const ran: string[] = [];
  registerLifecycleRoutes(app, {
    flush: async () => {
      ran.push('flush');
      return { blocksCut: 3, blocksUploaded: 2, blocksWaiting: 1 };
    },
    reload: async () => {
      ran.push('reload');
      return ['limits are new', 'ports need a restart'];
    },
    quit: () => void ran.push('quit'),
    ...differing,
  });
  return { app, ran };
}

test.each(PATHS)('%s is a 403 for POST and PUT when the flag is not given', async (url) => {
  const app = adminApp();
  registerLifecycleRoutes(app, undefined);
  for (const method of ['POST', 'PUT'] as const) {
    const answer = await app.inject({ method, url });
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toBe('Lifecycle API is not enabled.\n');
  }
});

test.each(PATHS)('a GET of %s sets nothing going', async (url) => {
  const { app, ran } = make();
  const answer = await app.inject(url);
  expect(answer.statusCode).toBe(405);
  expect(answer.headers.allow).toBe('POST, PUT');
  expect(ran).toEqual([]);
});

test.each(['POST', 'PUT'] as const)(
  '%s runs the one action and tells what it did',
  async (method) => {
    const { app, ran } = make();
    const bodies: string[] = [];
    for (const url of PATHS) {
      const answer = await app.inject({ method, url });
      expect(answer.statusCode).toBe(200);
      bodies.push(answer.body);
    }
    expect(ran).toEqual(['flush', 'reload', 'quit']);
    expect(bodies).toEqual([
      'Flushed: 3 blocks cut, 2 uploaded, 1 not uploaded.\n',
      'limits are new\nports need a restart\n',
      'Requesting termination... Goodbye!\n',
    ]);
  },
);

test('a reload that changes nothing is a 200 with nothing in it', async () => {
  const { app } = make({ reload: async () => [] });
  const answer = await app.inject({ method: 'POST', url: '/-/reload' });
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toBe('');
});

test('what an action rejects with is answered by its kind', async () => {
  const { app } = make({
    flush: async () => {
      throw new VarveError('disk_full', 'no room in /data');
    },
  });
  const answer = await app.inject({ method: 'POST', url: '/-/flush' });
  expect(answer.statusCode).toBe(new VarveError('disk_full', '').httpStatus);
  expect(answer.headers['retry-after']).toBeDefined();
  expect(answer.body).toBe('no room in /data\n');
});
