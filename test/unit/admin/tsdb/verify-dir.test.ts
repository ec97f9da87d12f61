// A data directory whose parts contradict each other: one contradiction a row, made from a good
// directory, and verify says exactly that one; then all of them at once.

import { expect, test } from 'vitest';
import { verifyDir } from '../../../../src/admin/tsdb/verify-dir.ts';
import { createStreamDir } from '../../../../src/block/stream-file.ts';
import { runTool } from '../../../support/log-readers.ts';
import {
  changeFile,
  named,
  putFile,
  samplesRecord,
  seriesRecord,
  writeLog,
} from '../../../support/log-records.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { makeBlock, SOME_SERIES, ULID } from '../../block/make-block.ts';

const OTHER_ULID = '01M832KAKEEA2N5T8Y6TGBNZRP';
const LIFTED = [{ name: 'replica', value: 'r1' }];

/** A stream's directory with a log that goes beyond its block's position. */
async function goodDir(): Promise<{ disk: MemoryDisk; dir: string }> {
  const disk = new MemoryDisk();
  const dir = createStreamDir(disk, '/tsdb', { tenant: 'tenant', lifted: LIFTED });
  putBlock(disk, dir, ULID, 'r1');
  await writeLog(
    disk,
    `${dir}/wal`,
    [[seriesRecord(named(1, 'm')), samplesRecord([1, 1, 1])], [samplesRecord([1, 2, 1])]],
    3,
  );
  return { disk, dir };
}

/** A block of the range [1000, 4000), cut at segment 3, byte 4096. */
function putBlock(disk: MemoryDisk, dir: string, ulid: string, replica: string): void {
  const labels = [
    { name: 'replica', value: replica },
    { name: 'tenant_id', value: 'tenant' },
  ];
  const made = makeBlock(disk, SOME_SERIES, { ulid, labels });
  for (const path of disk.allFiles().filter((one) => one.startsWith(`${made.dir}/`)))
    putFile(disk, path.replace(made.dir, `${dir}/${ulid}`), disk.readFile(path));
  disk.removeTree(made.dir);
}

type Change = (disk: MemoryDisk, dir: string) => void | Promise<void>;

const ROWS: readonly (readonly [string, Change, RegExp])[] = [
  [
    'labels of another stream',
    (disk, dir) => putBlock(disk, dir, OTHER_ULID, 'r2'),
    /error: .*its label replica is not that of this stream, "r1"/,
  ],
  [
    'a second block of the same times',
    (disk, dir) => putBlock(disk, dir, OTHER_ULID, 'r1'),
    /info: .*its times overlap those of /,
  ],
  [
    'a log that ends before a block’s position',
    (disk, dir) => {
      disk.removeFile(`${dir}/wal/00000004`);
      changeFile(disk, `${dir}/wal/00000003`, (bytes) => bytes.fill(0, 60));
    },
    /warning: .*it was cut at segment 3, byte 4096 of the log, which ends at segment 3/,
  ],
  ['no stream.json', (disk, dir) => disk.removeFile(`${dir}/stream.json`), /error: .*stream\.json/],
  [
    'a stream.json that is not JSON',
    (disk, dir) => putFile(disk, `${dir}/stream.json`, Buffer.from('{')),
    /error: .*stream\.json.*is not JSON/,
  ],
  [
    'a stream.json of other labels',
    (disk, dir) =>
      changeFile(disk, `${dir}/stream.json`, (bytes) => bytes.write('x', bytes.indexOf('r1'))),
    /error: .*does not belong to the directory/,
  ],
  [
    'what is left of a block that was removed',
    (disk, dir) => disk.makeDir(`${dir}/${OTHER_ULID}.tmp-for-deletion`),
    /info: .*tmp-for-deletion.*being removed/,
  ],
  [
    'what is left of a block that was written',
    (disk, dir) => disk.makeDir(`${dir}/${OTHER_ULID}.tmp-for-creation`),
    /warning: .*tmp-for-creation.*never finished/,
  ],
];

test('a good directory has no finding', async () => {
  const { disk, dir } = await goodDir();
  const { code, out } = await runTool(disk, 'verify', dir);
  expect([code, out]).toEqual([0, ['1 blocks and 1 logs verified, 0 findings']]);
  expect(verifyDir.name).toBe('verifyDir');
});

test.each(ROWS)('%s: that is said, and nothing else', async (_, change, wanted) => {
  const { disk, dir } = await goodDir();
  await change(disk, dir);
  const { code, out } = await runTool(disk, 'verify', dir);
  const findings = out
    .slice(0, -1)
    .filter((line) => !/late|overlap/.test(line) || /overlap/.test(String(wanted)));
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatch(wanted);
  expect(code).toBe(String(wanted).startsWith('/info') ? 0 : 1);
});

test('everything is said at once, also of log and blocks, and as JSON', async () => {
  const { disk, dir } = await goodDir();
  putBlock(disk, dir, OTHER_ULID, 'r2');
  disk.makeDir(`${dir}/${OTHER_ULID}.tmp-for-deletion`);
  changeFile(disk, `${dir}/${ULID}/index`, (bytes) => bytes.writeUInt8(9, 70));
  await writeLog(disk, `${dir}/wal`, [[samplesRecord([1, 3, 1], [77, 1, 1])]]);
  putFile(disk, `${dir}/wal/notes`, Buffer.from('x'));
  const { code, out } = await runTool(disk, 'verify', dir, { output: 'json' });
  expect(code).toBe(1);
  const findings = out.map((line) => JSON.parse(line));
  const whats = findings.map(({ what }) => String(what)).join('\n');
  for (const part of [
    /its CRC-32C is not the one/,
    /its label replica is not/,
    /being removed/,
    /1 samples of 1 series that no readable record names: 77/,
    /neither a segment nor a checkpoint/,
  ])
    expect(whats).toMatch(part);
  for (const one of findings)
    expect(Object.keys(one)).toEqual(expect.arrayContaining(['in', 'what', 'severity']));
});

test('a bucket’s directory may hold blocks of everybody', async () => {
  const disk = new MemoryDisk();
  putBlock(disk, '/bucket', ULID, 'r1');
  putBlock(disk, '/bucket', OTHER_ULID, 'r2');
  expect((await runTool(disk, 'verify', '/bucket')).out).toEqual([
    '2 blocks and 0 logs verified, 0 findings',
  ]);
});
