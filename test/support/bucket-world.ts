// A bucket in memory, a second one to copy to, and the commands of `varve bucket` run on them as
// the program runs them: from the command line on.

import { type OpenToolBucket, runBucketTool } from '../../src/admin/bucket-tool.ts';
import { parseCommandLine } from '../../src/base/config/command-line.ts';
import { loadBucketTool } from '../../src/base/config/load-config.ts';
import type { Labels } from '../../src/base/model/labels.ts';
import type { Disk } from '../../src/base/runtime/disk.ts';
import { collect } from '../../src/base/runtime/file-pieces.ts';
import type { Bucket } from '../../src/bucket/bucket.ts';
import { bytesSource } from '../../src/bucket/put-sources.ts';
import { MemoryBucket } from '../../storage-adapters/memory/memory-bucket.ts';
import { DIR, makeBlock, type SeriesToMake, SOME_SERIES } from '../unit/block/make-block.ts';
import { eachObject } from './each-object.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryDisk } from './memory-disk.ts';
import { MemoryLocks } from './memory-locks.ts';
import { SeededRandom } from './seeded-random.ts';

/** ULIDs in their order; the first three are of July 2026. */
export const ULIDS = [
  '01M832KAJWMK22126GMWCXRFNM',
  '01M832KAKEEA2N5T8Y6TGBNZRP',
  '01M832KAN0QZ64SZDDX46Z5711',
] as const;

/** What a command printed, and its exit code. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Settings of a block that is put into the bucket. */
export interface BlockToPut {
  readonly labels?: Labels;
  readonly series?: readonly SeriesToMake[];
  readonly into?: Bucket;
}

export class BucketWorld {
  readonly clock = new ManualClock(Date.UTC(2026, 11, 1));
  readonly disk = new MemoryDisk({ nowMs: () => this.clock.nowMs() });
  readonly random = new SeededRandom(5);
  readonly locks = new MemoryLocks();
  readonly bucket: Bucket = new MemoryBucket(this.clock);
  readonly to: Bucket = new MemoryBucket(this.clock);
  readonly stop = new AbortController();
  /** Standard error is a terminal. */
  isTerminal = false;

  /** Puts a small block under `ulid`; its files. */
  async putBlock(ulid: string, options: BlockToPut = {}): Promise<readonly string[]> {
    const disk = new MemoryDisk();
    const labels = options.labels ?? [{ name: 'tenant_id', value: 'a' }];
    makeBlock(disk, options.series ?? SOME_SERIES, { ulid, labels });
    return putFiles(options.into ?? this.bucket, disk, `${DIR}/${ulid}`, ulid);
  }

  async put(key: string, bytes: Uint8Array | string, into = this.bucket): Promise<void> {
    await into.put(key, bytesSource(Buffer.from(bytes)));
  }

  /** Puts a deletion mark, set at `timeMs`. */
  async mark(ulid: string, timeMs: number): Promise<void> {
    const mark = { id: ulid, version: 1, deletion_time: Math.floor(timeMs / 1000) };
    await this.put(`${ulid}/deletion-mark.json`, JSON.stringify(mark));
  }

  async get(key: string, from = this.bucket): Promise<Buffer> {
    return Buffer.from(await collect(from.get(key), 2 ** 30, key));
  }

  async keys(of = this.bucket): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of eachObject(of.list(''))) keys.push(key);
    return keys;
  }

  /** Changes an object in its place. */
  async change(key: string, how: (bytes: Buffer) => Buffer | undefined): Promise<void> {
    const bytes = await this.get(key);
    await this.put(key, how(bytes) ?? bytes);
  }

  /** Runs `varve bucket …`. */
  async run(...argv: readonly string[]): Promise<Ran> {
    const store = (name: string): string => `type: FILESYSTEM\nconfig: {directory: ${name}}`;
    const to = argv[0] === 'replicate' ? [`--objstore-to.config=${store('to')}`] : [];
    const all = ['bucket', ...argv, `--objstore.config=${store('from')}`, ...to];
    const invocation = parseCommandLine(all, 'test');
    if (invocation.kind !== 'bucket') throw new Error(`not a tool: ${invocation.kind}`);
    const noFiles = { env: {}, readFile: () => new Uint8Array(0) };
    const loaded = loadBucketTool(invocation.command, invocation.given, noFiles);
    let out = '';
    let err = '';
    const stdout = (text: string): void => {
      out += text;
    };
    const stderr = (text: string): void => {
      err += text;
    };
    const { clock, disk, isTerminal, random } = this;
    const hostname = 'host';
    const options = { loaded, isTerminal, hostname, signal: this.stop.signal, stdout, stderr };
    const world = { clock, timers: clock, disk, random, locks: this.locks };
    const code = await runBucketTool(options, world, this.#open);
    return { code, out, err };
  }

  readonly #open: OpenToolBucket = async (document) => {
    const isTo = document.type === 'FILESYSTEM' && document.config.directory === 'to';
    return { bucket: isTo ? this.to : this.bucket, close: async () => {} };
  };
}

/** Puts all files of a directory under `ulid/`, meta.json among them; their names. */
export async function putFiles(
  bucket: Bucket,
  disk: Disk,
  dir: string,
  ulid: string,
): Promise<readonly string[]> {
  const names = disk
    .list(dir)
    .flatMap(({ name, isDirectory }) =>
      isDirectory ? disk.list(`${dir}/${name}`).map((file) => `${name}/${file.name}`) : [name],
    );
  for (const name of names)
    await bucket.put(`${ulid}/${name}`, bytesSource(disk.readFile(`${dir}/${name}`)));
  return names;
}
