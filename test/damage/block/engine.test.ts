// Damaged blocks in a stream's directory, on everything that meets them there: the start of an
// engine, shipping, retention, listing, dump, analyze, verify. A damaged block is set aside, whole; it is
// never uploaded; and what the log still has of it is cut again, so that nothing is lost.

import { expect, test } from 'vitest';
import { BUCKET } from '../../support/engine-machine.ts';
import { exactBody } from '../../support/exact-body.ts';
import {
  copyOf,
  DIR,
  lineOf,
  machineOn,
  QUARANTINE,
  runTool,
  TENANT,
} from '../../support/log-readers.ts';
import { changeFile, putFile } from '../../support/log-records.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { readBlocks } from '../../support/stored-samples.ts';
import { makeBlock, SOME_SERIES, ULID } from '../../unit/block/make-block.ts';
import { flip, resum } from './rows.ts';

const NOW = Date.UTC(2026, 0, 1);
const WANTED = ['m1', 'm2'];

/** A stream with one block that its log still covers, not uploaded yet. */
async function cutOnce(): Promise<{ disk: MemoryDisk; clock: ManualClock; block: string }> {
  const clock = new ManualClock(NOW);
  const machine = machineOn(new MemoryDisk(), clock);
  await machine.start();
  const series = WANTED.map((name) => ({
    labels: [['__name__', name]] as [string, string][],
    samples: [{ timeMs: NOW, bits: '3ff0000000000000' }],
  }));
  await machine.write(TENANT, exactBody(series));
  await machine.cutRound(true);
  await machine.drain();
  // The machines of a test have the same randomness: at another time, blocks have other ULIDs.
  await clock.advance(1);
  const disk = machine.remains;
  const [block] = readBlocks(disk, DIR);
  if (block === undefined) throw new Error('nothing was cut');
  return { disk, clock, block: block.dir };
}

const edited =
  (file: string, from: string | RegExp, to: string) =>
  (disk: MemoryDisk, dir: string): void => {
    const text = Buffer.from(disk.readFile(`${dir}/${file}`)).toString();
    const changed = text.replace(from, to);
    if (changed === text) throw new Error('the row changes nothing');
    putFile(disk, `${dir}/${file}`, Buffer.from(changed));
  };

const OTHER_ULID = '01M832KAKEEA2N5T8Y6TGBNZRP';

const ROWS: readonly (readonly [string, (disk: MemoryDisk, dir: string) => void])[] = [
  ['a byte of the index', (disk, dir) => changeFile(disk, `${dir}/index`, (b) => flip(b, 60))],
  [
    'an index cut off',
    (disk, dir) => putFile(disk, `${dir}/index`, disk.readFile(`${dir}/index`).subarray(0, 90)),
  ],
  ['no index', (disk, dir) => disk.removeFile(`${dir}/index`)],
  [
    'a byte of a chunk',
    (disk, dir) => changeFile(disk, `${dir}/chunks/000001`, (b) => flip(b, 12)),
  ],
  [
    'a byte of a chunk, its checksum made right',
    (disk, dir) =>
      changeFile(disk, `${dir}/chunks/000001`, (b) => {
        flip(b, 12);
        resum(b, 9, 10 + b.readUInt8(8));
      }),
  ],
  [
    'a byte more in a chunk segment',
    (disk, dir) => {
      const bytes = disk.readFile(`${dir}/chunks/000001`);
      putFile(disk, `${dir}/chunks/000001`, Buffer.concat([bytes, Buffer.alloc(1)]));
    },
  ],
  ['no chunk segment', (disk, dir) => disk.removeFile(`${dir}/chunks/000001`)],
  ['no chunks directory', (disk, dir) => disk.removeTree(`${dir}/chunks`)],
  [
    'a segment that nobody noted, behind a gap',
    (disk, dir) => putFile(disk, `${dir}/chunks/000003`, disk.readFile(`${dir}/chunks/000001`)),
  ],
  ['no meta.json', (disk, dir) => disk.removeFile(`${dir}/meta.json`)],
  ['an empty meta.json', (disk, dir) => putFile(disk, `${dir}/meta.json`, new Uint8Array(0))],
  ['a meta.json cut off', edited('meta.json', /"thanos"[\s\S]*/, '"thanos"')],
  ['a meta.json that is not JSON', edited('meta.json', '{', '')],
  ['a meta.json of version 2', edited('meta.json', '"version": 1', '"version": 2')],
  [
    'a meta.json of another block',
    edited('meta.json', /"ulid": "[^"]*"/, `"ulid": "${OTHER_ULID}"`),
  ],
  ['a meta.json with a wrong ULID', edited('meta.json', /"ulid": "[^"]*"/, '"ulid": "../../etc"')],
  ['minTime above maxTime', edited('meta.json', /"minTime": \d+/, '"minTime": 9007199254740991')],
  ['a time beyond 2^53', edited('meta.json', /"maxTime": \d+/, '"maxTime": 9223372036854775807')],
  ['a time of 400 digits', edited('meta.json', /"maxTime": \d+/, `"maxTime": ${'9'.repeat(400)}`)],
  ['a key twice', edited('meta.json', '"version": 1', '"version": 1, "version": 7')],
  [
    'a meta.json that is a list',
    (disk, dir) => putFile(disk, `${dir}/meta.json`, Buffer.from('[]')),
  ],
];

test.each(ROWS)('%s: set aside at the start, and cut again from the log', async (_, damage) => {
  const { disk, clock, block } = await cutOnce();
  damage(disk, block);
  const files = disk.allFiles().filter((path) => path.startsWith(`${block}/`));
  const bytes = files.map((path) => Buffer.from(disk.readFile(path)).toString('hex'));
  const machine = machineOn(disk, clock);
  await machine.start();
  const lines = machine.logger.records.filter(({ level }) => level === 'error').map(lineOf);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/damaged block set aside/);
  expect(lines[0]).toContain(block);

  await machine.cutRound(true);
  await clock.advance(60_000);
  const report = await machine.ship();
  expect(report).toMatchObject({ uploaded: 1, failed: 0, waiting: 0 });
  await machine.drain();
  // Every sample is in one good block, here and in the bucket.
  for (const place of [DIR, BUCKET]) {
    const blocks = readBlocks(machine.remains, place);
    expect(blocks).toHaveLength(1);
    const names = blocks.flatMap(({ samples }) => samples.map(([key]) => key.split('|').at(1)));
    expect(names).toEqual(WANTED.map((name) => `__name__=${name}`));
  }
  // Nothing was deleted, and nothing changed.
  const ulid = block.slice(block.lastIndexOf('/') + 1);
  const moved = files.map((path) => path.replace(block, `${QUARANTINE}/block-${ulid}`));
  expect(moved.map((path) => Buffer.from(machine.remains.readFile(path)).toString('hex'))).toEqual(
    bytes,
  );
  expect((await runTool(machine.remains, 'verify', DIR)).code).toBe(0);
});

test.each(ROWS)(
  '%s: found by shipping, it is not uploaded, and the log is kept',
  async (_, damage) => {
    const { disk, clock, block } = await cutOnce();
    const machine = machineOn(disk, clock);
    await machine.start();
    damage(disk, block);
    const report = await machine.ship();
    expect(report).toMatchObject({ uploaded: 0, waiting: 0 });
    expect(disk.stat(block)).toBeUndefined();
    // Cuts go on meanwhile, each with a truncation that would take the samples of the lost block.
    for (let hour = 1; hour <= 8; hour++) {
      const sample = { timeMs: NOW + hour, bits: '3ff0000000000000' };
      await machine.write(
        TENANT,
        exactBody([{ labels: [['__name__', `later${hour}`]], samples: [sample] }]),
      );
      await machine.cutRound(true);
      await clock.advance(2 * 3_600_000);
    }
    await machine.drain();
    const again = machineOn(machine.remains, clock);
    await again.start();
    await again.cutRound(true);
    await again.drain();
    const found = readBlocks(again.remains, DIR).flatMap(({ samples }) =>
      samples.map(([key]) => key.split('|').at(1)),
    );
    const later = Array.from({ length: 8 }, (_unused, i) => `later${i + 1}`);
    const wanted = [...WANTED, ...later].map((name) => `__name__=${name}`);
    expect(found.toSorted()).toEqual(wanted.toSorted());
  },
);

test.each(ROWS)('%s: the tools tell it, and show what is beside', async (_, damage) => {
  const { disk, block } = await cutOnce();
  makeBlock(disk, SOME_SERIES);
  const beside = copyTo(disk, `/data/tenant/${ULID}`, `${DIR}/${ULID}`);
  damage(disk, block);
  const verified = await runTool(disk, 'verify', DIR);
  expect(verified.code).toBe(1);
  expect(verified.out.some((line) => line.startsWith(`error: ${block}`))).toBe(true);
  // But that it is another tenant's, and from another log, of which verify tells as well.
  const ofBeside = verified.out.filter((line) => line.includes(beside));
  expect(ofBeside.filter((line) => !/tenant_id|it was cut at/.test(line))).toEqual([]);
  const dumped = await runTool(disk, 'dump', DIR);
  expect(dumped.out.filter((line) => line.includes('"down"'))).toHaveLength(2);
  expect((await runTool(disk, 'ls', DIR)).out.join('\n')).toContain(ULID);
  // Of the newest block whose meta.json can be read.
  const analyzed = await runTool(disk, 'analyze', DIR);
  expect([...analyzed.out, ...analyzed.err].join('\n')).toMatch(/Block ID: |index|chunk/);
});

function copyTo(disk: MemoryDisk, from: string, to: string): string {
  for (const path of disk.allFiles().filter((one) => one.startsWith(`${from}/`)))
    putFile(disk, path.replace(from, to), disk.readFile(path));
  return to;
}

test.each(['open', 'read'] as const)(
  'a disk that fails to %s a block: the stream waits, nothing is set aside',
  async (operation) => {
    const { disk, clock, block } = await cutOnce();
    const paths = [/tsdb.*index$/, /tsdb.*chunks.000001$/];
    for (const path of operation === 'read' ? [/tsdb.*meta\.json$/, ...paths] : paths) {
      const failing = copyOf(disk);
      const fault = { operation, path, code: 'disk_failed', times: 1 } as const;
      failing.faults.add(fault);
      const machine = machineOn(failing, clock);
      await machine.start();
      expect(failing.stat(QUARANTINE)).toBeUndefined();
      expect(machine.logger.records.map(lineOf).join('\n')).toMatch(/stream not opened.*EIO/);
      await clock.advance(120_000);
      await machine.cutRound(false);
      const report = await machine.ship();
      expect(report).toMatchObject({ uploaded: 1, failed: 0 });
      await machine.drain();
      expect(readBlocks(machine.remains, DIR).map(({ dir }) => dir)).toEqual([block]);
    }
  },
);

test('a foreign block that cannot be read is not uploaded; one that can is', async () => {
  const { disk, clock } = await cutOnce();
  for (const ulid of [ULID, OTHER_ULID]) {
    const { dir } = makeBlock(disk, SOME_SERIES, { ulid });
    edited('meta.json', /"thanos"[\s\S]*/, '"x": 1}')(disk, dir);
    copyTo(disk, dir, `${DIR}/${ulid}`);
  }
  changeFile(disk, `${DIR}/${ULID}/chunks/000001`, (bytes) => flip(bytes, bytes.length - 1));
  const machine = machineOn(disk, clock);
  await machine.start();
  const report = await machine.ship();
  expect(report).toMatchObject({ uploaded: 2, failed: 1, waiting: 0 });
  expect(disk.list(BUCKET).map(({ name }) => name)).toContain(OTHER_ULID);
  expect(disk.list(BUCKET).map(({ name }) => name)).not.toContain(ULID);
  expect(disk.stat(`${QUARANTINE}/block-${ULID}`)?.isDirectory).toBe(true);
  await machine.drain();
});

test('a directory that comes back under the same name is set aside beside the first', async () => {
  const { disk, clock, block } = await cutOnce();
  const ulid = block.slice(block.lastIndexOf('/') + 1);
  for (const name of [`block-${ulid}`, `block-${ulid}-2`]) {
    putFile(disk, `${block}/meta.json`, Buffer.from('x'));
    const machine = machineOn(disk, clock);
    await machine.start();
    expect(disk.stat(`${QUARANTINE}/${name}`)?.isDirectory).toBe(true);
  }
});
