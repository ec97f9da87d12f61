// Kills processes while they upload (upload-child.ts), and looks at the bucket after each: a lister
// sees whole blocks or none, what was there is not sent again, and in the end all is there.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketDocument } from '../../../src/base/config/bucket-document.ts';
import { collect } from '../../../src/base/runtime/file-pieces.ts';
import { nodeRuntime } from '../../../src/base/runtime/node-runtime.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import { openBucket } from '../../../storage-adapters/open-bucket.ts';
import { eachObject } from '../each-object.ts';
import { MemoryLogger } from '../memory-logger.ts';
import { SeededRandom } from '../seeded-random.ts';
import type { KillPoint, UploadOrder } from './upload-child.ts';

const MIB = 1024 * 1024;
const PHASES = ['before', 'within', 'after'] as const;
/** Pieces of a file are 1 MiB: some have several, so that a kill can fall between two. */
const FILES: Readonly<Record<string, number>> = {
  'chunks/000001': 2.5 * MIB,
  'chunks/000002': 70_000,
  index: 1.2 * MIB,
};
const ULIDS = ['A', 'B'].map((last) => `01M832KAJWMK22126GMWCXRFN${last}`);

export interface UploadKillsOptions {
  /** A directory that is gone afterwards. */
  readonly scratch: string;
  /** upload-child.ts, compiled. */
  readonly child: string;
  readonly bucket: BucketDocument;
  /** What is in the store and no listing shows, when all uploads have ended. */
  readonly leftovers: () => readonly string[];
  readonly kills: number;
  readonly seed: number;
}

/** What happened. */
export interface UploadKillCounts {
  kills: number;
  /** Kills that left a block in the bucket half. */
  half: number;
  /** Objects that a kill found in the bucket and that were not sent again. */
  kept: number;
  /** Blocks that were brought to the bucket in the end. */
  blocks: number;
}

/** Objects by key: their bytes, and when they were written. */
type Seen = ReadonlyMap<string, { readonly bytes: Buffer; readonly modifiedMs: number }>;

export class UploadKills {
  readonly counts: UploadKillCounts = { kills: 0, half: 0, kept: 0, blocks: 0 };
  readonly #options: UploadKillsOptions;
  readonly #random: SeededRandom;
  readonly #contents = new Map<string, Buffer>();
  #story = 0;

  constructor(options: UploadKillsOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    for (const [i, ulid] of ULIDS.entries()) {
      for (const [name, sizeBytes] of Object.entries(FILES))
        this.#contents.set(`${ulid}/${name}`, Buffer.alloc(sizeBytes, `${ulid} ${name} ${i}`));
      this.#contents.set(`${ulid}/meta.json`, Buffer.from(JSON.stringify({ ulid })));
    }
  }

  /** Goes through every call and every phase, story by story, until there are enough kills. */
  async run(): Promise<void> {
    for (let call = 1; this.counts.kills < this.#options.kills; call++) {
      let reached = true;
      for (const phase of PHASES) reached = (await this.#tell({ call, phase })) && reached;
      if (!reached) call = 0; // there are no more calls: once more from the first, other chances
    }
  }

  /** One bucket from the first upload to the last. False when the point was not reached. */
  async #tell(point: KillPoint): Promise<boolean> {
    const dir = join(this.#options.scratch, `story-${++this.#story}`);
    this.#writeBlocks(dir);
    const document = this.#options.bucket;
    const bucket = await openBucket(document, { ...nodeRuntime(), logger: new MemoryLogger() });
    let seen: Seen = new Map();
    const live = async (killAt: KillPoint | undefined, afterMs?: number): Promise<boolean> => {
      const killed = await this.#process(
        { bucket: document, dir, ...this.#order(), killAt },
        afterMs,
      );
      seen = await this.#look(bucket, seen, killed);
      return killed;
    };
    try {
      const reached = await live(point);
      // And now and then the next one, too: at some call, or at some moment.
      while (reached && this.#random.fraction() < 0.5) {
        const call = this.#random.between(1, 20);
        const atCall = this.#random.fraction() < 0.5;
        const again = { call, phase: this.#random.pick(PHASES) };
        await (atCall ? live(again) : live(undefined, this.#random.between(50, 600)));
      }
      if (await live(undefined)) throw new Error('a process was killed by somebody else');
      this.#checkAllThere(seen);
      const left = this.#options.leftovers();
      if (left.length > 0) throw new Error(`left behind: ${left.join(' ')}`);
      for (const key of seen.keys()) await bucket.delete(key);
      return reached;
    } finally {
      await bucket.close();
      rmSync(dir, { recursive: true, force: true });
    }
  }

  #order(): Pick<UploadOrder, 'blocks'> {
    const files = Object.keys(FILES);
    return { blocks: ULIDS.map((ulid, i) => ({ ulid, files, minTimeMs: i })) };
  }

  #writeBlocks(dir: string): void {
    for (const [key, bytes] of this.#contents) {
      const path = join(dir, 'blocks', key);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
  }

  /** True when it was killed. */
  async #process(order: UploadOrder, afterMs: number | undefined): Promise<boolean> {
    const child = spawn(process.execPath, [this.#options.child, JSON.stringify(order)], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (data) => {
      said += String(data);
    });
    const exit = once(child, 'exit');
    if (afterMs !== undefined) void sleep(afterMs).then(() => child.kill('SIGKILL'));
    const [code, signal] = await exit;
    if (signal === 'SIGKILL') {
      this.counts.kills++;
      return true;
    }
    if (code !== 0) throw new Error(`the process ended with ${code}: ${said}`);
    return false;
  }

  /** As any reader of the bucket: what has a meta.json must be whole. */
  async #look(bucket: Bucket, before: Seen, killed: boolean): Promise<Seen> {
    const seen = new Map<string, { bytes: Buffer; modifiedMs: number }>();
    for await (const { key, sizeBytes, modifiedMs } of eachObject(bucket.list(''))) {
      const bytes = Buffer.from(await collect(bucket.get(key), sizeBytes, key));
      const wanted = this.#contents.get(key);
      if (wanted === undefined) throw new Error(`${key} is of nobody`);
      if (!bytes.equals(wanted)) throw new Error(`${key} is not what was sent`);
      seen.set(key, { bytes, modifiedMs });
    }
    for (const [key, { modifiedMs }] of before) {
      const now = seen.get(key)?.modifiedMs;
      if (now !== modifiedMs) throw new Error(`${key} was sent again: ${modifiedMs}, ${now}`);
      this.counts.kept++;
    }
    for (const ulid of ULIDS) {
      const keys = [...this.#contents.keys()].filter((key) => key.startsWith(ulid));
      const there = keys.filter((key) => seen.has(key));
      if (seen.has(`${ulid}/meta.json`) && there.length < keys.length)
        throw new Error(`${ulid} has a meta.json and only ${there.join(' ')}`);
      if (killed && there.length > 0 && there.length < keys.length) this.counts.half++;
    }
    return seen;
  }

  #checkAllThere(seen: Seen): void {
    const missing = [...this.#contents.keys()].filter((key) => !seen.has(key));
    if (missing.length > 0) throw new Error(`not in the bucket: ${missing.join(' ')}`);
    this.counts.blocks += ULIDS.length;
  }
}
