import { expect, test } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { labelsText } from '../../../../src/base/model/labels.ts';
import { MetricStore } from '../../../../src/base/observe/metric-store.ts';
import type { Answer } from '../../../../src/bucket/sidecar/prometheus-answers.ts';
import { PrometheusWatch } from '../../../../src/bucket/sidecar/prometheus-watch.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { MemoryLogger } from '../../../support/memory-logger.ts';

const INTERVAL_MS = 30_000;
const GOOD = { labels: { cluster: 'eu' }, max: '2h' };

/** A Prometheus of which each test says what it answers. */
function beside(readyTimeoutMs = 600_000) {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const metrics = new MetricStore();
  const peer: { labels: Record<string, string>; max: string; down?: string; odd?: Answer } = {
    ...GOOD,
  };
  const hopeless: string[] = [];
  let questions = 0;
  let told = 0;
  const watch = new PrometheusWatch({
    get: async (path) => {
      questions++;
      if (peer.down !== undefined) throw new VarveError('peer_unavailable', peer.down);
      if (peer.odd !== undefined) return peer.odd;
      const labels = Object.entries(peer.labels).map(
        ([name, value]) => `    ${name}: "${value}"\n`,
      );
      const yaml = `global:\n  external_labels:\n${labels.join('')}rule_files: []\n`;
      const flags = {
        'storage.tsdb.min-block-duration': '2h',
        'storage.tsdb.max-block-duration': peer.max,
      };
      const data = path.endsWith('/config') ? { yaml } : flags;
      return { status: 200, body: Buffer.from(JSON.stringify({ status: 'success', data })) };
    },
    rules: { notePath: undefined, ignoreUnequalBlockSize: false },
    intervalMs: INTERVAL_MS,
    readyTimeoutMs,
    onHopeless: (why) => void hopeless.push(why),
    onLabels: () => void told++,
    clock,
    timers: clock,
    logger,
    metrics,
  });
  const up = () =>
    metrics.snapshot().find(({ name }) => name === 'varve_sidecar_prometheus_up')?.samples[0]
      ?.value;
  const text = () => (watch.labels === undefined ? undefined : labelsText(watch.labels));
  const lines = (level: string) => logger.records.filter((record) => record.level === level);
  return {
    clock,
    peer,
    watch,
    hopeless,
    up,
    text,
    lines,
    questions: () => questions,
    told: () => told,
  };
}

test('a Prometheus that comes up late is waited for, and said once', async () => {
  const { clock, peer, watch, up, text, lines, told } = beside();
  peer.down = 'connect ECONNREFUSED';
  watch.start();
  await clock.advance(60_000);
  expect([up(), text(), told()]).toEqual([0, undefined, 0]);
  expect(lines('warn').map(({ message }) => message)).toEqual(['waiting for Prometheus']);
  delete peer.down;
  await clock.advance(2_000);
  expect([up(), text(), told()]).toEqual([1, '{cluster="eu"}', 1]);
  await watch.stop();
});

test.each([
  ['answers 503', { status: 503, body: Buffer.from('replaying') }],
  ['answers garbage', { status: 200, body: Buffer.from([0xff, 0, 1]) }],
])('one that %s is not up', async (_name, odd) => {
  const { clock, peer, watch, up, text } = beside();
  peer.odd = odd;
  watch.start();
  await clock.advance(10_000);
  expect([up(), text()]).toEqual([0, undefined]);
  await watch.stop();
});

test('one that does not come up in time is hopeless, once', async () => {
  const { clock, peer, watch, hopeless, questions } = beside(9_000);
  peer.down = 'connect ECONNREFUSED';
  watch.start();
  await clock.advance(8_999);
  expect(hopeless).toEqual([]);
  await clock.advance(60_000);
  expect(hopeless).toEqual([
    'Prometheus did not answer within --prometheus.ready_timeout: connect ECONNREFUSED',
  ]);
  expect(questions()).toBe(6); // at 0, 2, 4, 6, 8 and 9 s
});

test.each([
  ['without labels', { labels: {} }, /refused: it has no external labels/],
  ['that compacts', { max: '1d12h' }, /refused: it compacts its blocks/],
])('at the start, one %s is hopeless', async (_name, what, why) => {
  const { clock, peer, watch, hopeless, up, text, told } = beside();
  Object.assign(peer, what);
  watch.start();
  await clock.advance(120_000);
  expect(hopeless).toHaveLength(1);
  expect(hopeless[0]).toMatch(why);
  expect([up(), text(), told()]).toEqual([1, undefined, 0]);
});

test('labels that change are taken over at the next question', async () => {
  const { clock, peer, watch, text, lines, told } = beside();
  watch.start();
  await clock.advance(INTERVAL_MS);
  expect(told()).toBe(1);
  peer.labels = { cluster: 'us' };
  await clock.advance(INTERVAL_MS);
  expect([text(), told()]).toEqual(['{cluster="us"}', 2]);
  expect(lines('info').at(-1)?.fields).toEqual({
    labels: '{cluster="us"}',
    before: '{cluster="eu"}',
  });
  await watch.stop();
});

test('later, one that goes away keeps its labels; one that is refused has none until it is not', async () => {
  const { clock, peer, watch, hopeless, up, text, lines } = beside();
  watch.start();
  await clock.advance(1);
  peer.down = 'ECONNRESET';
  await clock.advance(4 * INTERVAL_MS);
  expect([up(), text()]).toEqual([0, '{cluster="eu"}']);
  expect(lines('warn')).toHaveLength(1);
  delete peer.down;
  peer.max = '1d12h';
  await clock.advance(4 * INTERVAL_MS);
  expect([up(), text()]).toEqual([1, undefined]);
  expect(lines('error')).toHaveLength(1);
  peer.max = '2h';
  await clock.advance(INTERVAL_MS);
  expect(text()).toBe('{cluster="eu"}');
  expect(hopeless).toEqual([]);
  await watch.stop();
});

test('a question on request changes nothing else; after a stop none is asked', async () => {
  const { clock, peer, watch, text, questions } = beside();
  watch.start();
  await clock.advance(1);
  peer.labels = { cluster: 'us' };
  await watch.ask();
  expect(text()).toBe('{cluster="us"}');
  await watch.stop();
  const before = questions();
  await clock.advance(10 * INTERVAL_MS);
  expect(questions()).toBe(before);
});
