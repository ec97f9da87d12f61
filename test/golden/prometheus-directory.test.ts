// Starting on a data directory that Prometheus 3.14 left: all that it answered is there, once.

import { describe, expect, it } from 'vitest';
import { openMerged } from '../../src/admin/tsdb-tool.ts';
import {
  copyDirectory,
  differences,
  expectedSamples,
  layDirectory,
  mergeBlocks,
  readAll,
  samplesOfSelect,
} from '../support/adopt-directory.ts';
import { BUCKET, EngineMachine, TSDB } from '../support/engine-machine.ts';
import { exactBody } from '../support/exact-body.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const DIR = `${TSDB}/a`;
const wanted = expectedSamples();
let seed = 1000;

function machineOn(disk: MemoryDisk, onCut = (): void => undefined): EngineMachine {
  return new EngineMachine({
    disk,
    clock: new ManualClock(),
    seed: seed++,
    blockLabels: [],
    retentionMs: 0,
    walCompression: false,
    onCut,
  });
}

/** Varve's own sample, behind all that was adopted. */
async function writeOwn(machine: EngineMachine, number: number): Promise<void> {
  const sample = { timeMs: LAST_CHUNK_MS + 2 * 3_600_000 + number, bits: '3ff0000000000000' };
  const body = exactBody([{ labels: [['__name__', 'own']], samples: [sample] }]);
  expect((await machine.write('a', body)).written.samples).toBe(1);
}

async function adoptedDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await layDirectory(disk, DIR);
  return disk;
}

function merged(disk: MemoryDisk) {
  const { all, doubled } = mergeBlocks(readAll(disk, DIR));
  return { differences: differences(all, wanted).slice(0, 5), doubled: doubled.slice(0, 5) };
}

/** The closed chunks of every series reach beyond this. */
const LAST_CHUNK_MS = 1700006400000 + 3 * 3_600_000;

const timeOf = (key: string): number => Number(key.slice(key.lastIndexOf(' ') + 1));

const ALL = { differences: [], doubled: [] };

describe("a start on a Prometheus's directory", () => {
  it('has every sample that the Prometheus answered, none twice', async () => {
    const machine = machineOn(await adoptedDisk());
    await machine.start();
    await machine.cutRound(true);
    await machine.drain();
    expect(merged(machine.remains)).toEqual(ALL);
  });

  it('has them after restarts, before the first cut and after it', async () => {
    let machine = machineOn(await adoptedDisk());
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

  it('shows them to `varve tsdb dump --merged` before anything is cut, as to the engine', async () => {
    const machine = machineOn(await adoptedDisk());
    await machine.start();
    machine.goDown('kill', undefined);
    const all = { matchers: [], minTimeMs: 0, maxTimeMs: Number.MAX_SAFE_INTEGER };
    const view = await openMerged(machine.remains, DIR, all);
    expect(differences(samplesOfSelect(view.series), wanted).slice(0, 5)).toEqual([]);
    view.close();
  });

  it('has made durable what was only copied', async () => {
    const disk = new MemoryDisk();
    copyDirectory(disk, DIR);
    let machine = machineOn(disk);
    await machine.start();
    machine.goDown('power', undefined);
    machine = machineOn(machine.remains);
    await machine.start();
    await machine.cutRound(true);
    await machine.drain();
    expect(merged(machine.remains)).toEqual(ALL);
  });

  it('does not bring back what was deleted, from a checkpoint of both logs', async () => {
    let disk = await adoptedDisk();
    for (let life = 0; life < 5; life++) {
      const machine = machineOn(disk);
      await machine.start();
      await writeOwn(machine, life); // a segment a life
      machine.goDown('kill', undefined);
      disk = machine.remains;
    }
    // Down when the window of late samples alone is cut, and the log was truncated after it.
    let cuts = 0;
    const machine: EngineMachine = machineOn(disk, () => {
      if (++cuts === 2) machine.goDown('kill', undefined);
    });
    await machine.start();
    await Promise.race([machine.cutRound(true), machine.died]);
    disk = machine.remains;
    expect(disk.stat(`${DIR}/wal/00000007`)).toBeUndefined();
    const last = machineOn(disk);
    await last.start();
    await last.cutRound(true);
    await last.drain();
    const { all } = mergeBlocks(readAll(last.remains, DIR));
    for (const key of all.keys()) if (key.startsWith('__name__=own')) all.delete(key);
    expect(differences(all, wanted)).toEqual([]);
  });

  it('uploads its blocks with their deletions, and none of a directory not looked at', async () => {
    const disk = await adoptedDisk();
    const machine = machineOn(disk);
    await machine.start();
    await layDirectory(disk, `${TSDB}/b`);
    expect(await machine.ship()).toMatchObject({ uploaded: 2, found: 0, failed: 0, waiting: 0 });
    const names = disk.allFiles().filter((path) => path.startsWith(BUCKET));
    expect(names.filter((path) => path.endsWith('/meta.json'))).toHaveLength(2);
    expect(names.filter((path) => path.endsWith('/tombstones'))).toHaveLength(2);
    await machine.drain();
  });

  it('sets aside what it has taken over, and says what that was', async () => {
    const machine = machineOn(await adoptedDisk());
    await machine.start();
    const { fields } = machine.logger.records.find(({ message }) => message.startsWith('adopted'))!;
    expect(fields).toMatchObject({
      blocks: 2,
      own_from_segment: 8,
      covered_before_ms: 1700013600000,
      samples: 3074,
      histograms: 480,
      covered: 1073,
      deleted: 177,
      late_samples: 722,
      head_chunk_samples: 0,
      unknownSeries: 0,
    });
    await machine.drain();
    const names = machine.remains.list(DIR).map(({ name }) => name);
    expect(names).not.toContain('wbl');
    expect(names).not.toContain('chunks_head');
    const aside = machine.remains.list(`${TSDB}/.varve/adopted/a`).map(({ name }) => name);
    expect(aside).toEqual(['chunks_head-1', 'wbl-1']);
  });

  it('takes from the chunks of the head what a repaired log has lost', async () => {
    const disk = await adoptedDisk();
    // What Prometheus does of a log that it finds damaged: all behind the damage goes.
    for (const segment of [5, 6, 7]) disk.removeFile(`${DIR}/wal/0000000${segment}`);
    const machine = machineOn(disk);
    await machine.start();
    const { fields } = machine.logger.records.find(({ message }) => message.startsWith('adopted'))!;
    expect(fields.head_chunk_samples).toBeGreaterThan(1000);
    await machine.cutRound(true);
    await machine.drain();
    const { all, doubled } = mergeBlocks(readAll(machine.remains, DIR));
    expect(doubled).toEqual([]);
    // Of its deletions the log knows nothing more.
    const found = differences(all, wanted).filter((line) => !/host-[35]:/.test(line));
    expect(found.filter((line) => line.includes('not wanted'))).toEqual([]);
    const chunksOf = [...wanted.keys()].filter((key) => !/host-[35]:|gen_gone/.test(key));
    expect(chunksOf.filter((key) => !all.has(key) && timeOf(key) < LAST_CHUNK_MS)).toEqual([]);
  });

  it('takes late samples from the chunks of the head when their log is damaged', async () => {
    const disk = await adoptedDisk();
    const file = disk.openSync(`${DIR}/wbl/00000002`, 'update');
    file.write(new Uint8Array(3000).fill(0xff), 100);
    file.close();
    const machine = machineOn(disk);
    await machine.start();
    const { fields } = machine.logger.records.find(({ message }) => message.startsWith('adopted'))!;
    await machine.cutRound(true);
    await machine.drain();
    const { all } = mergeBlocks(readAll(machine.remains, DIR));
    expect(fields.head_chunk_samples).toBeGreaterThan(0);
    expect(differences(all, wanted)).toEqual([]);
  });

  it('does not open a stream whose origin.json is damaged, and says which', async () => {
    const disk = await adoptedDisk();
    disk.replaceFile(`${DIR}/origin.json`, Buffer.from('{"version": 1'));
    const machine = machineOn(disk);
    await machine.start();
    const { fields } = machine.logger.records.find(({ message }) => /not opened/.test(message))!;
    expect(fields).toMatchObject({ stream: 'a', code: 'damaged_wal' });
    expect(disk.stat(`${DIR}/wbl`)).toBeDefined();
  });
});
