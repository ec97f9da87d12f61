import { expect, test } from 'vitest';
import { registerMetricsRoute } from '../../../src/admin/metrics-route.ts';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import { MetricRegistry } from '../../../src/base/observe/registry.ts';
import { adminApp } from './admin-app.ts';

function make() {
  const app = adminApp();
  const metrics = new MetricStore();
  registerMetricsRoute(app, new MetricRegistry(metrics, { compatibleNames: false }));
  return { app, metrics };
}

test('each scrape shows the values of its moment, as text', async () => {
  const { app, metrics } = make();
  const counter = metrics.counter('varve_log_messages_total', { level: 'warn' });
  for (const wanted of [1, 2]) {
    counter.add();
    const answer = await app.inject('/metrics');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.body).toContain(`\nvarve_log_messages_total{level="warn"} ${wanted}\n`);
  }
});

test('the Accept header chooses OpenMetrics', async () => {
  const headers = { accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' };
  const answer = await make().app.inject({ url: '/metrics', headers });
  expect(answer.headers['content-type']).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
  expect(answer.body.endsWith('# EOF\n')).toBe(true);
});
