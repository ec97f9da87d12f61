import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { tenantOf } from '../../../src/write/tenant.ts';

const rules = { headerName: 'THANOS-TENANT', defaultTenant: 'default-tenant' };

describe('tenantOf', () => {
  it.each([
    [{}, undefined, 'default-tenant'],
    [{ 'thanos-tenant': '' }, undefined, 'default-tenant'],
    [{ 'thanos-tenant': 'team-a' }, undefined, 'team-a'],
    [{ 'x-scope-orgid': "It's_(ok).!" }, undefined, "It's_(ok).!"],
    [{ 'x-scope-orgid': 'a', 'thanos-tenant': 'a' }, 'a', 'a'],
    [{}, '0', '0'],
    [{}, '0:1', '0_1'],
    [{ 'thanos-tenant': '0_1' }, '0:1', '0_1'],
    [{ 'thanos-tenant': 'x'.repeat(150) }, undefined, 'x'.repeat(150)],
    [{}, 'varve2', 'varve2'],
    [{}, 'a..b', 'a..b'],
  ])('takes headers %j and path %s for %s', (headers, path, tenant) => {
    expect(tenantOf({ headers, path }, rules)).toBe(tenant);
  });

  it.each([
    [{ 'thanos-tenant': 'a', 'x-scope-orgid': 'b' }, undefined],
    [{ 'thanos-tenant': 'a' }, 'b'],
    [{ 'x-scope-orgid': 'a, ../b' }, undefined],
    [{ 'x-scope-orgid': ['a', 'b'] }, undefined],
    [{ 'thanos-tenant': '.' }, undefined],
    [{ 'thanos-tenant': '..' }, undefined],
    [{ 'thanos-tenant': '.hidden' }, undefined],
    [{ 'thanos-tenant': 'a/b' }, undefined],
    [{ 'thanos-tenant': 'a\\b' }, undefined],
    [{ 'thanos-tenant': '%2e%2e' }, undefined],
    [{ 'thanos-tenant': 'a\u0000' }, undefined],
    [{ 'thanos-tenant': 'a@b' }, undefined],
    [{ 'thanos-tenant': 'ä' }, undefined],
    [{ 'thanos-tenant': 'varve' }, undefined],
    [{ 'thanos-tenant': 'x'.repeat(151) }, undefined],
    [{}, '..'],
    [{}, ''],
    [{}, '0:'],
    [{}, '0:1:2'],
    [{}, 'a:1'],
  ])('refuses headers %j and path %s', (headers, path) => {
    expect(() => tenantOf({ headers, path }, rules)).toThrow(VarveError);
  });

  it('says which name it refuses, made printable, and why', () => {
    expect(() => tenantOf({ headers: {}, path: '..' }, rules)).toThrow(
      'The tenant name ".." is not allowed: it begins with a dot.',
    );
    expect(() => tenantOf({ headers: { 'thanos-tenant': 'a\nb' } }, rules)).toThrow('"a\ufffdb"');
  });

  it('knows the configured header in any case, and forgets the default one', () => {
    const renamed = { ...rules, headerName: 'X-My-Tenant' };
    expect(tenantOf({ headers: { 'x-my-tenant': 'a' } }, renamed)).toBe('a');
    expect(tenantOf({ headers: { 'thanos-tenant': 'a' } }, renamed)).toBe('default-tenant');
  });
});
