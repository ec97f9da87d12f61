// Kills compactors while they compact, downsample, mark and delete, one or two side by side, on a
// directory bucket that keeps getting blocks, under a reader that looks all the time. At the end a
// compactor is let run to its end, and nothing of all the kills may be left.
//
// What a killed compactor held stays leased for two minutes. Half a thousand times that would be a
// day, so between lives, when nobody is left alive, its leases are written over as released, which
// is what the next one would do then; the last ones are left to be taken over by waiting.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketDocument } from '../../../../src/base/config/bucket-document.ts';
import { UlidMaker } from '../../../../src/base/model/ulid.ts';
import { collect } from '../../../../src/base/runtime/file-pieces.ts';
import { nodeRuntime } from '../../../../src/base/runtime/node-runtime.ts';
import type { Bucket } from '../../../../src/bucket/bucket.ts';
import { bytesSource } from '../../../../src/bucket/put-sources.ts';
import { LEASE_BYTES_MAX, parseLease, printLease } from '../../../../src/compact/lease/format.ts';
import { parseReceipt } from '../../../../src/retention/receipts/format.ts';
import { openBucket } from '../../../../storage-adapters/open-bucket.ts';
import { eachObject } from '../../each-object.ts';
import { MemoryLogger } from '../../memory-logger.ts';
import { SeededRandom } from '../../seeded-random.ts';
import { CompactorProcess, STAGES, type Stage } from './compactor-process.ts';
import { filesBelow, halfDone, makeOld } from './left-behind.ts';
import { type Era, type PutBlock, putBlock } from './put-block.ts';
import type { ManifestLine } from './reader-child.ts';
import { ReaderProcess } from './reader-process.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TENANTS = ['a', 'b', 'c', 'd', 'e'];
/** Hours of a two-day range at which it has blocks: from its first to its last. */
const HOURS = [0, 8, 24, 30, 46];
/** When the eras begin, in days before now, and the retention that makes them. */
const ERA_DAYS: Readonly<Record<Era, number>> = { kept: 240, old: 600, oldest: 1500 };
const RETENTION = ['--retention.resolution-raw=300d', '--retention.resolution-5m=900d'];
/** When so many that were put are not merged yet, no more are put: the compactors come behind. */
const UNMERGED_MAX = 60;
/** A kill that waits for a stage that does not come goes off after this time. */
const STAGE_LIMIT_MS = 3_000;
/** How long after the sign of a stage a kill goes off, at most. */
const SPREAD_MS: Readonly<Record<Stage, number>> = {
  compaction: 250,
  downsampling: 150,
  marking: 3,
  deleting: 10,
};
const DELETE_DELAY_MS = 2_000;
/** A run to the end waits for the leases of the killed, and then for what it finds to do. */
const END_LIMIT_MS = 600_000;
/** Beyond the age at which what is half uploaded is swept. */
const OLD_MS = 3 * DAY_MS;

export interface CompactKillsOptions {
  /** A directory that is gone afterwards. */
  readonly scratch: string;
  /** reader-child.ts, compiled. */
  readonly reader: string;
  readonly kills: number;
  readonly seed: number;
  /** Are the leases of the last killed taken over by waiting for them? It takes two minutes. */
  readonly waitsForLeases: boolean;
}

/** What happened. */
export interface CompactKillCounts {
  kills: number;
  /** Kills of a process beside which another one ran, or died at the same moment. */
  besideAnother: number;
  /**
   * By what the killed process was at, by its log and what it left; `between`: looking, planning,
   * leases.
   */
  readonly at: Record<Stage | 'between', number>;
  /** What was found half done when all were dead. */
  readonly found: {
    uploads: number;
    deletions: number;
    unmarkedSources: number;
    openReceipts: number;
    cutWrites: number;
  };
  blocksPut: number;
  releasedLeases: number;
  looks: number;
  /** Of all looks together. */
  samplesSeen: number;
  windowsSeen: number;
  /** At the end. */
  blocksLeft: number;
  deleted: number;
}

export class CompactKills {
  readonly counts: CompactKillCounts = {
    kills: 0,
    besideAnother: 0,
    at: { compaction: 0, downsampling: 0, marking: 0, deleting: 0, between: 0 },
    found: { uploads: 0, deletions: 0, unmarkedSources: 0, openReceipts: 0, cutWrites: 0 },
    blocksPut: 0,
    releasedLeases: 0,
    looks: 0,
    samplesSeen: 0,
    windowsSeen: 0,
    blocksLeft: 0,
    deleted: 0,
  };
  readonly #options: CompactKillsOptions;
  readonly #random: SeededRandom;
  readonly #runtime = nodeRuntime();
  readonly #ulids: UlidMaker;
  readonly #document: BucketDocument;
  readonly #directory: string;
  readonly #manifest: string;
  readonly #startedMs = Date.now();
  readonly #next: Record<Era, number> = { kept: 0, old: 0, oldest: 0 };
  readonly #seen = new Set<string>();
  readonly #puts: string[] = [];
  /** Those of this life. */
  #processes: readonly CompactorProcess[] = [];
  #aim = 0;

  constructor(options: CompactKillsOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#ulids = new UlidMaker(this.#runtime.clock, this.#runtime.random);
    this.#directory = join(options.scratch, 'bucket');
    this.#manifest = join(options.scratch, 'manifest');
    this.#document = { type: 'FILESYSTEM', prefix: '', config: { directory: this.#directory } };
  }

  /** All lives, and the end. Throws what was wrong. */
  async run(): Promise<void> {
    mkdirSync(this.#directory, { recursive: true });
    writeFileSync(this.#manifest, '');
    const bucket = await openBucket(this.#document, {
      ...this.#runtime,
      logger: new MemoryLogger(),
    });
    await this.#put(bucket);
    const reader = new ReaderProcess(this.#options.reader, {
      bucket: this.#document,
      manifest: this.#manifest,
    });
    try {
      while (this.counts.kills < this.#options.kills) {
        await this.#live(bucket, reader);
        await reader.lookAnew();
        const isLast = this.counts.kills >= this.#options.kills;
        if (!isLast || !this.#options.waitsForLeases) await this.#releaseLeases(bucket);
      }
      await this.#endAll(bucket, reader);
    } finally {
      await Promise.all(this.#processes.map((one) => one.end()));
      await reader.end();
      await bucket.close();
    }
    this.counts.looks = reader.looks;
    this.counts.samplesSeen = reader.samples;
    this.counts.windowsSeen = reader.windows;
  }

  /** One or two compactors, from their start to the last kill. */
  async #live(bucket: Bucket, reader: ReaderProcess): Promise<void> {
    const many = this.#random.fraction() < 0.5 ? 1 : 2;
    const names = many === 1 ? [this.#random.pick(['one', 'two'])] : ['one', 'two'];
    const processes = await Promise.all(
      names.map((name) => CompactorProcess.start([...this.#flags(name), '--wait'])),
    );
    this.#processes = processes;
    await this.#put(bucket);
    const before = this.counts.at.compaction;
    const first = processes[this.#random.between(0, processes.length)];
    if (first === undefined) return;
    const second = processes.find((one) => one !== first);
    await this.#aimAt(first, reader);
    const isTogether = second !== undefined && this.#random.fraction() < 0.3;
    await Promise.all([first, ...(isTogether ? [second] : [])].map((one) => this.#kill(one, many)));
    if (second !== undefined && !isTogether) {
      await this.#aimAt(second, reader);
      await this.#kill(second, many);
    }
    const unmarked = this.#countHalfDone();
    // The log does not say that a result is there before its first source is marked.
    if (unmarked > 0 && this.counts.at.compaction > before) {
      this.counts.at.compaction--;
      this.counts.at.marking++;
    }
  }

  /** Waits for the moment of the next kill. */
  async #aimAt(victim: CompactorProcess, reader: ReaderProcess): Promise<void> {
    const stage = STAGES[this.#aim++ % STAGES.length] ?? 'compaction';
    const times = this.#random.between(1, 3);
    await victim.untilStage(stage, times, STAGE_LIMIT_MS);
    const spreadMs = this.#random.fraction() * SPREAD_MS[stage];
    if (spreadMs >= 1) await sleep(spreadMs);
    reader.throwIfWrong();
  }

  async #kill(victim: CompactorProcess, many: number): Promise<void> {
    const stage = victim.stage() ?? 'between';
    await victim.kill();
    this.counts.kills++;
    this.counts.at[stage]++;
    if (many > 1) this.counts.besideAnother++;
  }

  #flags(name: string): readonly string[] {
    return [
      `--objstore.config={type: FILESYSTEM, config: {directory: ${this.#directory}}}`,
      `--data-dir=${join(this.#options.scratch, name)}`,
      '--consistency-delay=0s',
      `--delete-delay=${DELETE_DELAY_MS / 1000}s`,
      ...RETENTION,
    ];
  }

  /** Puts some more blocks there, unless there are many. */
  async #put(bucket: Bucket): Promise<void> {
    const has = (ulid: string, name: string): boolean =>
      existsSync(join(this.#directory, ulid, name));
    const unmerged = this.#puts.filter(
      (ulid) => has(ulid, 'meta.json') && !has(ulid, 'deletion-mark.json'),
    );
    if (unmerged.length > UNMERGED_MAX) return;
    for (const put of this.#morePuts()) {
      this.#note({ state: 'begun', put });
      await putBlock(bucket, put);
      this.#note({ state: 'done', put });
      // What comes late is merged when nothing more has come for a day.
      if (put.isLate) makeOld(join(this.#directory, put.ulid), OLD_MS);
      this.#puts.push(put.ulid);
      this.counts.blocksPut++;
    }
  }

  #note(line: ManifestLine): void {
    appendFileSync(this.#manifest, `${JSON.stringify(line)}\n`);
  }

  /** Two days of one tenant, now and then a late block, and two that retention takes. */
  #morePuts(): readonly PutBlock[] {
    const random = this.#random;
    const number = this.#next.kept++;
    const tenant = TENANTS[number % TENANTS.length] ?? '';
    const range = Math.floor(number / TENANTS.length);
    const kept = HOURS.map((hour) => this.#putOf('kept', tenant, range * 48 + hour));
    const late = [0.4, 0.1].flatMap((chance) => {
      if (range === 0 || random.fraction() > chance) return [];
      const hour = random.between(0, range) * 48 + random.pick(HOURS);
      // Some of its samples are there already, some are new.
      const stepMs = random.pick([90, 300, 600]) * 1000;
      return [{ ...this.#putOf('kept', tenant, hour), stepMs, isLate: true }];
    });
    const retired = (['old', 'oldest'] as const).map((era) => {
      const at = this.#next[era]++;
      const whose = TENANTS[at % TENANTS.length] ?? '';
      return this.#putOf(era, whose, Math.floor(at / TENANTS.length) * 4);
    });
    return [...kept, ...late, ...retired];
  }

  #putOf(era: Era, tenant: string, hour: number): PutBlock {
    const fortnight = 14 * DAY_MS;
    const beginMs = this.#startedMs - ERA_DAYS[era] * DAY_MS;
    const startMs = Math.floor(beginMs / fortnight) * fortnight + hour * HOUR_MS;
    const ulid = this.#ulids.next();
    return { ulid, tenant, era, startMs, offsetMs: 30_000, stepMs: 600_000, isLate: false };
  }

  /** Counts what was not half done the last time; how many sources lack their marks. */
  #countHalfDone(): number {
    const { uploads, deletions, unmarked, receipts, writes } = halfDone(this.#directory);
    const count = (kind: string, some: readonly string[]): number => {
      const fresh = some.filter((one) => !this.#seen.has(`${kind} ${one}`));
      for (const one of fresh) this.#seen.add(`${kind} ${one}`);
      return fresh.length;
    };
    const { found } = this.counts;
    found.uploads += count('upload', uploads);
    found.deletions += count('deletion', deletions);
    const fresh = count('unmarked', unmarked);
    found.unmarkedSources += fresh;
    found.openReceipts += count('receipt', receipts);
    found.cutWrites += count('write', writes);
    return fresh;
  }

  /** Nobody is alive who holds any. */
  async #releaseLeases(bucket: Bucket): Promise<void> {
    for await (const { key } of eachObject(bucket.list('varve/leases/'))) {
      const { version } = await bucket.attributes(key);
      const lease = parseLease(await collect(bucket.get(key), LEASE_BYTES_MAX, key), key);
      if (lease.state === 'released') continue;
      const released = { ...lease, state: 'released', renewals: lease.renewals + 1 } as const;
      await bucket.put(key, bytesSource(printLease(released)), { ifVersion: version });
      this.counts.releasedLeases++;
    }
  }

  /** Runs to the end until nothing is left to do; then looks for what is left over. */
  async #endAll(bucket: Bucket, reader: ReaderProcess): Promise<void> {
    await this.#compactToTheEnd('one', 'two');
    await sleep(DELETE_DELAY_MS);
    const { uploads, writes } = halfDone(this.#directory);
    for (const ulid of uploads) makeOld(join(this.#directory, ulid), OLD_MS);
    for (const path of writes) makeOld(dirname(path), OLD_MS);
    await this.#compactToTheEnd('one');
    await sleep(DELETE_DELAY_MS);
    await this.#compactToTheEnd('two');
    await reader.lastLook();
    this.#checkNothingIsLeft();
    for await (const { key } of eachObject(bucket.list('varve/leases/'))) {
      const lease = parseLease(await collect(bucket.get(key), LEASE_BYTES_MAX, key), key);
      if (lease.state !== 'released') throw new Error(`${key} is still held by ${lease.holder}`);
    }
  }

  async #compactToTheEnd(...names: readonly string[]): Promise<void> {
    const all = names.map(async (name) => {
      const process = await CompactorProcess.start(this.#flags(name));
      this.#processes = [...this.#processes, process];
      await process.untilDone(END_LIMIT_MS);
    });
    await Promise.all(all);
  }

  #checkNothingIsLeft(): void {
    const left = halfDone(this.#directory);
    const { uploads, deletions, unmarked, writes } = left;
    const names = readdirSync(this.#directory);
    const marked = names.filter((name) =>
      existsSync(join(this.#directory, name, 'deletion-mark.json')),
    );
    const local = ['one', 'two'].flatMap((name) => filesBelow(join(this.#options.scratch, name)));
    const files = local.filter((path) => !/\/(catalog|lock)\.db(-wal|-shm)?$/.test(path));
    const all = [...uploads, ...deletions, ...unmarked, ...writes, ...marked, ...files];
    if (all.length > 0) throw new Error(`left over: ${all.join('\n')}`);
    this.counts.blocksLeft = names.filter((name) => name.length === 26).length;
    this.counts.deleted = this.#checkReceipts(new Set(names));
  }

  /** What was put there and is gone is in a receipt; how many blocks they name in all. */
  #checkReceipts(there: ReadonlySet<string>): number {
    const named = new Set<string>();
    for (const path of filesBelow(join(this.#directory, 'varve/receipts')))
      for (const { ulid } of parseReceipt(readFileSync(path), path).blocks) named.add(ulid);
    const unnamed = this.#puts.filter((ulid) => !there.has(ulid) && !named.has(ulid));
    if (unnamed.length > 0) throw new Error(`deleted without a receipt: ${unnamed.join()}`);
    return named.size;
  }
}
