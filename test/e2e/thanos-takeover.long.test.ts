// The compactors of Thanos and Varve take over from each other on one bucket: the one is killed in
// the middle of its work, the other ends it, again and again in either order. What comes out is the
// same as when Varve works alone.
//
// Needs a real `thanos`, which `.ci/thanos` builds, and ../shared.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseOwnMeta } from '../../src/block/meta/parse-own.ts';
import { sharedBlocks } from '../golden/block/blocks.ts';
import { LAUNCH } from '../support/e2e/varve-process.ts';
import { freePorts } from '../support/e2e/waiting.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const PEERS = process.env.VARVE_PEERS ?? join(homedir(), '.cache/varve-peers');
const THANOS = process.env.VARVE_THANOS ?? join(PEERS, 'bin/thanos');
const ROUNDS = Number(process.env.TAKEOVER_ROUNDS ?? 10);
const SEED = Number(process.env.VARVE_SEED ?? Date.now() % 1_000_000);
const LABELS = ['--label=cluster="prod-eu"', '--label=replica="r1"'];
/** Of 168 blocks of two hours; both make at least so many merges of them. */
const MERGES = 7;

const COMPACTORS = {
  varve: { command: [process.execPath, LAUNCH], sign: /msg="compact done"/g },
  thanos: { command: [THANOS], sign: /msg="compacted blocks"/g },
} as const;
type Name = keyof typeof COMPACTORS;

let dir = '';
const children = new Set<ChildProcess>();
beforeAll(() => {
  if (!existsSync(THANOS)) throw new Error(`there is no ${THANOS}: build it with .ci/thanos`);
  dir = mkdtempSync(join(tmpdir(), 'varve-takeover-'));
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** A bucket of the reference blocks, as `varve bucket upload-blocks` puts them. */
function bucketOf(name: string): { readonly path: string; readonly store: string } {
  const path = join(dir, name);
  const config = `${path}.yml`;
  writeFileSync(config, `type: FILESYSTEM\nconfig:\n  directory: ${path}\n`);
  const store = `--objstore.config-file=${config}`;
  const [first] = sharedBlocks.filter((block) => block.name.startsWith('long-raw '));
  const blocks = `--path=${dirname(first?.dir ?? 'long-raw')}`;
  const args = [LAUNCH, 'bucket', 'upload-blocks', store, blocks, ...LABELS];
  expect(spawnSync(process.execPath, args, { encoding: 'utf8' })).toMatchObject({ status: 0 });
  return { path, store };
}

/** Runs to the end, or until so many merges were made: then it is killed. */
async function compact(name: Name, store: string, merges = Number.POSITIVE_INFINITY) {
  const { command, sign } = COMPACTORS[name];
  const [program, ...first] = command;
  const [port = 0] = await freePorts(1);
  const work = mkdtempSync(join(dir, `${name}-`));
  const address = `--http-address=127.0.0.1:${port}`;
  const flags = ['compact', store, `--data-dir=${work}`, address, '--consistency-delay=0s'];
  const child = spawn(program, [...first, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  children.add(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
    if ((log.match(sign)?.length ?? 0) >= merges) child.kill('SIGKILL');
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  children.delete(child);
  return { code, merges: log.match(sign)?.length ?? 0, log: log.slice(-3000) };
}

/** What stands in the bucket: range, resolution, sources and counts of each block. */
function standing(path: string): readonly string[] {
  const blocks = readdirSync(path).filter(
    (name) =>
      existsSync(join(path, name, 'meta.json')) &&
      !existsSync(join(path, name, 'deletion-mark.json')),
  );
  const metas = blocks.map((ulid) => {
    const file = join(path, ulid, 'meta.json');
    return parseOwnMeta(readFileSync(file), file);
  });
  return metas
    .map(({ compaction, maxTimeMs, minTimeMs, stats, thanos }) =>
      [minTimeMs, maxTimeMs, thanos?.resolutionMs, compaction.sources.length]
        .concat([stats.numSeries, stats.numSamples])
        .join(' '),
    )
    .sort();
}

test(`${ROUNDS} times one takes over from the other, which was killed`, {
  timeout: 3_600_000,
}, async () => {
  process.stdout.write(`seed ${SEED}\n`);
  const random = new SeededRandom(SEED);
  const alone = bucketOf('alone');
  expect(await compact('varve', alone.store)).toMatchObject({ code: 0 });
  const wanted = standing(alone.path);
  expect(wanted).toHaveLength(4); // 14 days raw, 5m and 1h, and the newest block
  for (let round = 0; round < ROUNDS; round++) {
    const names: readonly Name[] = round % 2 === 0 ? ['thanos', 'varve'] : ['varve', 'thanos'];
    const { path, store } = bucketOf(`round-${round}`);
    const merges = random.between(1, MERGES);
    for (const [at, name] of names.entries()) {
      const { code, log, merges: made } = await compact(name, store, at === 0 ? merges : undefined);
      process.stdout.write(`round ${round}: ${name} made ${made} merges\n`);
      if (at > 0) expect({ code, log }).toEqual({ code: 0, log });
    }
    expect(standing(path)).toEqual(wanted);
    const verify = [LAUNCH, 'bucket', 'verify', store];
    const { status, stdout } = spawnSync(process.execPath, verify, { encoding: 'utf8' });
    expect({ status, stdout }).toMatchObject({ status: 0 });
    rmSync(path, { recursive: true });
  }
});
