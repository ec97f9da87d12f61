import { fastify as Fastify } from 'fastify';
import { expect, it } from 'vitest';
import { registerMetricsRoute } from '../../../src/admin/metrics-route.ts';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import { MetricRegistry } from '../../../src/base/observe/registry.ts';

it('answers with what the registry has, in the form that it says', async () => {
  const metrics = new MetricStore();
  metrics.gauge('varve_config_last_reload_successful', {}).set(1);
  const app = Fastify();
  registerMetricsRoute(app, new MetricRegistry(metrics, { compatibleNames: false }));
  const { body, headers } = await app.inject({ url: '/metrics' });
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(body).toContain('\nvarve_config_last_reload_successful 1\n');
});
