import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { runTsdbTool } from '../../../src/admin/tsdb-tool.ts';
import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import type { TsdbCommand } from '../../../src/base/config/command-line.ts';
import { loadTsdbToolConfig } from '../../../src/base/config/load-config.ts';
import type { Disk } from '../../../src/base/runtime/disk.ts';
import { NodeDisk } from '../../../src/base/runtime/node-disk.ts';
import { BlockReader } from '../../../src/block/block-reader.ts';
import { writeTombstones } from '../../../src/block/tombstones.ts';
import { encodeSamples, makeSampleColumns } from '../../../src/wal/samples-record.ts';
import { beginSeries, beginSeriesRecord, writeLabel } from '../../../src/wal/series-record.ts';
import { WalLog } from '../../../src/wal/wal-log.ts';
import { bitsOf } from '../../support/head/head-world.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { DIR, makeBlock, SOME_SERIES, ULID } from '../block/make-block.ts';

const OTHER_ULID = '01M832KAKEEA2N5T8Y6TGBNZRP';

async function run(
  disk: Disk,
  command: TsdbCommand,
  dir: string,
  settings: {
    readonly output?: 'text' | 'json';
    readonly minTimeMs?: number;
    readonly maxTimeMs?: number;
    readonly merged?: boolean;
  } = {},
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runTsdbTool(
    command,
    [dir],
    {
      config: { ...loadTsdbToolConfig(new Map()), ...settings },
      stdout: (text) => {
        out += text;
      },
      stderr: (text) => {
        err += text;
      },
    },
    disk,
  );
  return { code, out, err };
}

const DOWNSAMPLED = 'test/golden/data/blocks/compact/01M832ZGBGXPV323YSG0WR6PZ0';

test('dump prints the aggregates of a downsampled block, part by part', async () => {
  const times = { minTimeMs: 1_793_837_100_000, maxTimeMs: 1_793_837_400_000 };
  const { code, out, err } = await run(new NodeDisk(), 'dump', DOWNSAMPLED, times);
  expect([code, err]).toEqual([0, '']);
  const lines = out.split('\n').filter((line) => /"up"|v1.write/.test(line));
  expect(lines.slice(0, 3)).toEqual([
    expect.stringMatching(/^\{__aggregate__="count", .*write.* 5 1793837399999$/),
    expect.stringMatching(/^\{__aggregate__="sum", .*write.*\} \{count:\d+, .* 1793837399999$/),
    expect.stringMatching(/^\{__aggregate__="counter", .*write.*\{count:\d+, .* 1793837399999$/),
  ]);
  expect(lines.slice(3)).toEqual(
    ['count', 'sum', 'min', 'max', 'counter'].map((part) => {
      const value = part === 'count' || part === 'sum' ? 5 : 1;
      return `{__aggregate__="${part}", __name__="up", instance="a:9090", job="api"} ${value} 1793837399999`;
    }),
  );
});

test('ls lists the blocks of each tenant', async () => {
  const disk = new MemoryDisk();
  makeBlock(disk);
  makeBlock(disk, SOME_SERIES, { ulid: OTHER_ULID });
  const { code, out } = await run(disk, 'ls', '/data');
  expect(code).toBe(0);
  const [head, ...rows] = out.trimEnd().split('\n');
  expect(head).toMatch(/^DIRECTORY +BLOCK ULID +MIN TIME .* LABELS$/);
  expect(rows.length).toBe(2);
  expect(rows[0]).toMatch(
    new RegExp(
      `^tenant +${ULID} +1970-01-01T00:00:01.000Z +.* 3s +6 +4 +3 +\\d+ +1 +raw +\\{tenant_id="tenant"\\}$`,
    ),
  );
  const json = await run(disk, 'ls', '/data/tenant', { output: 'json' });
  expect(JSON.parse(json.out.split('\n')[0]!)).toMatchObject({
    ulid: ULID,
    level: 1,
    resolution: 0,
  });
});

test('dump prints each sample, within the times that are asked for, and none that is deleted', async () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  expect((await run(disk, 'dump', dir)).out).toBe(
    [
      '{__name__="down", job="a"} 1 1000',
      '{__name__="down", job="a"} 2.5 2000',
      '{__name__="up", job="a"} 1 1000',
      '{__name__="up", job="a"} 1 2000',
      '{__name__="up", job="a"} 0 3000',
      '{__name__="up", job="b", "süd"="ü"} NaN 1500',
      '',
    ].join('\n'),
  );
  const some = await run(disk, 'dump', dir, { minTimeMs: 1500, maxTimeMs: 1999, output: 'json' });
  expect(some.out).toBe(
    '{"labels":[["__name__","up"],["job","b"],["süd","ü"]],"time":1500,"value":"NaN"}\n',
  );
  const refs = new BlockReader(disk, dir).index.allPostings();
  writeTombstones(disk, dir, new Map([[refs.at(0), [{ minTimeMs: 0, maxTimeMs: 1000 }]]]));
  const rest = await run(disk, 'dump', dir);
  expect(rest.out).not.toContain('down", job="a"} 1 1000');
  expect(rest.out).toContain('down", job="a"} 2.5 2000');
});

/** Series 1, `up{job="a"}`. */
function seriesRecord(): Uint8Array {
  const writer = new ByteWriter();
  beginSeriesRecord(writer);
  beginSeries(1, 2, writer);
  writeLabel(Buffer.from('__name__'), Buffer.from('up'), writer);
  writeLabel(Buffer.from('job'), Buffer.from('a'), writer);
  return writer.view();
}

/** A sample of series 1. */
function sampleRecord(timeMs: number, value: number): Uint8Array {
  const writer = new ByteWriter();
  const columns = makeSampleColumns();
  const { low, high } = bitsOf(value);
  columns.refs.push(1);
  columns.times.push(timeMs);
  columns.lows.push(low);
  columns.highs.push(high);
  encodeSamples(columns, writer);
  return writer.view();
}

/** A stream's directory: a block, another over the same times, and a log. */
async function streamDir(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const log = new WalLog({ disk, dir: `${DIR}/wal`, clock: new ManualClock() });
  log.append(seriesRecord());
  log.append(sampleRecord(2000, 1));
  // What was logged up to here is in the blocks; behind it a sample that a block has otherwise.
  const wal = await log.sync();
  log.append(sampleRecord(3000, 9));
  log.append(sampleRecord(5000, 5));
  await log.close();
  makeBlock(disk, SOME_SERIES, { wal });
  const labels = { __name__: 'up', job: 'a' };
  const chunk = [
    [2000, 1],
    [2500, 2],
  ] as const;
  makeBlock(disk, [{ labels, chunks: [chunk] }], { ulid: OTHER_ULID, wal });
  return disk;
}

test('dump --merged has each sample once, by series and time, and counts what stood twice', async () => {
  const disk = await streamDir();
  const before = disk.allFiles();
  const { code, out, err } = await run(disk, 'dump', DIR, { merged: true });
  expect(out).toBe(
    [
      '{__name__="down", job="a"} 1 1000',
      '{__name__="down", job="a"} 2.5 2000',
      '{__name__="up", job="a"} 1 1000',
      '{__name__="up", job="a"} 1 2000',
      '{__name__="up", job="a"} 2 2500',
      '{__name__="up", job="a"} 0 3000',
      '{__name__="up", job="a"} 5 5000',
      '{__name__="up", job="b", "süd"="ü"} NaN 1500',
      '',
    ].join('\n'),
  );
  expect(err).toBe(
    `varve: ${DIR}: 8 samples; in more than one place 1 with the same value, 1 with another\n` +
      `varve: ${DIR}: in the log and left out 1 that blocks hold, 0 with another value, 0 of unknown series\n`,
  );
  expect(code).toBe(0);
  expect(disk.allFiles()).toEqual(before);
  const some = { merged: true, minTimeMs: 2000, maxTimeMs: 2500 };
  expect((await run(disk, 'dump', DIR, some)).out.split('\n').length).toBe(4);
});

test('dump --merged goes on without a block that is damaged, and says so', async () => {
  const disk = await streamDir();
  disk.replaceFile(`${DIR}/${ULID}/index`, Buffer.from('nothing'));
  const { code, out, err } = await run(disk, 'dump', DIR, { merged: true, output: 'json' });
  expect(code).toBe(1);
  expect(err).toContain(`${DIR}, ${ULID}: `);
  expect(out.split('\n').filter((line) => line.includes('"job","a"')).length).toBe(4);
});

test('dump --merged takes one stream', async () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  makeBlock(disk, SOME_SERIES, { ulid: OTHER_ULID, labels: [{ name: 'tenant_id', value: 'b' }] });
  const two = await run(disk, 'dump', DIR, { merged: true });
  expect(two).toMatchObject({ code: 1, out: '', err: expect.stringContaining('several streams') });
  const block = await run(disk, 'dump', dir, { merged: true });
  expect(block).toMatchObject({ code: 1, out: '', err: expect.stringContaining('not a block') });
});

test('analyze counts label pairs, names and metrics', async () => {
  const disk = new MemoryDisk();
  makeBlock(disk);
  const { code, out } = await run(disk, 'analyze', '/data');
  expect(code).toBe(0);
  expect(out).toContain('Total Series: 3\nLabel names: 3\nPostings (unique label pairs): 5\n');
  expect(out).toContain('Highest cardinality metric names:\n2 up\n1 down\n');
  expect(out).toContain('Most common label pairs:\n2 ');
});

test('verify says what is wrong with every block, and ends with 1', async () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  expect(await run(disk, 'verify', '/data')).toEqual({
    code: 0,
    out: '1 blocks and 0 logs verified, 0 findings\n',
    err: '',
  });
  const bytes = Buffer.from(disk.readFile(`${dir}/chunks/000001`));
  bytes.writeUInt8(bytes.readUInt8(20) ^ 4, 20);
  disk.replaceFile(`${dir}/chunks/000001`, bytes);
  disk.makeDir(`/data/tenant/${OTHER_ULID}.tmp-for-creation`);
  const { code, out } = await run(disk, 'verify', '/data');
  expect(code).toBe(1);
  expect(out).toContain(
    `error: ${dir}/chunks/000001, byte 8: the checksum of a chunk does not match`,
  );
  expect(out).toContain('a block that was never finished');
});

test('a block that cannot be read does not hide the others', async () => {
  const disk = new MemoryDisk();
  const broken = makeBlock(disk).dir;
  makeBlock(disk, SOME_SERIES, { ulid: OTHER_ULID });
  disk.removeFile(`${broken}/meta.json`);
  for (const command of ['ls', 'dump', 'verify'] as const) {
    const { code, out, err } = await run(disk, command, '/data');
    expect(code, command).toBe(1);
    expect(out + err, command).toContain(ULID);
    expect(out, command).not.toBe('');
  }
});

test('a directory that is not there is said so', async () => {
  await expect(run(new MemoryDisk(), 'ls', '/nowhere')).rejects.toThrow(/no directory \/nowhere/);
});

const SHARED_WAL = '../shared/golden/wal';

test.runIf(existsSync(SHARED_WAL))('dump of a log is what promtool dumps of it', async () => {
  const disk = new MemoryDisk();
  disk.makeDir('/data/wal');
  for (const name of ['00000000', '00000001'])
    disk.replaceFile(`/data/wal/${name}`, new NodeDisk().readFile(`${SHARED_WAL}/awkward/${name}`));
  const wanted = gunzipSync(readFileSync(`${SHARED_WAL}/awkward.expected.txt.gz`))
    .toString()
    .trimEnd()
    .split('\n');
  const firstTimeMs = Math.min(...wanted.map((line) => Number(line.split(' ').at(-1))));
  const { code, out } = await run(disk, 'dump', '/data', { minTimeMs: firstTimeMs });
  expect(code).toBe(0);
  // Bounds of exponential buckets may differ in their last digit.
  const rounded = (line: string): string =>
    line.replace(/\d+\.\d{12,}/g, (number) => Number(number).toPrecision(12));
  const lines = out.trimEnd().split('\n').map(rounded).toSorted();
  expect(lines).toEqual(wanted.map(rounded).toSorted());
});
