// A gateway and a compactor on one bucket, for days: blocks that were merged and deleted there are
// not uploaded again, and leave the local disk when their time has come.

import { expect, test } from 'vitest';
import { parseMeta } from '../../src/block/meta/parse.ts';
import { parseBlockDirName } from '../../src/block/paths.ts';
import { exactBody } from '../support/exact-body.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { readObjects } from '../support/stored-samples.ts';
import { GatewayMachine, setupOf, TSDB } from './gateway-machine.ts';
import { LifeCompactor } from './life-compactor.ts';
import { SimulatedStore } from './simulated-store.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const HOURS = 72;
const HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'THANOS-TENANT': 'a',
};

test('what a compactor merges and deletes is not uploaded again, and leaves the local disk', async () => {
  const clock = new ManualClock(Date.UTC(2026, 0, 2));
  const startMs = clock.nowMs();
  const store = new SimulatedStore(clock, new SeededRandom(3));
  const machine = new GatewayMachine({
    setup: setupOf(['--tsdb.retention=24h']),
    disk: new MemoryDisk({ nowMs: () => clock.nowMs() }),
    ...{ clock, seed: 1, stretch: 4, store, onCut: () => undefined },
  });
  await machine.gateway.start();
  const compactor = await LifeCompactor.start({
    ...{ clock, store, objects: store.objects, disk: new MemoryDisk(), seed: 2 },
    flags: ['--delete-delay=2h', '--wait-interval=30m'],
    onWork: () => undefined,
  });
  compactor.run();
  for (let hour = 0; hour < HOURS; hour++) {
    const bits = hour.toString(16).padStart(16, '0');
    const samples = [{ timeMs: startMs + hour * HOUR_MS, bits }];
    const body = new Uint8Array(exactBody([{ labels: [['__name__', 'm']], samples }]));
    const answer = await machine.ask('POST', '/api/v1/receive', { headers: HEADERS, body });
    expect(answer).toMatchObject({ status: 204 });
    await clock.advance(HOUR_MS);
  }
  expect(await machine.ask('POST', '/-/flush')).toMatchObject({ status: 200 });
  expect(compactor.death).toBe(undefined);

  const uploads = machine.logger.records.filter(({ message }) => message === 'block uploaded');
  const uploaded = uploads.map(({ fields }) => fields?.block);
  expect(new Set(uploaded).size).toBe(uploaded.length);
  expect(uploaded.length).toBeGreaterThan(HOURS / 2 - 2);

  // Every sample is in a block that stands, once.
  const marked = new Set<string>();
  const sources: string[] = [];
  const keys: string[] = [];
  for await (const page of store.objects.list('')) keys.push(...page.map(({ key }) => key));
  for (const key of keys) {
    const [ulid = '', name] = key.split('/');
    if (name === 'deletion-mark.json') marked.add(ulid);
  }
  for (const key of keys) {
    const [ulid = '', name] = key.split('/');
    if (name !== 'meta.json' || marked.has(ulid)) continue;
    for await (const bytes of store.objects.get(key))
      sources.push(...parseMeta(bytes, key).compaction.sources);
  }
  expect(sources.sort()).toEqual([...uploaded].sort());
  const blocks = (await readObjects(store.objects)).filter(({ ulid }) => !marked.has(ulid));
  const times = blocks.flatMap(({ samples }) => samples.map(([, , timeMs]) => timeMs - startMs));
  const sent = Array.from({ length: HOURS }, (_, hour) => hour * HOUR_MS);
  expect(times.sort((a, b) => a - b)).toEqual(sent);
  expect(blocks.length).toBeLessThan(HOURS / 4);

  const local = machine.undisturbed((disk) => disk.list(`${TSDB}/a`)).map(({ name }) => name);
  const kept = local.flatMap((name) => parseBlockDirName(name) ?? []);
  expect(kept.length).toBeLessThan(uploaded.length - 10);
  await compactor.stop();
  expect(await machine.gateway.close()).toBe(true);
});
