// A bucket of 20,000 small blocks: what a view of it and its plan cost when nothing is known, when the catalogue
// knows all (a process that starts), and when the process does (each round after).
//
// `npm run bench -- block-view`. BENCH_BLOCKS is how many; BENCH_STORE a store of bench/stores
// (`filesystem`, `s3 (versitygw)`). A block is a meta.json as Varve writes it, and an index and a
// file of chunks with a few bytes.

import { execFileSync } from 'node:child_process';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labelsOf } from '../../src/base/model/labels.ts';
import { UlidMaker } from '../../src/base/model/ulid.ts';
import { NodeRandom } from '../../src/base/runtime/node-random.ts';
import type { BlockMeta } from '../../src/block/meta/format.ts';
import { printMeta } from '../../src/block/meta/print.ts';
import type { Part } from '../side-by-side/parts.ts';
import type { Figures } from '../side-by-side/targets.ts';
import { programPath, STORES } from '../stores/stores.ts';
import type { ViewCost } from './view-process.ts';

const BLOCKS = Number(process.env.BENCH_BLOCKS ?? 20_000);
const STORE = process.env.BENCH_STORE ?? 'filesystem';
const GROUPS = 40;
const WINDOW_MS = 7_200_000;
/** Of files whose bytes nobody looks at. */
const FILE_BYTES = Buffer.alloc(64, 7);
/** Rounds of a process that knows all. */
const ROUNDS = 8;

/** Takes the three views. */
export const blockView: Part = async ({ dir }) => {
  const kind = STORES.find(({ name }) => name === STORE);
  if (kind === undefined) throw new Error(`BENCH_STORE: there is no store ${STORE}`);
  if (kind.program !== undefined && programPath(kind.program) === undefined)
    throw new Error(`${kind.program} is not installed`);
  const store = await kind.start(join(dir, 'store'));
  try {
    // versitygw keeps objects as files, each bucket a directory.
    makeBlocks(
      kind.program === undefined ? join(dir, 'store/bucket') : join(dir, 'store/data/bench'),
    );
    const take = (views: number, ...more: readonly string[]): readonly ViewCost[] =>
      run(store, [join(dir, 'catalog.db'), String(views), ...more]);
    const [cold] = take(1);
    const [fromCatalogue, ...rounds] = take(1 + ROUNDS);
    if (cold === undefined || fromCatalogue === undefined) throw new Error('no view was taken');
    const warm = bestOf(rounds);
    const allDue = bestOf(take(1 + ROUNDS, 'due').slice(1));
    for (const [name, cost] of Object.entries({ cold, fromCatalogue, warm, allDue }))
      console.log(`${STORE}, ${name}: ${JSON.stringify(cost)}`);
    // The targets are those of a directory.
    const name = kind.program === undefined ? 'varve' : kind.name;
    return { 'block-view': { [name]: figuresOf(cold, fromCatalogue, { warm, allDue }) } };
  } finally {
    await store.end();
  }
};

/** Others use the machine too. */
function bestOf(rounds: readonly ViewCost[]): ViewCost {
  return rounds.reduce((best, one) => (one.cpuSeconds < best.cpuSeconds ? one : best));
}

function figuresOf(
  cold: ViewCost,
  fromCatalogue: ViewCost,
  { allDue, warm }: { readonly warm: ViewCost; readonly allDue: ViewCost },
): Figures {
  const peakBytes = Math.max(cold.peakBytes, fromCatalogue.peakBytes, warm.peakBytes);
  return {
    store: STORE,
    blocks: cold.blocks,
    coldSeconds: cold.wallSeconds,
    coldCpuSeconds: cold.cpuSeconds,
    coldRequestsPerBlock: cold.reads / cold.blocks,
    fromCatalogueSeconds: fromCatalogue.wallSeconds,
    fromCatalogueCpuSeconds: fromCatalogue.cpuSeconds,
    warmSeconds: warm.wallSeconds,
    warmCpuSeconds: warm.cpuSeconds,
    warmPlanCpuSeconds: warm.planCpuSeconds,
    jobs: warm.jobs,
    allDueSeconds: allDue.wallSeconds,
    allDueJobs: allDue.jobs,
    allDuePeakMebibytes: allDue.peakBytes / 2 ** 20,
    warmReads: fromCatalogue.reads + warm.reads,
    lists: warm.lists,
    peakMebibytes: peakBytes / 2 ** 20,
  };
}

function run(
  { config, env }: { readonly config: unknown; readonly env: Readonly<Record<string, string>> },
  given: readonly string[],
): readonly ViewCost[] {
  const script = join(import.meta.dirname, 'view-process.js');
  const args = [script, JSON.stringify(config), ...given];
  const out = execFileSync(process.execPath, args, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ViewCost);
}

/** Whole years of two-hour blocks of some groups. */
function makeBlocks(root: string): void {
  let nowMs = Date.UTC(2024, 0, 1);
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };
  const ulids = new UlidMaker(clock, new NodeRandom());
  for (let block = 0; block < BLOCKS; block++) {
    nowMs += 1000;
    const ulid = ulids.next();
    const chunks = join(root, ulid, 'chunks');
    mkdirSync(chunks, { recursive: true });
    writeFileSync(join(chunks, '000001'), FILE_BYTES);
    writeFileSync(join(root, ulid, 'index'), FILE_BYTES);
    const meta = join(root, ulid, 'meta.json');
    writeFileSync(meta, printMeta(metaOf(ulid, block)));
    // What was written at the very moment of a view is read again by the next one.
    utimesSync(meta, nowMs / 1000, nowMs / 1000);
  }
}

function metaOf(ulid: string, block: number): BlockMeta {
  const minTimeMs = Date.UTC(2024, 0, 1) + Math.floor(block / GROUPS) * WINDOW_MS;
  const sizeBytes = FILE_BYTES.length;
  const files = ['chunks/000001', 'index'];
  const counts = { numFloatSamples: 120_000, numHistogramSamples: 0, numTombstones: 0 };
  return {
    ulid,
    minTimeMs,
    maxTimeMs: minTimeMs + WINDOW_MS,
    stats: { ...counts, numSamples: 120_000, numSeries: 1_000, numChunks: 1_000 },
    compaction: {
      level: 1,
      sources: [ulid],
      parents: [],
      hints: [],
      deletable: false,
      failed: false,
    },
    thanos: {
      labels: labelsOf([
        ['cluster', 'prod-eu'],
        ['replica', `r${block % 2}`],
        ['tenant_id', `tenant-${block % GROUPS}`],
      ]),
      resolutionMs: 0,
      source: 'receive',
      segmentFiles: [],
      files: [...files.map((relPath) => ({ relPath, sizeBytes })), { relPath: 'meta.json' }],
      seriesBytesMax: 100,
      chunkBytesMax: 100,
      varve: {
        wal: { segment: block, offset: 0 },
        files: files.map((relPath) => ({
          relPath,
          sizeBytes,
          crc32c: '01234567',
          sha256: 'ab'.repeat(32),
        })),
      },
    },
  };
}
