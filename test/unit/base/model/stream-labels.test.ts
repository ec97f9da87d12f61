import { expect, it } from 'vitest';
import { blockLabels } from '../../../../src/base/model/stream-labels.ts';

it('lets the tenant win over a lifted label, that over an external one; empty is missing', () => {
  const lifted = [
    { name: 'replica', value: 'r1' },
    { name: 'cluster', value: '' },
    { name: 'tenant_id', value: 'of the sender' },
  ];
  const external = [
    { name: 'replica', value: 'mine' },
    { name: 'zone', value: 'z' },
  ];
  const labels = blockLabels({ tenant: 'a', lifted }, { external, tenantLabelName: 'tenant_id' });
  expect(labels).toEqual([
    { name: 'replica', value: 'r1' },
    { name: 'tenant_id', value: 'a' },
    { name: 'zone', value: 'z' },
  ]);
});
