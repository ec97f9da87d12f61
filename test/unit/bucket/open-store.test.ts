import { describe, expect, it } from 'vitest';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import { type AdapterWorld, openStore } from '../../../src/bucket/open-store.ts';
import { bytesSource } from '../../../src/bucket/put-sources.ts';
import { MemoryBucket } from '../../../storage-adapters/memory/memory-bucket.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';
import { memoryRuntime } from '../../support/memory-runtime.ts';
import { runOut } from '../../support/run-out.ts';
import { type CallFault, ShakyBucket } from '../../support/stores/shaky-bucket.ts';

const LIMITS = { concurrencyMax: 2, uploadBytesPerSecond: 0, downloadBytesPerSecond: 0 };
const DOCUMENT = { type: 'FILESYSTEM', prefix: 'prod', config: { directory: '/b' } } as const;
const BUCKET = 'memory/prod';

async function world(faults: Readonly<Record<string, readonly CallFault[]>> = {}) {
  const runtime = memoryRuntime();
  const objects = new MemoryBucket(runtime.clock);
  const left = new Map(Object.entries(faults).map(([name, script]) => [name, [...script]]));
  const shaky = new ShakyBucket(objects, (operation) => left.get(operation)?.shift());
  const metrics = new MetricStore();
  const logger = new MemoryLogger();
  const opened: AdapterWorld[] = [];
  const open = async (_: unknown, given: AdapterWorld) => {
    opened.push(given);
    return shaky;
  };
  const store = await openStore(DOCUMENT, runtime, { logger, metrics, open, limits: LIMITS });
  const run = <T>(make: () => Promise<T>): Promise<T> => runOut(runtime.clock, make);
  const shown = (name: string, ...labels: readonly string[]): number | undefined =>
    metrics
      .snapshot()
      .find((family) => family.name === `varve_objstore_${name}`)
      ?.samples.find((sample) => sample.labels.join() === [...labels, BUCKET].join())?.value;
  return { store, objects, metrics, run, shown, shaky, clock: runtime.clock, logger, opened };
}

describe('openStore', () => {
  it('puts prefix, retries, metrics and ledger around the adapter', async () => {
    const it = await world({ put: ['refused', 'lost'], get: ['cut'] });
    const { store, run, shown } = it;
    expect(store.name).toBe(BUCKET);
    expect(it.opened[0]?.logger).toBe(it.logger);
    const bucket = store.bucketFor('ship');
    expect(store.bucketFor('ship')).toBe(bucket);
    await run(() => bucket.put('a', bytesSource(Buffer.from('hello'))));
    const query = store.bucketFor('query');
    const read = await run(() => collect(query.get('a'), 9, 'a'));
    expect(Buffer.from(read).toString()).toBe('hello');
    expect(await it.objects.exists('prod/a')).toBe(true);
    // One operation each, whatever it took.
    expect(shown('bucket_operations_total', 'upload')).toBe(1);
    expect(shown('bucket_operations_total', 'get')).toBe(1);
    expect(shown('bucket_operation_failures_total', 'upload')).toBe(0);
    expect(shown('bucket_operation_fetched_bytes_total', 'get')).toBe(5);
    expect(shown('bucket_operation_transferred_bytes', 'upload')).toBe(5);
    expect(shown('bucket_last_successful_upload_time')).toBeGreaterThan(1e9);
    expect(shown('bucket_retries_total', 'upload', 'store_unavailable', 'again')).toBe(2);
    // What the adapter was asked for: of the first put nothing, and the others went well.
    expect(shown('requests_total', 'ship', 'write', 'put')).toBe(2);
    expect(shown('requests_total', 'query', 'read', 'get')).toBe(2);
    expect(shown('requests_total', 'query', 'read', 'attributes')).toBe(1);
    expect(shown('request_sent_bytes_total', 'ship', 'write')).toBe(10);
    const totals = store.requests().totals.map(({ purpose, operation, requests }) => {
      return `${purpose} ${operation} ${requests}`;
    });
    expect(totals).toEqual(['query attributes 1', 'query get 2', 'ship put 2']);
  });

  it('counts what was given up as failed, and a refusal as none', async () => {
    const it = await world({ exists: Array(20).fill('refused') });
    const bucket = it.store.bucketFor('list');
    await expect(it.run(() => bucket.exists('a'))).rejects.toMatchObject({ kind: 'not_now' });
    await expect(bucket.attributes('a')).rejects.toMatchObject({ code: 'not_found' });
    expect(it.shown('bucket_operation_failures_total', 'exists')).toBe(1);
    expect(it.shown('bucket_operation_failures_total', 'attributes')).toBe(0);
    expect(it.shaky.faults).toBe(10);
    expect(it.shown('request_failures_total', 'list', 'read', 'attributes')).toBeUndefined();
  });

  it('tries again what stalls', async () => {
    const it = await world({ exists: ['stall', 'stall'] });
    const bucket = it.store.bucketFor('list');
    expect(await it.run(() => bucket.exists('a'))).toBe(false);
    expect(it.clock.monotonicMs()).toBeGreaterThan(60_000);
  });

  it('shows all operations from the start, and closes what waits', async () => {
    const it = await world({ delete: Array(20).fill('throttled') });
    expect(it.shown('bucket_operations_total', 'delete')).toBe(0);
    expect(it.shown('bucket_operation_transferred_bytes', 'delete')).toBeUndefined();
    const deleting = it.store.bucketFor('retention').delete('a');
    const failing = expect(deleting).rejects.toMatchObject({ code: 'draining' });
    await it.clock.advance(1);
    await it.store.close();
    await failing;
  });
});
