import { expect, test } from 'vitest';
import { analyze } from '../../../../src/admin/tsdb/analyze.ts';
import { dump, floatText } from '../../../../src/admin/tsdb/dump.ts';
import { dumpWal } from '../../../../src/admin/tsdb/dump-wal.ts';
import { locate } from '../../../../src/admin/tsdb/locate.ts';
import { listBlocks } from '../../../../src/admin/tsdb/ls.ts';
import { Lines, printTable } from '../../../../src/admin/tsdb/output.ts';
import { verify } from '../../../../src/admin/tsdb/verify.ts';
import { MemoryDisk } from '../../../support/memory-disk.ts';
import { makeBlock, ULID } from '../../block/make-block.ts';

test('lines are handed on in pieces, and the rest when flushed', () => {
  const pieces: string[] = [];
  const lines = new Lines((text) => pieces.push(text));
  for (let i = 0; i < 20_000; i++) lines.line(`line ${i}`);
  expect(pieces.length).toBeGreaterThan(1);
  lines.flush();
  lines.flush();
  expect(pieces.join('').split('\n').length).toBe(20_001);
});

test('tables have aligned columns', () => {
  let text = '';
  const lines = new Lines((piece) => {
    text += piece;
  });
  printTable(lines, [
    ['A', 'BB'],
    ['aaa', 'b'],
  ]);
  lines.flush();
  expect(text).toBe('A    BB\naaa  b\n');
});

test('a block, a data directory and a directory of tenants are all found', () => {
  const disk = new MemoryDisk();
  const { dir } = makeBlock(disk);
  disk.makeDir('/data/tenant/wal');
  disk.makeDir('/data/empty');
  disk.makeDir('/data/.varve/quarantine');
  const tenant = { path: '/data/tenant', blocks: [dir], unfinished: [], wal: '/data/tenant/wal' };
  expect(locate(disk, '/data/')).toEqual([{ ...tenant, name: 'tenant' }]);
  expect(locate(disk, '/data/tenant')).toEqual([{ ...tenant, name: '' }]);
  expect(locate(disk, dir)).toMatchObject([{ blocks: [`/data/tenant/${ULID}`], wal: undefined }]);
});

test('floats print from their bits', () => {
  expect(floatText(0, 0x3ff0_0000)).toBe('1');
  expect(floatText(2, 0x7ff0_0000)).toBe('NaN');
});

test('every tool is there', () => {
  // What they print is in ../tsdb-tool.test.ts.
  for (const tool of [analyze, dump, dumpWal, listBlocks, verify])
    expect(tool).toBeTypeOf('function');
});
