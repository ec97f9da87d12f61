import { expect, it } from 'vitest';
import { RouteTable } from '../../../../src/base/http/route-table.ts';

it('knows the methods of every route that a path matches', () => {
  const routes = new RouteTable();
  routes.add('/', ['GET']);
  routes.add('/api/:name', ['POST']);
  routes.add('/api/write', ['PUT']);
  routes.add('/static/*', ['GET']);
  expect(routes.allowed('/')).toEqual(['GET']);
  expect(routes.allowed('/api/write')).toEqual(['POST', 'PUT']);
  expect(routes.allowed('/api/x')).toEqual(['POST']);
  for (const none of ['/api', '/api/', '/api/a/b', '/static', 'x']) {
    expect(routes.allowed(none)).toEqual([]);
  }
  expect(routes.allowed('/static/a/b')).toEqual(['GET']);
});
