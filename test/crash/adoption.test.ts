// A start on a Prometheus's directory that is cut off at any disk operation: the next one has all
// that the Prometheus answered, none twice.

import { expect, test } from 'vitest';
import {
  differences,
  expectedSamples,
  layDirectory,
  mergeBlocks,
  readAll,
} from '../support/adopt-directory.ts';
import { EngineMachine, TSDB } from '../support/engine-machine.ts';
import type { End } from '../support/machine-life.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const DIR = `${TSDB}/a`;
const wanted = expectedSamples();
let seed = 2000;
/** What changes nothing. */
const READING = new Set(['open', 'read', 'list', 'stat']);

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

async function adoptedDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await layDirectory(disk, DIR);
  return disk;
}

/** The disk operations of an undisturbed start before which the disk is not as it was before. */
async function stepsOfStart(): Promise<number[]> {
  const disk = await adoptedDisk();
  const steps: number[] = [];
  let count = 0;
  const hit = disk.faults.hit.bind(disk.faults);
  disk.faults.hit = (operation, path) => {
    count++;
    if (!READING.has(operation)) steps.push(count);
    return hit(operation, path);
  };
  await machineOn(disk).start();
  return steps;
}

async function startCutOff(end: End, operation: number): Promise<MemoryDisk> {
  const machine = machineOn(await adoptedDisk());
  machine.goDownAtOperation(operation, end, new SeededRandom(operation));
  await Promise.race([machine.start(), machine.died]);
  machine.goDown(end, new SeededRandom(operation));
  return machine.remains;
}

test.each(['kill', 'power', 'torn power'] as const)(
  '%s in mid-adoption',
  async (end) => {
    const steps = await stepsOfStart();
    expect(steps.length).toBeGreaterThan(30);
    for (const operation of steps) {
      const machine = machineOn(await startCutOff(end, operation));
      await machine.start();
      await machine.cutRound(true);
      await machine.drain();
      const { all, doubled } = mergeBlocks(readAll(machine.remains, DIR));
      const found = { differences: differences(all, wanted).slice(0, 5), doubled };
      expect(found, `${end} at operation ${operation}`).toEqual({ differences: [], doubled: [] });
    }
  },
  240_000,
);
