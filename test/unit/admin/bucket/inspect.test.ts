import { expect, test } from 'vitest';
import { BucketWorld, ULIDS } from '../../../support/bucket-world.ts';
import { SOME_SERIES } from '../../block/make-block.ts';

const [A, B, C] = ULIDS;

async function world(): Promise<BucketWorld> {
  const made = new BucketWorld();
  await made.putBlock(A, { labels: [{ name: 'cluster', value: 'eu' }] });
  await made.putBlock(B, {
    labels: [
      { name: 'cluster', value: 'us' },
      { name: 'note', value: 'a "quoted", one' },
    ],
    series: SOME_SERIES.slice(0, 1),
  });
  await made.put(`${C}/index`, 'half');
  return made;
}

test("the table has Thanos's columns", async () => {
  const { code, out, err } = await (await world()).run('inspect', '-l', 'cluster="eu"');
  expect(code).toBe(0);
  const [head, rule, row, ...rest] = out.split('\n');
  const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim());
  expect(cells(head!)).toEqual([
    '',
    ...['ULID', 'FROM', 'UNTIL', 'RANGE', 'UNTIL-DOWN', '#SERIES', '#SAMPLES', '#CHUNKS'],
    ...['COMP-LEVEL', 'COMP-FAILED', 'LABELS', 'RESOLUTION', 'SOURCE', ''],
  ]);
  expect(rule).toMatch(/^\|-+\|/);
  expect(cells(row!)).toEqual([
    '',
    ...[A, '1970-01-01T00:00:01.000Z', '1970-01-01T00:00:04.000Z', '3s', '39h59m57s'],
    ...['3', '6', '4', '1', 'false', 'cluster=eu', '0s', 'receive', ''],
  ]);
  expect(rest).toEqual(['']);
  expect(err).toContain(`${C} is no block`);
});

test.each<[string[], string[]]>([
  [[], [A, B]],
  [['--sort-by=#SERIES'], [B, A]],
  [
    ['--sort-by=LABELS', '--sort-by=ULID'],
    [A, B],
  ],
  [
    ['--sort-by=RANGE', '--sort-by=#SAMPLES'],
    [B, A],
  ],
])('%j sorts', async (argv, wanted) => {
  const { out } = await (await world()).run('inspect', '--output=json', ...argv);
  const rows = out.trimEnd().split('\n');
  expect(rows.map((row) => JSON.parse(row).ULID)).toEqual(wanted);
});

test('a column that is none is a mistake', async () => {
  await expect((await world()).run('inspect', '--sort-by=SIZE')).rejects.toThrow(/--sort-by/);
});

test('csv quotes what has quotes or commas in it', async () => {
  const { out } = await (await world()).run('inspect', '--output=csv');
  const [head, , b] = out.split('\n');
  expect(head).toBe(
    'ULID,FROM,UNTIL,RANGE,UNTIL-DOWN,#SERIES,#SAMPLES,#CHUNKS,COMP-LEVEL,COMP-FAILED,LABELS,RESOLUTION,SOURCE',
  );
  expect(b).toContain(',"cluster=us,note=a ""quoted"", one",0s,receive');
  const tsv = await (await world()).run('inspect', '--output=tsv');
  expect(tsv.out.split('\n')[1]!.split('\t')).toHaveLength(13);
});

test('a block that cannot be read is named and makes the exit code 1', async () => {
  const made = await world();
  await made.put(`${A}/meta.json`, '{');
  const { code, out, err } = await made.run('inspect');
  expect(code).toBe(1);
  expect(out).toContain(B);
  expect(err).toContain(`${A}: `);
});
