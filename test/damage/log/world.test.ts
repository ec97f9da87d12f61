// What happens around a damaged log: samples whose series record is lost are in no block, whatever
// the blocks' ranges, and leave the log only into quarantine; a disk that does not read just now is
// not damage; a damaged stream.json keeps nobody else from writing.

import { expect, test } from 'vitest';
import type { EngineMachine } from '../../support/engine-machine.ts';
import { TSDB } from '../../support/engine-machine.ts';
import { exactBody } from '../../support/exact-body.ts';
import {
  copyOf,
  DIR,
  lineOf,
  machineOn,
  QUARANTINE,
  runTool,
  TENANT,
  WAL,
} from '../../support/log-readers.ts';
import { changeFile, putFile } from '../../support/log-records.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { readBlocks } from '../../support/stored-samples.ts';
import { goodLog } from './rows.ts';

const HOUR = 3_600_000;
const ONE = '3ff0000000000000';

async function write(machine: EngineMachine, name: string, timeMs: number): Promise<void> {
  const series = { labels: [['__name__', name]] as const, samples: [{ timeMs, bits: ONE }] };
  const outcome = await machine.write(TENANT, exactBody([series]));
  expect(outcome.written.samples).toBe(1);
}

/** Cuts and truncates until nothing that was in the log before is in its segments any more. */
async function cutOften(machine: EngineMachine, clock: ManualClock): Promise<void> {
  for (let i = 0; i < 8; i++) {
    await clock.advance(2 * HOUR);
    await write(machine, 'filler', clock.nowMs());
    expect((await machine.cutRound(true)).failed).toBe(0);
  }
}

test('a damaged series record: its samples are set aside before a block’s range lets them go', async () => {
  const clock = new ManualClock();
  const disk = new MemoryDisk();
  await goodLog(disk);
  const before = Buffer.from(disk.readFile(`${WAL}/00000000`));
  changeFile(disk, `${WAL}/00000000`, (bytes) => bytes.writeUInt8(0x7a, before.indexOf('m1')));
  const machine = machineOn(disk, clock);
  await machine.start();
  const told = machine.logger.records.filter(({ level }) => level === 'error').map(lineOf);
  expect(told).toHaveLength(2);
  expect(told[0]).toMatch(/00000000.*"offset":0.*the checksum does not match/);
  expect(told[1]).toMatch(/"samples":8,"series":2,"fromMs":1767225000000,"toMs":1767225003000/);
  // The sender goes on; the block that this becomes has a range that all of them lie in.
  await write(machine, 'm1', clock.nowMs() - 599_000);
  await write(machine, 'm1', clock.nowMs());
  await cutOften(machine, clock);
  expect(
    disk.allFiles().filter((path) => path.startsWith(WAL) && /wal\/0000000[0-3]$/.test(path)),
  ).toEqual([]);
  await machine.drain();

  // The record is in quarantine, the samples are, and they fit together.
  const aside = machine.remains.list(QUARANTINE).map(({ name }) => name);
  const copies = aside.filter((name) => name.startsWith('segment-0-'));
  expect(copies).toHaveLength(1);
  const logs = aside.filter((name) => name.startsWith('orphans-'));
  let samples = 0;
  for (const name of logs) {
    const { err } = await runTool(machine.remains, 'dump', `${QUARANTINE}/${name}`);
    samples += Number(/(\d+) samples of series not in the log/.exec(err.join())?.[1]);
  }
  expect(samples).toBe(8);
  expect(machine.logger.records.map(lineOf).join('\n')).toMatch(
    /leave the WAL, set aside.*orphans-/,
  );
  // From then on nobody is told any more, and verify has nothing to say.
  const again = machineOn(machine.remains, clock);
  await again.start();
  expect(again.logger.records.filter(({ level }) => level === 'error').map(lineOf)).toEqual([]);
  expect((await runTool(again.disk, 'verify', DIR)).code).toBe(0);
});

test('when they cannot be set aside, the log keeps them', async () => {
  const clock = new ManualClock();
  const disk = new MemoryDisk();
  await goodLog(disk);
  changeFile(disk, `${WAL}/00000000`, (bytes) => bytes.writeUInt8(0x7a, bytes.indexOf('m1')));
  const machine = machineOn(disk, clock);
  await machine.start();
  const times = Number.POSITIVE_INFINITY;
  disk.faults.add({ operation: 'write', path: /orphans-/, code: 'disk_full', times });
  await cutOften(machine, clock);
  expect(disk.allFiles()).toContain(`${WAL}/00000000`);
  expect(disk.list(QUARANTINE).filter(({ name }) => name.startsWith('orphans-'))).toEqual([]);
  disk.faults.clear();
  await cutOften(machine, clock);
  expect(disk.allFiles()).not.toContain(`${WAL}/00000000`);
  expect(disk.list(QUARANTINE).some(({ name }) => name.startsWith('orphans-'))).toBe(true);
});

test.each([
  ['open', /wal.00000002$/],
  ['read', /wal.00000000$/],
  ['read', /wal.00000003$/],
] as const)(
  'a disk that fails to %s %s is not damage: the stream is opened later',
  async (operation, path) => {
    const clock = new ManualClock();
    const disk = new MemoryDisk();
    await goodLog(disk);
    disk.faults.add({ operation, path, code: 'disk_failed', times: 1 });
    const machine = machineOn(disk, clock);
    await machine.start();
    expect(machine.logger.records.map(lineOf).join('\n')).toMatch(/stream not opened.*EIO/);
    expect(disk.stat(QUARANTINE)).toBeUndefined();
    await clock.advance(120_000);
    await machine.cutRound(true);
    await machine.drain();
    const blocks = readBlocks(machine.remains, DIR);
    expect(blocks.flatMap(({ samples }) => samples)).toHaveLength(8);
    expect(machine.remains.stat(QUARANTINE)).toBeUndefined();
  },
);

test('a segment that vanishes between listing and reading: the next try has what is there', async () => {
  const clock = new ManualClock();
  const disk = new MemoryDisk();
  await goodLog(disk);
  const open = disk.openSync.bind(disk);
  let isFirst = true;
  disk.openSync = (path, mode) => {
    if (isFirst && path === `${WAL}/00000001`) {
      isFirst = false;
      disk.removeFile(path);
    }
    return open(path, mode);
  };
  const machine = machineOn(disk, clock);
  await machine.start();
  await clock.advance(120_000);
  expect((await machine.cutRound(true)).failed).toBe(0);
  await machine.drain();
  const lines = machine.logger.records.map(lineOf).join('\n');
  expect(lines).toMatch(/00000001.*the segment is missing/);
  expect(readBlocks(machine.remains, DIR).flatMap(({ samples }) => samples)).toHaveLength(6);
});

const STREAM_FILES: readonly (readonly [string, Uint8Array | undefined])[] = [
  ['missing', undefined],
  ['empty', new Uint8Array(0)],
  ['not JSON', Buffer.from('{')],
  ['not UTF-8', Buffer.from([0xff, 0xfe])],
  ['null', Buffer.from('null')],
  ['of version 2', Buffer.from('{"version":2,"labels":[]}')],
  ['without labels', Buffer.from('{"version":1}')],
  ['of labels that are no list', Buffer.from('{"version":1,"labels":{"__proto__":"x"}}')],
  ['of labels that are no pairs', Buffer.from('{"version":1,"labels":[["replica"]]}')],
  ['of another stream', Buffer.from('{"version":1,"labels":[["replica","r9"]]}')],
  ['with keys twice', Buffer.from('{"version":1,"labels":[["replica","r1"]],"labels":[]}')],
  [
    'of two megabytes',
    Buffer.from(`{"version":1,"labels":[["replica","r1"]],"x":"${'x'.repeat(2e6)}"}`),
  ],
];

test.each(STREAM_FILES)(
  'a stream.json that is %s: named, left as it is; others go on',
  async (_, bytes) => {
    const clock = new ManualClock();
    const disk = new MemoryDisk();
    const dir = `${TSDB}/a@8a57e18a0c6a8f3c`;
    disk.makeDir(`${dir}/wal`);
    if (bytes !== undefined) putFile(disk, `${dir}/stream.json`, bytes);
    const machine = machineOn(disk, clock);
    await machine.start();
    const lines = machine.logger.records.filter(({ level }) => level === 'error').map(lineOf);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/not taken for a stream, left as it is.*stream\.json/);
    await write(machine, 'm', clock.nowMs());
    expect((await machine.cutRound(true)).failed).toBe(0);
    expect(await machine.ship()).toMatchObject({ uploaded: 1, failed: 0 });
    expect(copyOf(disk).stat(dir)?.isDirectory).toBe(true);
    const { code, out } = await runTool(disk, 'verify', TSDB);
    expect([code, out.filter((line) => line.startsWith('error: ')).length]).toEqual([1, 1]);
  },
);
