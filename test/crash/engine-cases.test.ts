// Cases of the whole engine that a seed found or that are too rare for one: each a fault that lost,
// doubled or hid samples.

import { describe, expect, it } from 'vitest';
import { EngineMachine, TSDB } from '../support/engine-machine.ts';
import { type ExactSample, exactBody } from '../support/exact-body.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { readBlocks } from '../support/stored-samples.ts';

const HOUR = 3_600_000;
/** Each process has chance of its own, else two blocks of one moment have one name. */
let seed = 0;

function build(disk: MemoryDisk, clock: ManualClock): EngineMachine {
  return new EngineMachine({
    disk,
    clock,
    seed: seed++,
    blockLabels: [],
    retentionMs: 0,
    walCompression: false,
    onCut: () => undefined,
  });
}

async function send(machine: EngineMachine, ...samples: ExactSample[]): Promise<void> {
  const outcome = await machine.write('a', exactBody([{ labels: [['__name__', 'm']], samples }]));
  expect(outcome.written.samples).toBe(samples.length);
}

const at = (timeMs: number, digit: string): ExactSample => ({ timeMs, bits: digit.repeat(16) });

function stored(disk: MemoryDisk): string[] {
  return readBlocks(disk, `${TSDB}/a`).flatMap(({ samples }) => samples.map(([, bits]) => bits));
}

describe('a machine', () => {
  it('keeps late samples that were logged after somebody removed the WAL beside its blocks', async () => {
    const clock = new ManualClock();
    let disk = new MemoryDisk();
    let machine = build(disk, clock);
    await machine.start();
    const startMs = clock.nowMs();
    await send(machine, at(startMs, '1'), at(startMs - 10, '2'), at(startMs - 20, '3'));
    await machine.cutRound(true);
    await machine.drain();
    disk = machine.remains;
    disk.removeTree(`${TSDB}/a/wal`);
    machine = build(disk, clock);
    await machine.start();
    await send(machine, at(startMs - 15, '4')); // in the range of a block
    machine.goDown('kill', undefined);
    disk = machine.remains;
    machine = build(disk, clock);
    await machine.start();
    await machine.cutRound(true);
    expect(stored(disk).sort()).toEqual(['1', '2', '3', '4'].map((digit) => digit.repeat(16)));
  });

  it('opens a stream again by itself when the disk gives its log after all', async () => {
    const clock = new ManualClock();
    let disk = new MemoryDisk();
    let machine = build(disk, clock);
    await machine.start();
    await send(machine, at(clock.nowMs(), '1'));
    machine.goDown('kill', undefined);
    disk = machine.remains;
    machine = build(disk, clock);
    machine.order({ operation: 'open', path: /wal/, code: 'disk_failed' });
    await machine.start();
    await clock.advance(4 * HOUR);
    await machine.cutRound(false); // opens it; nothing may have arrived for ten minutes
    await clock.advance(HOUR);
    expect(await machine.cutRound(false)).toEqual({ cut: 1, failed: 0 });
    expect(stored(disk)).toEqual(['1'.repeat(16)]);
  });

  it('does not cut again what is in a block that cannot be read at the start', async () => {
    const clock = new ManualClock();
    let disk = new MemoryDisk();
    let machine = build(disk, clock);
    await machine.start();
    await send(machine, at(clock.nowMs(), '1'));
    await machine.cutRound(true);
    machine.goDown('kill', undefined);
    disk = machine.remains;
    machine = build(disk, clock);
    machine.order({ operation: 'read', path: /meta\.json/, code: 'disk_failed' });
    await machine.start();
    await machine.cutRound(true);
    expect(stored(disk)).toEqual(['1'.repeat(16)]);
  });
});
