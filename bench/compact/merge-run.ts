// One merge in a process of its own, whose CPU and memory are measured: blocks of a directory, which
// is a filesystem bucket, into another such bucket. Prints one line of JSON.
//
// `node dist/bench/compact/merge-run.js BLOCKS-DIRECTORY RESULT-DIRECTORY`

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
import { NodeRandom } from '../../src/base/runtime/node-random.ts';
import type { StoreRequest } from '../../src/bucket/bucket.ts';
import { mergeBlocks } from '../../src/compact/merge/merge-blocks.ts';
import { mergeParts } from '../../src/merge-parts.ts';
import { FilesystemBucket } from '../../storage-adapters/filesystem/filesystem-bucket.ts';
import { BLOCK_LABELS, minTimeMs } from './blocks.ts';

const [blocksDir = '', resultDir = ''] = process.argv.slice(2);
const disk = new NodeDisk();
const random = new NodeRandom();
const requests: Record<string, number> = {};
const observe = (request: StoreRequest): void => {
  requests[request.class] = (requests[request.class] ?? 0) + 1;
};
const from = new FilesystemBucket({ directory: blocksDir }, { disk, random }, observe);
const bucket = new FilesystemBucket({ directory: resultDir }, { disk, random }, observe);
const sources = readdirSync(blocksDir).sort();
const task = {
  sources,
  ulid: '01HG0000000000000000000000',
  labels: BLOCK_LABELS,
  resolutionMs: 0,
  minTimeMs: minTimeMs(0),
  maxTimeMs: minTimeMs(sources.length),
  level: 2,
  deduplication: 'merge',
} as const;
const world = { from, bucket, disk, workDir: `${resultDir}/work` };

async function run() {
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const outcome = await mergeBlocks(task, mergeParts(task, world));
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - startMs) / 1000;
  return { outcome, cpuSeconds: (user + system) / 1e6, seconds };
}

const first = await run();
const requestsOfOne = { ...requests };
const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
const sourceBytes = readdirSync(blocksDir, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .reduce((sum, entry) => sum + statSync(`${entry.parentPath}/${entry.name}`).size, 0);
// A worker does one merge after the other: the code of the second is compiled already.
const second = await run();
console.log(
  JSON.stringify({
    ...first,
    warmCpuSeconds: second.cpuSeconds,
    sourceBytes,
    peakBytes: Number(peak) * 1024,
    requests: requestsOfOne,
  }),
);
