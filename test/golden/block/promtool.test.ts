// A real promtool opens what Varve wrote. Skipped without one, unless REQUIRE_PEERS=1.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { runTsdbTool } from '../../../src/admin/tsdb-tool.ts';
import { loadTsdbToolConfig } from '../../../src/base/config/load-config.ts';
import { NodeDisk } from '../../../src/base/runtime/node-disk.ts';
import { parseMeta } from '../../../src/block/meta/parse.ts';
import { MergeTestWorld, RESULT_ULID, taskOf } from '../../support/merge-world.ts';
import { copiedBlocks } from './blocks.ts';
import { rewrite } from './compare.ts';

const PROMTOOL = '/usr/bin/promtool';
const isThere = existsSync(PROMTOOL);
const mustRun = process.env.REQUIRE_PEERS === '1';
const disk = new NodeDisk();
const dir = mkdtempSync(`${tmpdir()}/varve-promtool-`);
afterAll(() => rmSync(dir, { recursive: true }));

function promtool(...args: readonly string[]): string {
  return execFileSync(PROMTOOL, ['tsdb', ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 });
}

/** Samples of floats only: 2.42 does not know all histograms, and skips them without a word. */
function floatLines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !/ \{count:/.test(line));
}

async function varve(command: 'dump' | 'analyze' | 'ls', path: string): Promise<string> {
  let text = '';
  const config = loadTsdbToolConfig(new Map());
  const code = await runTsdbTool(command, [path], {
    config,
    stdout: (part) => {
      text += part;
    },
    stderr: () => {},
  });
  expect(code).toBe(0);
  return text;
}

test.runIf(isThere || mustRun)(
  'promtool lists, analyzes and dumps blocks that Varve wrote',
  async () => {
    mkdirSync(`${dir}/wal`);
    const raw = copiedBlocks.filter((block) => block.name.startsWith('raw '));
    const replica = (path: string): string | undefined =>
      parseMeta(readFileSync(`${path}/meta.json`), 'm').thanos?.labels.find(
        (l) => l.name === 'replica',
      )?.value;
    // One replica only: promtool merges what overlaps, varve tsdb dump prints each block.
    const mine = raw.filter((block) => replica(block.dir) === 'r1');
    expect(mine.length).toBeGreaterThan(2);
    for (const block of mine) rewrite(disk, block.dir, { disk, dir });
    const listed = promtool('list', dir);
    for (const block of mine) expect(listed).toContain(block.name.split(' ')[1]);
    const dumped = floatLines(promtool('dump', dir));
    expect(dumped.length).toBeGreaterThan(1000);
    // 2.42 prints label names with dots bare; newer ones, and Varve, quote them.
    const ours = floatLines(await varve('dump', dir)).map((line) =>
      line.replace(/"([a-z.]+)"=/g, '$1='),
    );
    expect(ours.toSorted()).toEqual(dumped.toSorted());
    const theirs = promtool('analyze', dir);
    const analyzed = await varve('analyze', dir);
    // 2.42 calls it `Series`.
    expect(numberOf(analyzed, 'Total Series')).toBe(numberOf(theirs, 'Series'));
    for (const line of [
      'Label names',
      'Postings (unique label pairs)',
      'Postings entries (total label pairs)',
    ])
      expect(numberOf(analyzed, line), line).toBe(numberOf(theirs, line));
    for (const title of [
      'Highest cardinality labels',
      'Highest cardinality metric names',
      'Most common label pairs',
    ])
      expect(countsOf(analyzed, title), title).toEqual(countsOf(theirs, title));
  },
);

test.runIf(isThere || mustRun)('promtool opens and dumps a block that Varve merged', async () => {
  const merged = mkdtempSync(`${tmpdir()}/varve-promtool-merged-`);
  try {
    mkdirSync(`${merged}/wal`);
    const world = new MergeTestWorld();
    const sources = copiedBlocks.filter((block) => block.name.startsWith('raw 01M832NMC'));
    expect(sources.length).toBeGreaterThan(2);
    const metas = [];
    for (const { dir: from, name } of sources)
      metas.push(await world.putDir(from, name.split(' ')[1] ?? ''));
    const labels = [{ name: 'cluster', value: 'prod-eu' }];
    expect(await world.merge(taskOf(metas, { labels }))).toMatchObject({ kind: 'made' });
    const out = `${merged}/${RESULT_ULID}`;
    mkdirSync(`${out}/chunks`, { recursive: true });
    for (const name of ['meta.json', 'index', 'chunks/000001'])
      writeFileSync(`${out}/${name}`, world.disk.readFile(`${await world.fetch()}/${name}`));
    const dumped = floatLines(promtool('dump', merged));
    expect(dumped.length).toBeGreaterThan(1000);
    const ours = floatLines(await varve('dump', merged)).map((line) =>
      line.replace(/"([a-z.]+)"=/g, '$1='),
    );
    expect(ours.toSorted()).toEqual(dumped.toSorted());
    expect(promtool('analyze', merged)).toContain(RESULT_ULID);
  } finally {
    rmSync(merged, { recursive: true });
  }
});

function numberOf(text: string, label: string): string | undefined {
  const line = text.split('\n').find((one) => one.startsWith(label));
  return line?.split(': ').at(-1);
}

/** The numbers of a list; which of several items with the same number are shown is open. */
function countsOf(text: string, title: string): number[] {
  const lines = text
    .slice(text.indexOf(`${title}:`))
    .split('\n')
    .slice(1);
  const end = lines.findIndex((line) => !/^\d+ /.test(line));
  return lines.slice(0, end < 0 ? undefined : end).map((line) => Number(line.split(' ')[0]));
}
