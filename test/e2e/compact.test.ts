// The built `varve compact` on directory buckets made of the reference blocks: one run makes what
// Thanos's compactor made of them, sample by sample and aggregate by aggregate.

import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AGGREGATES } from '../../src/base/chunk/aggregate-format.ts';
import { labelsText } from '../../src/base/model/labels.ts';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
import { BlockReader } from '../../src/block/block-reader.ts';
import { emptyChunk } from '../../src/block/chunks/segment-reader.ts';
import type { BlockMeta } from '../../src/block/meta/format.ts';
import { parseMeta } from '../../src/block/meta/parse.ts';
import { type ReferenceBlock, readDump, sharedBlocks } from '../golden/block/blocks.ts';
import { dumpedSamples, expectSame } from '../golden/compact/dumped-samples.ts';
import { plainAggregate } from '../support/aggregate-samples.ts';
import { LAUNCH } from '../support/e2e/varve-process.ts';
import { freePorts } from '../support/e2e/waiting.ts';
import { samplesOf } from '../support/merge-world.ts';

const hasShared = sharedBlocks.length > 0 || process.env.REQUIRE_PEERS === '1';
const disk = new NodeDisk();
/** The histogram of which Thanos counts one too much (docs/formats/aggregate-chunks.md). */
const INEXACT = 'request_duration_seconds';

let dir = '';
const children = new Set<ChildProcess>();
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'varve-compact-'));
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function varve(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [LAUNCH, ...args], { env: { PATH: process.env.PATH } });
  children.add(child);
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => {
    out.stdout += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    out.stderr += text.toString();
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      children.delete(child);
      resolve({ code, ...out });
    });
  });
}

interface DirectoryBucket {
  readonly path: string;
  readonly store: string;
}

function bucketOf(name: string, blocks: readonly ReferenceBlock[]): DirectoryBucket {
  const path = join(dir, name);
  mkdirSync(path);
  for (const block of blocks) {
    const ulid = block.dir.slice(block.dir.lastIndexOf('/') + 1);
    cpSync(block.dir, join(path, ulid), { recursive: true });
  }
  const yml = join(dir, `${name}.yml`);
  writeFileSync(yml, `type: FILESYSTEM\nconfig:\n  directory: ${path}\n`);
  return { path, store: `--objstore.config-file=${yml}` };
}

function setOf(name: string): readonly ReferenceBlock[] {
  return sharedBlocks.filter((block) => block.name.startsWith(`${name} `));
}

let works = 0;

/** One run of the compactor, with a data directory of its own. */
async function compact(bucket: DirectoryBucket, more: readonly string[] = []): Promise<Ended> {
  const [port = 0] = await freePorts(1);
  return varve([
    'compact',
    bucket.store,
    `--data-dir=${join(dir, `work-${works++}`)}`,
    `--http-address=127.0.0.1:${port}`,
    '--consistency-delay=0s',
    ...more,
  ]);
}

interface Stored {
  readonly meta: BlockMeta;
  readonly dir: string;
}

/** Blocks that have no deletion mark. */
function standing({ path }: DirectoryBucket): readonly Stored[] {
  return readdirSync(path)
    .filter((name) => /^[0-9A-Z]{26}$/.test(name))
    .map((name) => join(path, name))
    .filter((block) => !existsSync(join(block, 'deletion-mark.json')))
    .map((block) => ({ dir: block, meta: parseMeta(readFileSync(`${block}/meta.json`), block) }));
}

function metaOf({ dir: block }: ReferenceBlock): BlockMeta {
  return parseMeta(readFileSync(`${block}/meta.json`), block);
}

/** What is the same in blocks that hold the same: layer, labels and sources. */
function keyOf({ compaction, thanos }: BlockMeta): string {
  const labels = labelsText(thanos?.labels ?? []);
  return `${thanos?.resolutionMs} ${labels} ${[...compaction.sources].sort().join()}`;
}

/** The aggregates of each series, window by window. */
function aggregatesOf(block: string): Map<string, Record<string, unknown[]>> {
  const reader = new BlockReader(disk, block);
  const all = new Map<string, Record<string, unknown[]>>();
  const chunk = emptyChunk();
  for (const entry of reader.series()) {
    const parts: Record<string, unknown[]> = {};
    for (let i = 0; i < entry.chunkCount; i++) {
      reader.readChunk(entry, i, chunk);
      const plain = plainAggregate({
        minTimeMs: entry.chunkMinTimes.at(i),
        maxTimeMs: entry.chunkMaxTimes.at(i),
        encoding: 255,
        sampleCount: 0,
        bytes: chunk.data.slice(),
      });
      for (const name of AGGREGATES) parts[name] = [...(parts[name] ?? []), ...(plain[name] ?? [])];
    }
    all.set(labelsText(reader.labelsOf(entry)), parts);
  }
  reader.close();
  return all;
}

function expectAggregates(made: string, wanted: string): void {
  const ours = aggregatesOf(made);
  const theirs = aggregatesOf(wanted);
  expect([...ours.keys()]).toEqual([...theirs.keys()]);
  for (const [series, parts] of theirs) {
    for (const name of AGGREGATES) {
      if (name === 'counter' && series.includes(INEXACT)) continue;
      expect(ours.get(series)?.[name], `${series} ${name}`).toEqual(parts[name]);
    }
  }
}

/** The blocks of the set are those that stand in the bucket, with the same in them. */
function expectSet(bucket: DirectoryBucket, set: string, only: (meta: BlockMeta) => boolean): void {
  const made = new Map(standing(bucket).map((one) => [keyOf(one.meta), one]));
  const wanted = setOf(set).filter((block) => only(metaOf(block)));
  expect(wanted.length).toBeGreaterThan(0);
  for (const block of wanted) {
    const one = made.get(keyOf(metaOf(block)));
    expect(one, `${block.name} ${keyOf(metaOf(block))}`).toBeDefined();
    if (one === undefined) continue;
    if ((one.meta.thanos?.resolutionMs ?? 0) > 0) expectAggregates(one.dir, block.dir);
    else expectSame(samplesOf(disk, one.dir), dumpedSamples(readDump(block.dump ?? '')));
  }
}

const isMerged = ({ compaction }: BlockMeta): boolean => compaction.level > 1;

test.runIf(hasShared)(
  'without deduplication: what Thanos made of `raw`; a second run finds nothing to do',
  async () => {
    const bucket = bucketOf('raw', setOf('raw'));
    const first = await compact(bucket);
    expect(first.code, first.stderr).toBe(0);
    expectSet(bucket, 'compact', isMerged);
    const before = standing(bucket).map(({ meta }) => meta.ulid);
    const second = await compact(bucket);
    expect(second.code, second.stderr).toBe(0);
    expect(second.stderr).not.toContain('begins');
    expect(standing(bucket).map(({ meta }) => meta.ulid)).toEqual(before);
  },
  180_000,
);

test.runIf(hasShared).each([
  ['dedup', []],
  ['penalty', ['--deduplication.func=penalty']],
] as const)(
  'replicas as one: `%s`',
  async (set, more) => {
    const bucket = bucketOf('raw', setOf('raw'));
    const label = '--deduplication.replica-label=replica';
    const ended = await compact(bucket, [label, ...more]);
    expect(ended.code, ended.stderr).toBe(0);
    expectSet(bucket, set, isMerged);
  },
  180_000,
);

test.runIf(hasShared)(
  '`long-raw`, uploaded: 14 days of raw, 5m and 1h',
  async () => {
    const from = bucketOf('from', setOf('long-raw'));
    const bucket = bucketOf('long', []);
    const labels = ['--label=cluster="prod-eu"', '--label=replica="r1"'];
    const uploaded = await varve([
      'bucket',
      'upload-blocks',
      bucket.store,
      `--path=${from.path}`,
      ...labels,
    ]);
    expect(uploaded.code, uploaded.stderr).toBe(0);
    const ended = await compact(bucket);
    expect(ended.code, ended.stderr).toBe(0);
    expectSet(bucket, 'long', isMerged);
  },
  300_000,
);

test.runIf(hasShared)(
  'two runs at the same time do nothing twice',
  async () => {
    const bucket = bucketOf('raw', setOf('raw'));
    const ends = await Promise.all([compact(bucket), compact(bucket)]);
    expect(
      ends.map(({ code }) => code),
      ends.map(({ stderr }) => stderr).join(),
    ).toEqual([0, 0]);
    expectSet(bucket, 'compact', isMerged);
    const keys = standing(bucket).map(({ meta }) => keyOf(meta));
    expect(new Set(keys).size).toBe(keys.length);
    const begun = ends.map(({ stderr }) => stderr.match(/(compact|downsample) begins/g) ?? []);
    expect(begun.flat().length).toBe(7);
  },
  240_000,
);

test.runIf(hasShared)(
  'a damaged block is set aside, the rest is merged, and that is no failure',
  async () => {
    const bucket = bucketOf('raw', setOf('raw'));
    const victim = standing(bucket)
      .filter(({ meta }) => labelsText(meta.thanos?.labels ?? []).includes('r2'))
      .toSorted((a, b) => a.meta.minTimeMs - b.meta.minTimeMs)[5];
    expect(victim).toBeDefined();
    if (victim === undefined) return;
    const file = openSync(join(victim.dir, 'chunks/000001'), 'r+');
    writeSync(file, new Uint8Array([0xff, 0xff, 0xff]), 0, 3, 1_000);
    closeSync(file);
    const ended = await compact(bucket);
    expect(ended.code, ended.stderr).toBe(0);
    const mark = JSON.parse(readFileSync(join(victim.dir, 'no-compact-mark.json'), 'utf8'));
    expect(mark).toMatchObject({ id: victim.meta.ulid, reason: 'block-damaged' });
    expect(mark.details).toMatch(/^chunks\/000001 at byte \d+: /);
    const healthy = (meta: BlockMeta): boolean =>
      isMerged(meta) && !meta.compaction.sources.includes(victim.meta.ulid);
    expectSet(bucket, 'compact', healthy);
  },
  180_000,
);
