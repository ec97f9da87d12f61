// Exemplars and metadata on a simulated machine: written, still there after a kill, a power loss,
// cuts, truncations of the log into a checkpoint, and a start on that; bounded all the while.

import { expect, test } from 'vitest';
import type { EngineMachine } from '../support/engine-machine.ts';
import { DIR, lineOf, machineOn, runTool, TENANT, WAL } from '../support/log-readers.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { body, type TestSeries } from '../support/write-bodies.ts';

const HOUR = 3_600_000;
/** Of the simulated machine's settings. */
const EXEMPLARS_MAX = 100;

interface World {
  machine: EngineMachine;
  readonly clock: ManualClock;
}

async function begin(): Promise<World> {
  const clock = new ManualClock();
  const machine = machineOn(new MemoryDisk(), clock);
  await machine.start();
  return { machine, clock };
}

async function restart(world: World, end: 'kill' | 'power'): Promise<void> {
  world.machine.goDown(end, undefined);
  world.machine = machineOn(world.machine.remains, world.clock);
  await world.machine.start();
}

/** Writes as a 2.0 sender does; everything must be stored. */
async function send({ machine }: World, series: readonly TestSeries[]): Promise<void> {
  const outcome = await machine.writeAs(2, TENANT, body(2, series));
  expect(outcome.refused).toEqual([]);
}

/** Cuts all that there is, so often that the log is truncated to what it must keep. */
async function cutAndTruncate(world: World): Promise<void> {
  for (let i = 0; i < 8; i++) {
    await world.clock.advance(2 * HOUR);
    const time = world.clock.nowMs();
    await send(world, [{ labels: [['__name__', 'filler']], samples: [{ time, value: i }] }]);
    expect((await world.machine.cutRound(true)).failed).toBe(0);
  }
  const names = world.machine.disk.list(WAL).map(({ name }) => name);
  expect(names.some((name) => name.startsWith('checkpoint.'))).toBe(true);
  expect(names).not.toContain('00000000');
  expect(world.machine.logger.records.filter(({ level }) => level === 'error').map(lineOf)).toEqual(
    [],
  );
}

async function dumped(world: World, records: 'exemplars' | 'metadata'): Promise<readonly string[]> {
  const { code, err, out } = await runTool(world.machine.disk, 'dump', DIR, { records });
  expect([code, err]).toEqual([0, []]);
  return out;
}

function withExemplar(name: string, time: number, trace: string): TestSeries {
  return {
    labels: [['__name__', name]],
    samples: [{ time, value: 1 }],
    exemplars: [{ labels: [['trace_id', trace]], time, value: 0.5 }],
  };
}

function withMetadata(labels: Readonly<Record<string, string>>, time: number, help: string) {
  const metadata = { type: 1, help, unit: 'seconds' };
  return { labels: Object.entries(labels), samples: [{ time, value: 1 }], metadata };
}

test('an exemplar outlives kill, cuts, truncation, power loss and a series that ended', async () => {
  const world = await begin();
  const time = world.clock.nowMs();
  await send(world, [withExemplar('ended', time, 'abc'), withExemplar('other', time, 'def')]);
  const wanted = [
    `{__name__="ended"} # {trace_id="abc"} 0.5 ${time}`,
    `{__name__="other"} # {trace_id="def"} 0.5 ${time}`,
  ];
  expect(await dumped(world, 'exemplars')).toEqual(wanted);
  await restart(world, 'kill');
  expect(await dumped(world, 'exemplars')).toEqual(wanted);
  await cutAndTruncate(world);
  expect(await dumped(world, 'exemplars')).toEqual(wanted);
  await restart(world, 'power');
  await cutAndTruncate(world);
  await restart(world, 'kill');
  expect(await dumped(world, 'exemplars')).toEqual(wanted);
});

test('what is in the log again and again is the newest exemplars, as many as the flag says', async () => {
  const world = await begin();
  for (let round = 0; round < 5; round++) {
    const series = Array.from({ length: 60 }, (_, i) =>
      withExemplar(`m${i}`, world.clock.nowMs() + i, `${round}-${i}`),
    );
    await send(world, series);
    await cutAndTruncate(world);
    if (round === 2) await restart(world, 'power');
  }
  await restart(world, 'kill');
  await cutAndTruncate(world);
  const traces = (await dumped(world, 'exemplars')).map(
    (line) => /trace_id="([^"]+)/.exec(line)?.[1],
  );
  expect(traces.length).toBeLessThanOrEqual(EXEMPLARS_MAX);
  const newest = Array.from({ length: 60 }, (_, i) => `4-${i}`);
  expect(newest.filter((trace) => !traces.includes(trace))).toEqual([]);
});

test('the same exemplar again, after all that, is a success and not logged twice', async () => {
  const world = await begin();
  const time = world.clock.nowMs();
  await send(world, [withExemplar('m', time, 'abc')]);
  await cutAndTruncate(world);
  await restart(world, 'power');
  const again = {
    labels: [['__name__', 'm'] as const],
    exemplars: withExemplar('m', time, 'abc').exemplars,
  };
  await send(world, [again as TestSeries]);
  expect(await dumped(world, 'exemplars')).toHaveLength(1);
});

test('metadata outlives the series that it was logged with, and says the latest', async () => {
  const world = await begin();
  const at = () => world.clock.nowMs();
  await send(world, [withMetadata({ __name__: 'm', pod: 'a' }, at(), 'first')]);
  await send(world, [withMetadata({ __name__: 'm', pod: 'b' }, at(), 'first')]);
  // It changes with pod b, and both pods end.
  await send(world, [withMetadata({ __name__: 'm', pod: 'b' }, at() + 1, 'second')]);
  await cutAndTruncate(world);
  const wanted = ['{__name__="m", pod="b"} counter unit="seconds" help="second"'];
  expect(await dumped(world, 'metadata')).toEqual(wanted);
  await restart(world, 'power');
  await cutAndTruncate(world);
  await restart(world, 'kill');
  expect(await dumped(world, 'metadata')).toEqual(wanted);
  // The head knows it: the same again, with a new series of the metric, is no news.
  await send(world, [withMetadata({ __name__: 'm', pod: 'c' }, at(), 'second')]);
  expect(await dumped(world, 'metadata')).toEqual(wanted);
  await send(world, [withMetadata({ __name__: 'm', pod: 'c' }, at() + 1, 'third')]);
  await cutAndTruncate(world);
  await restart(world, 'power');
  expect(await dumped(world, 'metadata')).toEqual([
    '{__name__="m", pod="c"} counter unit="seconds" help="third"',
  ]);
});

test('metadata of many metrics is one entry each in the log, however often it changes', async () => {
  const world = await begin();
  for (let round = 0; round < 4; round++) {
    const series = Array.from({ length: 30 }, (_, i) =>
      withMetadata({ __name__: `m${i}`, pod: `${round}` }, world.clock.nowMs(), `help ${round}`),
    );
    await send(world, series);
    await cutAndTruncate(world);
    await restart(world, round % 2 === 0 ? 'kill' : 'power');
  }
  const lines = await dumped(world, 'metadata');
  expect(lines).toHaveLength(30);
  expect(lines.every((line) => line.includes('help="help 3"'))).toBe(true);
});
