// Mutated blocks in buckets of healthy ones, and the whole compactor on each bucket: the view, the
// plan, the workers. What must hold:
//   - what was merged holds the samples that its sources had before anything was changed in them, so
//     no change of meaning came through;
//   - no healthy block waits for a bad one: wherever two that can be merged lie side by side, they
//     are; a group without a bad block is as if there was none; nothing is left to do at the end;
//   - healthy blocks have no mark that speaks against them.

import { expect } from 'vitest';
import type { Labels } from '../../src/base/model/labels.ts';
import { collect } from '../../src/base/runtime/file-pieces.ts';
import type { BlockMeta } from '../../src/block/meta/format.ts';
import { parseMeta } from '../../src/block/meta/parse.ts';
import { printMeta } from '../../src/block/meta/print.ts';
import type { PlanDocument } from '../../src/compact/plan/print.ts';
import { CompactionWorld } from '../support/compact/compaction-world.ts';
import { ulidOf } from '../support/compact/plan-blocks.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { type SampleText, samplesOf } from '../support/merge-world.ts';
import { randomBlock, seriesOf, WINDOW_MS } from '../support/random-blocks.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { type Files, MUTATIONS, type Mutation } from './compact-mutations.ts';

/** Who made the blocks: Varve; a Thanos that lists files; one that lists none. */
const MAKERS = ['varve', 'thanos', 'older thanos'] as const;
type Maker = (typeof MAKERS)[number];

/** Blocks of one range, which are merged when it is over, and two behind it. */
const MERGED = 4;
const BLOCKS = 6;
/** Buckets that are made; each is then used again and again with other mutations. */
const BUCKETS = 24;
const PLAN = { levelRangesMs: [WINDOW_MS, MERGED * WINDOW_MS], isDownsamplingDisabled: true };

type Samples = ReadonlyMap<string, readonly SampleText[]>;

interface MadeBlock {
  readonly ulid: string;
  readonly files: Files;
  readonly samples: Samples;
}

/** What came of the mutated blocks, by mutation. */
export interface CampaignCounts {
  mutated: number;
  /** Got a no-compact mark. */
  setAside: number;
  /** Named in the plan as no sound block. */
  faults: number;
  /** Merged, and every sample was as before. */
  harmless: number;
  /** In no merge, as none was due with it. */
  alone: number;
}

/** Runs until so many blocks were mutated. */
export async function runCampaign(
  mutated: number,
  firstSeed: number,
): Promise<ReadonlyMap<string, CampaignCounts>> {
  const counts = new Map<string, CampaignCounts>();
  let done = 0;
  for (let seed = firstSeed; done < mutated; seed++) {
    const random = new SeededRandom(seed);
    const maker = MAKERS[seed % MAKERS.length] ?? 'varve';
    done += await runOne({ random, maker, seed, made: bucketOf(seed % BUCKETS) }, counts);
  }
  return counts;
}

interface Run {
  readonly random: SeededRandom;
  readonly maker: Maker;
  readonly seed: number;
  /** Two groups; the first gets the bad blocks. */
  readonly made: readonly (readonly MadeBlock[])[];
}

async function runOne(run: Run, counts: Map<string, CampaignCounts>): Promise<number> {
  const [sick = [], sound = []] = run.made;
  const mutations = mutate(run, sick);
  const world = new CompactionWorld();
  for (const { files, ulid } of [...sick, ...sound]) {
    const changed = mutations.get(ulid)?.files ?? asMadeBy(run.maker, files);
    for (const [name, bytes] of changed) await world.putFile(`${ulid}/${name}`, bytes);
  }
  const before = new Set([...sick, ...sound].map(({ ulid }) => ulid));
  const compaction = await world.start({ plan: PLAN });
  const failed = await compaction.run();
  const plan = await compaction.plan();
  await compaction.close();
  const names = [...mutations].map(([ulid, { mutation }]) => `${ulid}: ${mutation.name}`);
  const seen = `seed ${run.seed}, ${run.maker}: ${names.join('; ')}`;
  expect(failed, seen).toBe(0);
  expect(plan.jobs, seen).toEqual([]);
  const merged = await mergedIn(world, before);
  checkSamples(merged, [...sick, ...sound], seen);
  const healthy = sick.slice(0, MERGED).map(({ ulid }) => (mutations.has(ulid) ? '' : ulid));
  checkMerged(healthy, merged, seen);
  checkMerged(
    sound.slice(0, MERGED).map(({ ulid }) => ulid),
    merged,
    seen,
  );
  const marks = (await world.keys()).filter((key) => key.endsWith('/no-compact-mark.json'));
  const set = new Set(marks.map((key) => key.slice(0, 26)));
  for (const ulid of set) expect(mutations.has(ulid), `${seen}; marked: ${ulid}`).toBe(true);
  for (const [ulid, { mutation }] of mutations)
    count(counts, mutation.name, ulid, { merged, plan, set });
  return mutations.size;
}

/** Changes one to three of the blocks that are to be merged. */
function mutate({ maker, random }: Run, blocks: readonly MadeBlock[]) {
  const changed = new Map<string, { readonly files: Files; readonly mutation: Mutation }>();
  const possible = MUTATIONS.filter(({ shownBy }) => shownBy === 'anybody' || maker === 'varve');
  const wanted = random.between(1, MERGED);
  while (changed.size < wanted) {
    const at = random.between(0, MERGED);
    const block = blocks.at(at);
    const next = blocks.at((at + 1) % MERGED);
    if (block === undefined || next === undefined || changed.has(block.ulid)) continue;
    const files = asMadeBy(maker, block.files);
    const mutation = random.pick(possible);
    const other = asMadeBy(maker, next.files);
    if (mutation.run({ files, random, other }) === false) continue;
    changed.set(block.ulid, { files, mutation });
  }
  return changed;
}

/** The blocks that were made, by ULID: what they hold and of which. */
async function mergedIn(world: CompactionWorld, before: ReadonlySet<string>) {
  const merged = new Map<
    string,
    { readonly parents: readonly string[]; readonly samples: Samples }
  >();
  const disk = new MemoryDisk();
  for (const key of await world.keys()) {
    const ulid = key.slice(0, 26);
    if (key.startsWith('varve/') || before.has(ulid)) continue;
    disk.makeDir(`/${ulid}/chunks`);
    disk.replaceFile(`/${key}`, await collect(world.bucket.get(key), 2 ** 30, key));
    if (!key.endsWith('/meta.json')) continue;
    const meta = parseMeta(disk.readFile(`/${key}`), key);
    const parents = meta.compaction.parents.map((parent) => parent.ulid);
    merged.set(ulid, { parents, samples: new Map() });
  }
  for (const [ulid, one] of merged)
    merged.set(ulid, { ...one, samples: samplesOf(disk, `/${ulid}`) });
  return merged;
}

type Merged = Awaited<ReturnType<typeof mergedIn>>;

function checkSamples(merged: Merged, made: readonly MadeBlock[], seen: string): void {
  const byUlid = new Map(made.map((one) => [one.ulid, one]));
  for (const [ulid, { parents, samples }] of merged) {
    const wanted = new Map<string, SampleText[]>();
    for (const parent of leavesOf(parents, merged))
      for (const [labels, some] of byUlid.get(parent)?.samples ?? [])
        wanted.set(labels, [...(wanted.get(labels) ?? []), ...some]);
    for (const all of wanted.values()) all.sort(([a], [b]) => a - b);
    expect(Object.fromEntries(samples), `${seen}; ${ulid}`).toEqual(Object.fromEntries(wanted));
  }
}

/** Of what was merged again, what it was made of. */
function leavesOf(parents: readonly string[], merged: Merged): readonly string[] {
  return parents.flatMap((ulid) => {
    const again = merged.get(ulid);
    return again === undefined ? [ulid] : leavesOf(again.parents, merged);
  });
}

/** @param healthy in the order of time; empty for one that is not */
function checkMerged(healthy: readonly string[], merged: Merged, seen: string): void {
  const sets = [...merged.values()].map(({ parents }) => new Set(leavesOf(parents, merged)));
  for (const [i, ulid] of healthy.entries()) {
    const next = healthy.at(i + 1);
    if (ulid === '' || next === undefined || next === '') continue;
    const isTogether = sets.some((set) => set.has(ulid) && set.has(next));
    expect(isTogether, `${seen}; ${ulid} and ${next} wait`).toBe(true);
  }
}

function count(
  counts: Map<string, CampaignCounts>,
  name: string,
  ulid: string,
  found: {
    readonly merged: Merged;
    readonly plan: PlanDocument;
    readonly set: ReadonlySet<string>;
  },
): void {
  const all = counts.get(name) ?? { mutated: 0, setAside: 0, faults: 0, harmless: 0, alone: 0 };
  counts.set(name, all);
  all.mutated++;
  const kept = found.plan.kept.find((one) => one.ulid === ulid);
  const isMerged = [...found.merged.values()].some(({ parents }) => parents.includes(ulid));
  if (found.set.has(ulid)) all.setAside++;
  else if (kept?.reason === 'fault' || kept?.reason === 'partial') all.faults++;
  else if (isMerged) all.harmless++;
  else all.alone++;
}

/** The files of a block as this maker would have written them. */
function asMadeBy(maker: Maker, files: Files): Files {
  const all: Files = new Map(files);
  if (maker === 'varve') return all;
  const meta = parseMeta(files.get('meta.json') ?? new Uint8Array(), 'meta.json');
  all.set('meta.json', printMeta(foreign(meta, maker === 'thanos')));
  return all;
}

function foreign({ rest, thanos, ...meta }: BlockMeta, listsFiles: boolean): BlockMeta {
  if (thanos === undefined) return meta;
  const files = thanos.files.map(({ relPath, sizeBytes }) => ({ relPath, sizeBytes }));
  const listed = listsFiles ? { files } : { files: [], segmentFiles: [] };
  return { ...meta, thanos: { ...thanos, source: 'sidecar', ...listed, varve: undefined } };
}

const buckets = new Map<number, Run['made']>();

function bucketOf(number: number): Run['made'] {
  const known = buckets.get(number);
  if (known !== undefined) return known;
  const random = new SeededRandom(1_000_000 + number);
  const made = ['süd', 'nord'].map((cluster, group) => {
    const series = seriesOf(random);
    const labels = [{ name: 'cluster', value: cluster }];
    return Array.from({ length: BLOCKS }, (_, i) =>
      blockOf(
        {
          ulid: ulidOf(1_700_000_000_000, group * BLOCKS + i),
          startMs: i * WINDOW_MS,
          series,
          labels,
        },
        random,
      ),
    );
  });
  buckets.set(number, made);
  return made;
}

function blockOf(
  plan: Parameters<typeof randomBlock>[1] & { readonly labels: Labels },
  random: SeededRandom,
): MadeBlock {
  for (;;) {
    const disk = new MemoryDisk();
    const made = randomBlock(disk, plan, random);
    if (made === undefined) continue;
    const { dir } = made;
    const names = [
      'index',
      'meta.json',
      ...disk.list(`${dir}/chunks`).map(({ name }) => `chunks/${name}`),
    ];
    const files: Files = new Map(names.map((name) => [name, disk.readFile(`${dir}/${name}`)]));
    return { ulid: plan.ulid, files, samples: samplesOf(disk, dir) };
  }
}

/** The counts as lines. */
export function campaignText(counts: ReadonlyMap<string, CampaignCounts>): string {
  const total = { mutated: 0, setAside: 0, faults: 0, harmless: 0, alone: 0 };
  const row = (name: string, one: CampaignCounts): string => {
    const { alone, faults, harmless, mutated, setAside } = one;
    const what = `${setAside} set aside, ${faults} no block, ${harmless} merged as before, ${alone} alone`;
    return `${String(mutated).padStart(6)}  ${name}: ${what}\n`;
  };
  let text = '';
  for (const [name, one] of [...counts].sort()) {
    text += row(name, one);
    for (const key of ['mutated', 'setAside', 'faults', 'harmless', 'alone'] as const)
      total[key] += one[key];
  }
  return text + row('all', total);
}
