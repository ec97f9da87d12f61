// Starting on a data directory that Prometheus 3.14 left: all that it answered is there, once.

import { describe, expect, it } from 'vitest';
import {
  differences,
  expectedSamples,
  layDirectory,
  mergeBlocks,
  readAll,
} from '../support/adopt-directory.ts';
import { EngineMachine, TSDB } from '../support/engine-machine.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const DIR = `${TSDB}/a`;
const wanted = expectedSamples();
let seed = 1000;

function machineOn(disk: MemoryDisk): EngineMachine {
  return new EngineMachine({
    disk,
    clock: new ManualClock(),
    seed: seed++,
    blockLabels: [],
    retentionMs: 0,
    walCompression: false,
    onCut: () => undefined,
  });
}

function adoptedDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  layDirectory(disk, DIR);
  return disk;
}

function merged(disk: MemoryDisk) {
  const { all, doubled } = mergeBlocks(readAll(disk, DIR));
  return { differences: differences(all, wanted).slice(0, 5), doubled: doubled.slice(0, 5) };
}

const ALL = { differences: [], doubled: [] };

describe("a start on a Prometheus's directory", () => {
  it('has every sample that the Prometheus answered, none twice', async () => {
    const machine = machineOn(adoptedDisk());
    await machine.start();
    await machine.cutRound(true);
    await machine.drain();
    expect(merged(machine.remains)).toEqual(ALL);
  });

  it('has them after restarts, before the first cut and after it', async () => {
    let machine = machineOn(adoptedDisk());
    await machine.start();
    machine.goDown('power', undefined);
    machine = machineOn(machine.remains);
    await machine.start();
    await machine.cutRound(true);
    machine.goDown('power', undefined);
    machine = machineOn(machine.remains);
    await machine.start();
    await machine.cutRound(true);
    await machine.drain();
    expect(merged(machine.remains)).toEqual(ALL);
  });

  it('sets aside what it has taken over, and says what that was', async () => {
    const machine = machineOn(adoptedDisk());
    await machine.start();
    const { fields } = machine.logger.records.find(({ message }) => message.startsWith('adopted'))!;
    expect(fields).toMatchSnapshot();
    await machine.drain();
    const names = machine.remains.list(DIR).map(({ name }) => name);
    expect(names).not.toContain('wbl');
    expect(names).not.toContain('chunks_head');
    const aside = machine.remains.list(`${TSDB}/.varve/adopted/a`).map(({ name }) => name);
    expect(aside).toEqual(['chunks_head-1', 'wbl-1']);
  });
});
