import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { CELLS_PER_METRIC_MAX, MetricStore } from '../../../../src/base/observe/metric-store.ts';
import { watchProcess } from '../../../../src/base/observe/process-metrics.ts';
import { MetricRegistry, TENANTS_SHOWN_MAX } from '../../../../src/base/observe/registry.ts';

const OPENMETRICS_ACCEPT =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,' +
  'text/plain;version=0.0.4;q=0.5,*/*;q=0.1'; // Prometheus 2.42's

async function linesOf(store: MetricStore, compatibleNames = true, accept = ''): Promise<string[]> {
  const registry = new MetricRegistry(store, { compatibleNames });
  return (await registry.scrape(accept)).body.split('\n');
}

/** A store with a value for every kind of line there is. */
function filled(): MetricStore {
  const store = new MetricStore();
  const request = { code: '204', handler: 'receive', method: 'post' };
  store
    .gauge('varve_build_info', { version: '1', revision: 'a"b\\c\nd', nodeversion: '20' })
    .set(1);
  store.counter('varve_http_requests_total', request).add(3);
  const duration = store.histogram('varve_http_request_duration_seconds', request);
  for (const seconds of [0.001, 0.002, 1, 99]) duration.observe(seconds);
  store.histogram('varve_http_request_size_bytes', request).observe(300);
  store.gauge('varve_http_inflight_requests', { handler: 'receive', method: 'post' }).set(2);
  store.counter('varve_receive_samples_total', { tenant: 'eu', kind: 'float' }).add(5000);
  store.gauge('varve_tsdb_head_min_time_seconds', { tenant: 'eu' }).set(1_700_000_000.5);
  store.histogram('varve_tsdb_wal_fsync_duration_seconds', { tenant: 'eu' }).observe(0.003);
  store.gauge('varve_objstore_bucket_last_successful_upload_time', { bucket: 'b' }).set(1.7e9);
  store.gauge('varve_config_last_reload_successful', {}).set(1);
  return store;
}

describe('a scrape', () => {
  it('shows counters, gauges and histograms, under compatible names too', async () => {
    const lines = await linesOf(filled());
    const expected = [
      'varve_http_requests_total{code="204",handler="receive",method="post"} 3',
      'http_requests_total{code="204",handler="receive",method="post"} 3',
      'varve_tsdb_wal_fsync_duration_seconds_bucket{tenant="eu",le="0.002"} 0',
      'varve_tsdb_wal_fsync_duration_seconds_bucket{tenant="eu",le="0.004"} 1',
      'varve_tsdb_wal_fsync_duration_seconds_bucket{tenant="eu",le="+Inf"} 1',
      'varve_tsdb_wal_fsync_duration_seconds_count{tenant="eu"} 1',
      '# TYPE prometheus_tsdb_wal_fsync_duration_seconds summary',
      'prometheus_tsdb_wal_fsync_duration_seconds_sum{tenant="eu"} 0.003',
      'prometheus_tsdb_head_min_time{tenant="eu"} 1700000000500',
      'varve_build_info{version="1",revision="a\\"b\\\\c\\nd",nodeversion="20"} 1',
      'varve_metrics_source_failures_total 0',
    ];
    for (const line of expected) expect(lines).toContain(line);
    const long = lines.filter((line) => line.startsWith('varve_http_request_duration_seconds'));
    expect(long.find((line) => line.includes('le="30"'))).toMatch(/ 3$/);
    expect(long.find((line) => line.includes('le="+Inf"'))).toMatch(/ 4$/);
    expect(lines.some((line) => line.includes('fsync_duration_seconds_bucket{quantile'))).toBe(
      false,
    );
  });

  it('leaves the compatible names out when told to', async () => {
    const lines = await linesOf(filled(), false);
    expect(lines.some((line) => /^(# \w+ )?(prometheus|thanos|http)_/.test(line))).toBe(false);
  });

  it('is OpenMetrics for whoever asks for it first', async () => {
    const lines = await linesOf(filled(), true, OPENMETRICS_ACCEPT);
    expect(lines).toContain('# TYPE varve_http_requests counter');
    expect(lines).toContain(
      'varve_http_requests_total{code="204",handler="receive",method="post"} 3',
    );
    expect(lines.some((line) => line.includes('le="1.0"'))).toBe(true);
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
  });

  it('reads what is counted elsewhere at the moment of the scrape', async () => {
    const store = new MetricStore();
    const series = store.gauge('varve_tsdb_head_series', { tenant: 'a' });
    let live = 1;
    store.beforeSnapshot(() => series.set(live));
    live = 7;
    expect(await linesOf(store)).toContain('varve_tsdb_head_series{tenant="a"} 7');
  });
});

describe('several threads', () => {
  it('are added up, or the smallest or largest taken, as the catalogue says', async () => {
    const main = new MetricStore();
    const engine = new MetricStore();
    for (const [store, at] of [
      [main, 5],
      [engine, 3],
    ] as const) {
      store.counter('varve_shipper_uploads_total', { tenant: 'a' }).add(at);
      store.gauge('varve_tsdb_head_min_time_seconds', { tenant: 'a' }).set(at);
      store.gauge('varve_tsdb_head_max_time_seconds', { tenant: 'a' }).set(at);
      store.histogram('varve_tsdb_block_cut_duration_seconds', { tenant: 'a' }).observe(at);
    }
    const registry = new MetricRegistry(main, { compatibleNames: false });
    const remove = registry.addSource(async () => structuredClone(engine.snapshot()));
    const { body } = await registry.scrape(undefined);
    expect(body).toContain('varve_shipper_uploads_total{tenant="a"} 8\n');
    expect(body).toContain('varve_tsdb_head_min_time_seconds{tenant="a"} 3\n');
    expect(body).toContain('varve_tsdb_head_max_time_seconds{tenant="a"} 5\n');
    expect(body).toContain('varve_tsdb_block_cut_duration_seconds_count{tenant="a"} 2\n');
    expect(body).toContain('varve_tsdb_block_cut_duration_seconds_bucket{tenant="a",le="3"} 1\n');
    remove();
    expect((await registry.scrape(undefined)).body).toContain('uploads_total{tenant="a"} 5\n');
  });

  it('cannot spoil a scrape by failing', async () => {
    const registry = new MetricRegistry(new MetricStore(), { compatibleNames: false });
    registry.addSource(() => Promise.reject(new Error('the thread has ended')));
    const { body } = await registry.scrape(undefined);
    expect(body).toContain('varve_metrics_source_failures_total 1\n');
  });
});

describe('limits', () => {
  it('shows tenants beyond the limit together', async () => {
    const store = new MetricStore();
    for (let i = 0; i < TENANTS_SHOWN_MAX + 3; i++) {
      store.gauge('varve_tsdb_head_series', { tenant: `t${i}` }).set(2);
    }
    const registry = new MetricRegistry(store, { compatibleNames: false });
    await registry.scrape(undefined);
    const { body } = await registry.scrape(undefined);
    const lines = body.split('\n').filter((line) => line.startsWith('varve_tsdb_head_series{'));
    expect(lines.length).toBe(TENANTS_SHOWN_MAX + 1);
    expect(lines).toContain('varve_tsdb_head_series{tenant="<other>"} 6');
  });

  it('keeps a bounded number of label sets', () => {
    const store = new MetricStore();
    for (let i = 0; i < CELLS_PER_METRIC_MAX + 5; i++) {
      store.counter('varve_shipper_uploads_total', { tenant: `t${i}` }).add();
    }
    const found = store.snapshot().find((one) => one.name === 'varve_shipper_uploads_total');
    expect(found?.samples.length).toBe(CELLS_PER_METRIC_MAX + 1);
    expect(found?.samples.at(-1)).toMatchObject({ labels: ['<other>'], value: 5 });
  });

  it('forgets a tenant', async () => {
    const store = new MetricStore();
    store.gauge('varve_tsdb_head_series', { tenant: 'gone' }).set(1);
    store.counter('varve_receive_samples_total', { tenant: 'gone', kind: 'float' }).add();
    store.gauge('varve_tsdb_head_series', { tenant: 'stays' }).set(1);
    store.forgetTenant('gone');
    expect((await linesOf(store)).filter((line) => line.includes('tenant="gone"'))).toEqual([]);
    expect(await linesOf(store)).toContain('varve_tsdb_head_series{tenant="stays"} 1');
  });
});

const promtool = spawnSync('promtool', ['--version']).status === 0;

describe('promtool', () => {
  it.runIf(promtool || process.env.REQUIRE_PEERS === '1').each([true, false])(
    'check metrics has nothing to say (compatible names: %s)',
    async (compatibleNames) => {
      const registry = new MetricRegistry(filled(), {
        compatibleNames,
        readProcess: watchProcess(),
      });
      const { body } = await registry.scrape(undefined);
      expect(body).toContain('process_cpu_seconds_total');
      expect(body).toContain('nodejs_eventloop_lag_seconds');
      const done = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
      expect(`${done.stdout}${done.stderr}`).toBe('');
      expect(done.status).toBe(0);
    },
  );
});
