import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { syncFailure } from '../../support/fake-log.ts';
import { labels, type TestSample } from '../../support/write-bodies.ts';
import { NOW_MS, settle, writeWorld } from '../../support/write-world.ts';

const up = labels({ __name__: 'up', job: 'a' });
const T = NOW_MS - 60_000;
const VERSIONS = [1, 2] as const;

function samples(...values: [time: number, value: number][]): TestSample[] {
  return values.map(([time, value]) => ({ time, value }));
}

describe.each(VERSIONS)('a request of version %i', (version) => {
  it('is logged, synced, published and counted', async () => {
    const { world, write, seriesOf } = writeWorld();
    const outcome = await write(version, [
      { labels: up, samples: samples([T, 1], [T + 1, 2]) },
      { labels: labels({ __name__: 'h' }), histograms: [{ time: T, count: 3 }] },
    ]);
    expect(outcome.error).toBeUndefined();
    expect(outcome.refused).toEqual([]);
    expect(outcome.written).toEqual({ samples: 2, histograms: 1, exemplars: 0 });
    expect(outcome.stats).toMatchObject({ series: 2, seriesCreated: 2, alreadyStored: 0 });
    const [stream] = world.opened;
    expect(stream?.log.durable.map((record) => record.at(0))).toEqual([1, 2, 7]);
    expect(stream?.head.published).toHaveLength(1);
    expect(seriesOf(stream)).toEqual(['__name__=up,job=a', '__name__=h']);
  });

  it('is a success when it comes again, and is stored once', async () => {
    const { world, write } = writeWorld();
    const series = [{ labels: up, samples: samples([T, 1], [T + 1, Number.NaN]) }];
    await write(version, series);
    const again = await write(version, series);
    expect(again.written.samples).toBe(2);
    expect(again.stats).toMatchObject({ alreadyStored: 2, seriesCreated: 0 });
    expect(world.opened[0]?.log.durable).toHaveLength(2);
  });

  it('finds series again by the order in which they came', async () => {
    const { ingest, write } = writeWorld();
    const series = (value: number) =>
      ['a', 'b', 'c', 'd'].map((job) => ({
        labels: labels({ __name__: 'up', job }),
        samples: samples([T + value, value]),
      }));
    await write(version, series(1));
    await write(version, series(2));
    await write(version, series(3));
    expect(ingest.finder.cache.counts).toMatchObject({ guessed: 6, hashed: 2 });
    expect(ingest.finder.cache.stats.entries).toBe(4);
  });

  it('keeps the good part and says what was refused, with an example each', async () => {
    const { write } = writeWorld();
    await write(version, [{ labels: up, samples: samples([T, 1]) }]);
    const outcome = await write(version, [
      { labels: up, samples: samples([T, 2], [T + 1, 2], [NOW_MS + 600_001, 3]) },
      {
        labels: [
          ['__name__', 'x'],
          ['a', '1'],
          ['a', '2'],
        ],
        samples: samples([T, 1], [T + 1, 1]),
      },
      { labels: labels({ job: 'b' }), samples: samples([T, 1]) },
      {
        labels: [
          ['__name__', ''],
          ['b', '1'],
        ],
        samples: samples([T, 1]),
      },
      {
        labels: [
          ['__name__', 'x'],
          ['', '1'],
        ],
        samples: samples([T, 1]),
      },
      {
        labels: [
          ['__name__', 'x'],
          ['a', Uint8Array.of(0xff, 0x0a)],
        ],
        samples: samples([T, 1]),
      },
      {
        labels: [
          ['__name__', 'x'],
          ['n'.repeat(1025), '1'],
        ],
        samples: samples([T, 1]),
      },
      {
        labels: [
          ['__name__', 'x'],
          ['n', 'v'.repeat(8193)],
        ],
        samples: samples([T, 1]),
      },
      { labels: [['__name__', 'x'], ...many(128)], samples: samples([T, 1]) },
      { labels: labels({ __name__: 'y' }), samples: samples([T - 24 * 3_600_000, 1]) },
    ]);
    expect(outcome.written.samples).toBe(1);
    const counted = outcome.refused.map(({ reason, count, samples: lost }) => [
      reason,
      count,
      lost,
    ]);
    expect(counted).toEqual([
      ['too_old', 1, 1],
      ['too_far_ahead', 1, 1],
      ['duplicate', 1, 1],
      ['label_missing_name', 2, 2],
      ['label_name_empty', 1, 1],
      ['label_duplicate', 1, 2],
      ['label_invalid_utf8', 1, 1],
      ['label_count', 1, 1],
      ['label_name_length', 1, 1],
      ['label_value_length', 1, 1],
    ]);
    const example = (reason: string) =>
      outcome.refused.find((refused) => refused.reason === reason)?.example;
    expect(example('duplicate')).toBe('{__name__="up", job="a"}');
    expect(example('label_duplicate')).toBe('{__name__="x", a="1", a="2"}');
    expect(example('label_invalid_utf8')).toBe('{__name__="x", a="\ufffd\ufffd"}');
    for (const { example: text } of outcome.refused) expect(text.length).toBeLessThan(500);
  });

  it('sorts labels by their bytes, drops empty values and knows no magic names', async () => {
    const { world, write, seriesOf } = writeWorld();
    await write(version, [
      {
        labels: [
          ['\uff5e', '2'],
          ['\u{1f680}', '3'],
          ['__proto__', 'p'],
          ['e', ''],
          ['__name__', 'x'],
        ],
        samples: samples([T, 1]),
      },
      {
        labels: [
          ['__name__', 'x'],
          ['__proto__', 'p'],
          ['\uff5e', '2'],
          ['\u{1f680}', '3'],
        ],
        samples: samples([T + 1, 1]),
      },
    ]);
    expect(seriesOf(world.opened[0])).toEqual(['__name__=x,__proto__=p,\uff5e=2,\u{1f680}=3']);
    expect(world.opened[0]?.head.slots[0]?.published.size).toBe(2);
  });

  it('refuses times at both ends of int64', async () => {
    const { write } = writeWorld();
    const ends = [2n ** 63n - 1n, -(2n ** 63n)].map(Number);
    const outcome = await write(version, [
      { labels: up, samples: ends.map((time) => ({ time, value: 1 })) },
      { labels: labels({ __name__: 'ok' }), samples: samples([T, 1]) },
    ]);
    expect(outcome.written.samples).toBe(1);
    expect(outcome.refused).toMatchObject([{ reason: 'time_out_of_range', count: 2 }]);
  });

  it('refuses new series over the limit, and only those', async () => {
    const { world, write } = writeWorld();
    world.prepare = ({ head }) => {
      head.seriesMax = 2;
    };
    const one = (name: string) => ({
      labels: labels({ __name__: name }),
      samples: samples([T, 1]),
    });
    const outcome = await write(version, [one('a'), one('b'), one('c'), one('a')]);
    expect(outcome.written.samples).toBe(3);
    expect(outcome.refused).toMatchObject([
      { reason: 'series_limit', count: 1, samples: 1, example: '{__name__="c"}' },
    ]);
  });

  it('keeps short exemplars and leaves out long ones', async () => {
    const { world, write } = writeWorld();
    const exemplar = (value: string, time = T) => ({
      labels: labels({ trace: value }),
      value: 1,
      time,
    });
    const outcome = await write(version, [
      {
        labels: up,
        samples: samples([T, 1]),
        // 128 characters with the name, more bytes; then one too many; then an old one.
        exemplars: [
          exemplar('\u00e4'.repeat(123)),
          exemplar('x'.repeat(124)),
          exemplar('y', T - 1),
        ],
      },
    ]);
    expect(outcome.written.exemplars).toBe(1);
    expect(outcome.stats.exemplarsDropped).toBe(version === 1 ? 2 : 1);
    expect(outcome.refused.map(({ reason }) => reason)).toEqual(
      version === 1 ? [] : ['exemplar_labels'],
    );
    expect(world.opened[0]?.log.durable.map((record) => record.at(0))).toEqual([1, 2, 4]);
  });

  it('counts nothing of a body that is damaged', async () => {
    const { ingest } = writeWorld();
    const outcome = await ingest.write({ tenant: 'a', version, body: new ArrayBuffer(3) });
    expect(outcome.error?.code).toBe('malformed_body');
  });
});

describe('metadata', () => {
  it('of 2.0 is shown to the head once for neighbours of one metric', async () => {
    const { world, write } = writeWorld();
    const metadata = { type: 1, help: 'Helps.', unit: 's' };
    const one = (name: string, job: string) => ({
      labels: labels({ __name__: name, job }),
      samples: samples([T, 1]),
      metadata,
    });
    await write(2, [one('x', 'a'), one('x', 'b'), one('y', 'a')]);
    expect(world.opened[0]?.head.metadata.map(([slot, type]) => [slot, type])).toEqual([
      [0, 1],
      [2, 1],
    ]);
  });

  it('of 1.0 goes to the series of the family, whatever their suffix', async () => {
    const { world, write } = writeWorld();
    await write(1, [
      { labels: labels({ __name__: 'h_bucket' }), samples: samples([T, 1]) },
      { labels: labels({ __name__: 'other' }), samples: samples([T, 1]) },
    ]);
    const family = { type: 3, name: 'h', help: 'Helps.', unit: '' };
    const outcome = await write(1, [], { families: [family, { ...family, name: 'absent' }] });
    expect(outcome.stats.metadata).toBe(1);
    expect(world.opened[0]?.head.metadata.map(([slot, type]) => [slot, type])).toEqual([[0, 3]]);
  });
});

describe('start timestamps', () => {
  it('are counted, and cost no sample when they are wrong', async () => {
    const { write } = writeWorld();
    const outcome = await write(2, [
      {
        labels: up,
        samples: [
          { time: T, value: 1, start: T - 5 },
          { time: T + 1, value: 1, start: T + 2 },
          { time: T + 2, value: 1 },
        ],
      },
    ]);
    expect(outcome.written.samples).toBe(3);
    expect(outcome.stats).toMatchObject({ startTimes: 2, startTimesWrong: 1 });
  });
});

describe('group commit', () => {
  it('lets requests that come during a sync share the next one', async () => {
    const { world, write } = writeWorld();
    world.prepare = ({ log }) => {
      log.isAutomatic = false;
    };
    const one = (time: number) => write(1, [{ labels: up, samples: samples([time, 1]) }]);
    const first = one(T);
    await settle();
    const others = [one(T + 1), one(T + 2)];
    await settle();
    const log = world.opened[0]?.log;
    expect(log?.waitingSyncs).toBe(1);
    log?.finish();
    expect((await first).written.samples).toBe(1);
    await settle();
    expect(log?.waitingSyncs).toBe(1);
    log?.finish();
    for (const other of others) expect((await other).written.samples).toBe(1);
    expect(world.opened[0]?.head.published).toHaveLength(2);
  });

  it('makes a request wait that only met pending data', async () => {
    const { world, write } = writeWorld();
    world.prepare = ({ log }) => {
      log.isAutomatic = false;
    };
    const series = [{ labels: up, samples: samples([T, 1]) }];
    const first = write(1, series);
    await settle();
    const again = write(1, series);
    const isSettled = await Promise.race([again.then(() => true), settle().then(() => false)]);
    expect(isSettled).toBe(false);
    world.opened[0]?.log.finish(syncFailure());
    for (const outcome of [await first, await again]) {
      expect(outcome.written.samples).toBe(0);
      expect(outcome.error?.code).toBe('sync_failed');
    }
    const retry = write(1, series);
    await settle();
    world.opened[0]?.log.finish();
    expect((await retry).stats.alreadyStored).toBe(0);
    expect((await retry).written.samples).toBe(1);
  });

  it('takes everything back after a failed sync, those waiting behind it too', async () => {
    const { world, write, seriesOf } = writeWorld();
    world.prepare = ({ log }) => {
      log.isAutomatic = false;
    };
    const first = write(1, [{ labels: up, samples: samples([T, 1]) }]);
    await settle();
    const second = write(1, [{ labels: labels({ __name__: 'new' }), samples: samples([T, 1]) }]);
    await settle();
    world.opened[0]?.log.finish(new VarveError('disk_full', 'Full.'));
    expect((await first).error?.code).toBe('disk_full');
    expect((await second).error?.code).toBe('disk_full');
    expect(seriesOf(world.opened[0])).toEqual([]);
    expect(world.opened[0]?.head.published).toEqual([]);
  });

  it('settles when all is answered', async () => {
    const { world, ingest, write } = writeWorld();
    await ingest.settled();
    world.prepare = ({ log }) => {
      log.isAutomatic = false;
    };
    const outcome = write(1, [{ labels: up, samples: samples([T, 1]) }]);
    await settle();
    const settled = ingest.settled();
    expect(await Promise.race([settled.then(() => true), settle().then(() => false)])).toBe(false);
    world.opened[0]?.log.finish();
    await settled;
    expect((await outcome).written.samples).toBe(1);
  });
});

describe('streams', () => {
  const blockLabels = ['cluster', 'replica'];
  const of = (replica: string, time: number) => ({
    labels: labels({ __name__: 'up', cluster: 'eu', job: 'a', replica }),
    samples: samples([time, 1]),
  });

  it.each(VERSIONS)('lift block labels out of the series (version %i)', async (version) => {
    const { world, write, seriesOf } = writeWorld({ blockLabels });
    const series = [of('r1', T), of('r2', T), { labels: up, samples: samples([T, 1]) }];
    const outcome = await write(version, series);
    expect(outcome.written.samples).toBe(3);
    const lifted = world.opened.map(({ lifted: pairs }) => pairs.map(({ value }) => value));
    expect(lifted).toEqual([
      ['eu', 'r1'],
      ['eu', 'r2'],
      ['', ''],
    ]);
    for (const stream of world.opened) {
      expect(seriesOf(stream)).toEqual(['__name__=up,job=a']);
    }
    expect((await write(version, series)).stats.alreadyStored).toBe(3);
    expect(world.opened).toHaveLength(3);
  });

  it('are opened once, however many requests ask', async () => {
    const { world, write } = writeWorld();
    const outcomes = await Promise.all([
      write(1, [{ labels: up, samples: samples([T, 1]) }]),
      write(2, [{ labels: up, samples: samples([T + 1, 1]) }]),
      write(1, [{ labels: up, samples: samples([T, 1]) }], { tenant: 'b' }),
    ]);
    for (const outcome of outcomes) expect(outcome.written.samples).toBe(1);
    expect(world.opened.map(({ tenant }) => tenant)).toEqual(['a', 'b']);
  });

  it('do not hold up other tenants while one is opened', async () => {
    const { world, write } = writeWorld();
    await write(1, [{ labels: up, samples: samples([T, 1]) }], { tenant: 'b' });
    let open = () => {};
    world.openHold = new Promise<void>((resolve) => {
      open = resolve;
    });
    const slow = write(1, [{ labels: up, samples: samples([T, 1]) }]);
    const quick = await write(1, [{ labels: up, samples: samples([T + 1, 1]) }], { tenant: 'b' });
    expect(quick.written.samples).toBe(1);
    open();
    expect((await slow).written.samples).toBe(1);
  });

  it('are limited; what is beyond is refused, the rest stored', async () => {
    const { world, write } = writeWorld({ blockLabels, streamsPerTenantMax: 2 });
    const outcome = await write(1, [of('r1', T), of('r2', T), of('r3', T), of('r1', T + 1)]);
    expect(outcome.written.samples).toBe(3);
    expect(outcome.refused).toMatchObject([{ reason: 'stream_limit', count: 1, samples: 1 }]);
    expect(world.opened).toHaveLength(2);
  });

  it('that cannot be opened fail alone', async () => {
    const { world, write } = writeWorld({ blockLabels });
    await write(1, [of('r1', T)]);
    world.openFailure = new VarveError('disk_full', 'Full.');
    const outcome = await write(1, [
      of('r1', T + 1),
      of('r2', T),
      { ...of('r1', T + 2), labels: [] },
    ]);
    expect(outcome.written.samples).toBe(1);
    expect(outcome.error?.code).toBe('disk_full');
    expect(outcome.refused).toMatchObject([{ reason: 'label_missing_name' }]);
    world.openFailure = undefined;
    expect((await write(1, [of('r2', T)])).written.samples).toBe(1);
  });

  it('whose sync fails leave the others alone', async () => {
    const { world, write } = writeWorld({ blockLabels });
    await write(1, [of('r1', T), of('r2', T)]);
    const second = world.opened[1];
    if (second !== undefined) second.log.failsNext = syncFailure();
    const outcome = await write(1, [of('r1', T + 1), of('r2', T + 1), of('r1', T + 2)]);
    expect(outcome.written.samples).toBe(2);
    expect(outcome.error?.code).toBe('sync_failed');
    const retry = await write(1, [of('r1', T + 1), of('r2', T + 1), of('r1', T + 2)]);
    expect(retry.written.samples).toBe(3);
    expect(retry.stats.alreadyStored).toBe(2);
  });

  it('with other block labels than today get no new samples', async () => {
    const { world, streams, write } = writeWorld();
    await write(1, [{ labels: up, samples: samples([T, 1]) }]);
    const [parts] = world.opened;
    if (parts === undefined) throw new Error('no stream');
    const old = streams.adopt('a', [{ name: 'zone', value: 'z' }], parts);
    expect(streams.byNumber(old.number)).toBe(old);
    expect(streams.ofTenant('a').known).toHaveLength(1);
  });
});

function many(count: number): [string, string][] {
  return Array.from({ length: count }, (_, index) => [`l${index}`, '1']);
}
