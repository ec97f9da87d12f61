import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../../../src/base/config/command-line.ts';
import { complaint, load } from './loading.ts';

const parse = (...argv: string[]) => parseCommandLine(argv, 'varve, version 1.2.3');

describe('help and version', () => {
  test.each([['serve'], ['receive'], ['sidecar'], ['compact'], ['tsdb', 'dump'], ['tsdb'], []])(
    'help of varve %s %s is as the snapshot',
    async (...command: string[]) => {
      const name = ['varve', ...command].join('-');
      const printed = parse(...command, '--help');
      expect(printed.kind).toBe('print');
      const text = printed.kind === 'print' ? printed.text : '';
      await expect(text).toMatchFileSnapshot(`__snapshots__/${name}.txt`);
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    },
  );

  test.each([[['--version']], [['serve', '--version']], [['tsdb', 'ls', '--version']]])(
    '%s prints the version and does nothing else',
    (argv) => {
      expect(parse(...argv)).toEqual({ kind: 'print', text: 'varve, version 1.2.3\n' });
    },
  );
});

test.each([
  [['--merged', 'dir'], 'true'],
  [['dir', '--merged'], 'true'],
  [['--merged=false', 'dir'], 'false'],
  [['--no-merged', 'dir'], 'false'],
])('varve tsdb dump %j: the directory is no value of a bool flag', (argv, wanted) => {
  const invocation = parse('tsdb', 'dump', ...argv);
  expect(invocation).toMatchObject({ kind: 'tsdb', args: ['dir'] });
  const given = invocation.kind === 'tsdb' ? invocation.given.get('merged')?.texts : [];
  expect(given).toEqual([wanted]);
});

describe('a mistake on the command line names what was written and what was meant', () => {
  test.each<[string[], string]>([
    [[], 'no command: say what to run: serve, receive, sidecar, compact, tsdb, bucket'],
    [
      ['compactor'],
      'this version has serve, receive, sidecar, compact, tsdb, bucket; did you mean compact?',
    ],
    [['compact', 'x'], 'command compact: takes no "x"'],
    [['compact', '--label=a="b"'], '--label: is a flag of varve serve, not of varve compact'],
    [['store', '--data-dir=x'], 'command "store": is unknown'],
    [['sevre'], 'did you mean serve?'],
    [['--tsdb.path=x', 'serve'], '--tsdb.path: stands before the command'],
    [
      ['serve', '--tsdb.retenton=15d'],
      '--tsdb.retenton: is no flag of varve serve; did you mean --tsdb.retention?',
    ],
    [['serve', '--retention=15d'], 'did you mean --tsdb.retention?'],
    [['serve', '-tsdb.retention=15d'], 'two dashes'],
    [['receive', '--data-dir=x'], '--data-dir: is a flag of varve serve, not of varve receive'],
    [['serve', '--limit=3'], '--limit: is a flag of varve tsdb'],
    [['serve', '--compact.concurency=3'], 'did you mean --compact.concurrency?'],
    [['serve', '--tsdb.retention'], '--tsdb.retention: needs a value'],
    [['serve', '--tsdb.retention=1d', '--tsdb.retention=2d'], '--tsdb.retention: is given twice'],
    [['serve', '--tsdb.wal-compression', '--no-tsdb.wal-compression'], 'is given twice'],
    [['serve', 'x'], 'command serve: takes no "x"'],
    [['sidecar', 'x'], 'command sidecar: takes no "x"'],
    [['sidecar', '--label=a="b"'], '--label: is a flag of varve serve, not of varve sidecar'],
    [['serve', '--prometheus.url=x'], '--prometheus.url: is a flag of varve sidecar'],
    [['tsdb'], 'command tsdb: needs one of ls, dump, analyze, verify'],
    [['tsdb', 'anlyze'], 'did you mean analyze?'],
    [['tsdb', 'ls'], 'command tsdb ls: needs a directory'],
  ])('%j', (argv, message) => {
    expect(complaint(() => parse(...argv))).toContain(message);
  });
});

describe('bools', () => {
  test.each<[string[], boolean]>([
    [[], false],
    [['--tsdb.wal-compression'], true],
    [['--no-tsdb.wal-compression'], false],
    [['--tsdb.wal-compression=false'], false],
    [['--tsdb.wal-compression', 'false'], false],
    [['--tsdb.wal-compression=true', '--http-grace-period=1s'], true],
    [['--tsdb.wal-compression', '--http-grace-period=1s'], true],
  ])('%j gives %s', (flags, value) => {
    expect(load({ argv: ['serve', ...flags] }).config.tsdbWalCompression).toBe(value);
  });
});

test('a tool gets its directories and flags', () => {
  const got = parse('tsdb', 'dump', 'a', '--min-time=-5', 'b');
  expect(got).toMatchObject({ kind: 'tsdb', command: 'dump', args: ['a', 'b'] });
});

test("varve compact takes Thanos's short -w, and -o as the bucket tools do", () => {
  const got = parse('compact', '-w', '-o=json', '--dry-run');
  expect(got.kind).toBe('compact');
  const given = got.kind === 'compact' ? got.given : new Map();
  expect(given.get('wait')?.texts).toEqual(['true']);
  expect(given.get('output')?.texts).toEqual(['json']);
  const apart = parse('compact', '-o', 'json', '-w');
  expect(apart.kind === 'compact' ? apart.given.get('output')?.texts : []).toEqual(['json']);
});
