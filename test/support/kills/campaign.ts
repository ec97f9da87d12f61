// Kills the built program again and again under load, each time in the middle of something, and
// looks at what is left: what was acknowledged is there, once, with every bit.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Processes } from '../e2e/processes.ts';
import { VarveProcess } from '../e2e/varve-process.ts';
import { waitFor } from '../e2e/waiting.ts';
import { SeededRandom } from '../seeded-random.ts';
import { Fleet, LIFTED } from './fleet.ts';
import { KillLoad } from './load.ts';
import { type Findings, Oracle } from './oracle.ts';
import { SampleTable } from './sample-table.ts';
import { type DiskEvent, DiskWatch, hasLogOpen, type Remains, remainsIn } from './watch.ts';

/** The moments that a kill is to meet. */
export const KILL_KINDS = ['append', 'segment change', 'cut', 'upload', 'replay'] as const;
export type KillKind = (typeof KILL_KINDS)[number];

const HOUR_MS = 3_600_000;
/** A segment that appeared so long before a kill is being written for the first time. */
const SEGMENT_MS = 8;
const SEGMENT_SIZE = '1MiB';
const DRAIN_SHARE = 0.06;
const WORKERS = 6;

export interface CampaignOptions {
  readonly processes: Processes;
  readonly dir: string;
  readonly kills: number;
  /** Of each kind at least. */
  readonly killsOfEachKind: number;
  readonly killsBetweenLooks: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

/** What was going on when a process was killed. */
interface Moment {
  readonly isReady: boolean;
  readonly isLogOpen: boolean;
  readonly isFlushing: boolean;
  readonly inFlight: number;
  /** The last event on the disk, and how long before the kill. */
  readonly last: DiskEvent | undefined;
  readonly lastAgoMs: number;
}

/** One campaign. */
export class KillCampaign {
  readonly load: KillLoad;
  readonly varve: VarveProcess;
  readonly oracle: Oracle;
  readonly fleet: Fleet;
  readonly table: SampleTable;
  readonly tsdbDir: string;
  readonly bucketDir: string;
  /** Kills by kind and by what exactly they met. */
  readonly met = new Map<string, number>();
  readonly byKind = new Map<KillKind, number>();
  kills = 0;
  drains = 0;
  readonly #options: CampaignOptions;
  readonly #random: SeededRandom;
  /** How long a replay takes, so that a kill can be in the middle of one. */
  #replayMs = 50;
  #events: { readonly event: DiskEvent; readonly atMs: number }[] = [];
  #isReady = false;
  #isFlushing = false;
  #moment: Moment | undefined;

  private constructor(options: CampaignOptions, varve: VarveProcess) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.varve = varve;
    this.tsdbDir = join(varve.dataDir, 'tsdb');
    this.bucketDir = join(varve.dataDir, 'bucket');
    this.fleet = new Fleet();
    this.table = new SampleTable(Date.now() - 30 * HOUR_MS);
    const { fleet, table, tsdbDir, bucketDir } = this;
    this.oracle = new Oracle({ fleet, table, tsdbDir, bucketDir });
    const { seed } = options;
    this.load = new KillLoad({ origin: varve.writeOrigin, workers: WORKERS, fleet, table, seed });
  }

  static async prepare(options: CampaignOptions): Promise<KillCampaign> {
    mkdirSync(options.dir, { recursive: true });
    const args = [
      '--web.enable-lifecycle',
      `--receive.block-label=${LIFTED}`,
      `--tsdb.wal-segment-size=${SEGMENT_SIZE}`,
      // So that local copies of late blocks leave, too.
      '--tsdb.retention=3h',
    ];
    const varve = await VarveProcess.prepare(options.processes, {
      dataDir: join(options.dir, 'varve'),
      args,
    });
    return new KillCampaign(options, varve);
  }

  /** Kills until there are enough of each kind; throws what the first bad look finds. */
  async run(): Promise<void> {
    const { kills, killsOfEachKind, killsBetweenLooks, print } = this.#options;
    await this.varve.start();
    this.load.start();
    await this.#untilAnswered(20);
    await this.varve.kill();
    for (;;) {
      const kind = this.#rarestKind();
      if (this.kills >= kills && (this.byKind.get(kind) ?? 0) >= killsOfEachKind) break;
      await this.#live(kind);
      if (this.kills % killsBetweenLooks !== 0) continue;
      const findings = await this.oracle.look();
      print(`${this.kills} kills: ${textOf(findings)}`);
      judge(findings);
    }
  }

  /** The last life: what is left goes into blocks, and these into the bucket. */
  async end(): Promise<void> {
    await this.varve.start();
    await this.#untilAnswered(10);
    await this.load.stop();
    await this.varve.flush();
    const code = await this.varve.terminate();
    if (code !== 0) throw new Error(`exit code ${code}; ${this.varve.process.lastWords()}`);
  }

  /** One life of the process, and its end. */
  async #live(kind: KillKind): Promise<void> {
    const before = remainsIn(this.tsdbDir, this.bucketDir);
    this.#setMood(kind);
    this.#events = [];
    this.#isReady = false;
    this.#isFlushing = false;
    this.#moment = undefined;
    const { process } = this.varve;
    const { pid } = this.varve.launch();
    if (process === this.varve.process) throw new Error('a process was not started anew');
    if (kind === 'replay') await this.#dieInReplay(pid);
    else await this.#liveAndDie(kind);
    const { signal } = await this.varve.process.ended;
    const { code } = this.varve.process.end ?? {};
    if (signal !== 'SIGKILL') {
      if (code !== 0) throw new Error(`varve ended: ${code}; ${this.varve.process.lastWords()}`);
      this.drains++;
      return;
    }
    this.kills++;
    this.#note(before, remainsIn(this.tsdbDir, this.bucketDir));
  }

  async #dieInReplay(pid: number): Promise<void> {
    if (!(await this.#untilReplay(pid))) return this.#liveAndDie('append');
    await this.#pause(this.#random.fraction() * this.#replayMs);
    this.#kill();
  }

  async #liveAndDie(kind: KillKind): Promise<void> {
    const { process } = this.varve;
    const replays = await this.#untilReplay(process.pid);
    const startMs = performance.now();
    await this.varve.ready();
    if (replays) this.#replayMs = performance.now() - startMs;
    this.#isReady = true;
    await this.#untilAnswered(this.#random.between(8, 40));
    const watch = this.#watch(kind);
    try {
      if (this.#random.fraction() < DRAIN_SHARE) process.signal('SIGTERM');
      else if (kind === 'append') await this.#pause(this.#random.fraction() * 500);
      else if (kind === 'segment change') await Promise.race([process.ended, sleep(8000)]);
      else await this.#flush();
      if (kind === 'append') this.#kill();
      await Promise.race([process.ended, sleep(this.#random.between(0, 100))]);
      if (process.end === undefined && kind !== 'append') this.#kill();
      await process.ended;
    } finally {
      watch.close();
    }
  }

  /** Kills when what `kind` waits for has happened for the n-th time, and a little later. */
  #watch(kind: KillKind): DiskWatch {
    const checkpoint = kind === 'cut' && this.#random.fraction() < 0.3;
    const awaited: DiskEvent | undefined = checkpoint
      ? 'checkpoint'
      : kind === 'segment change'
        ? 'segment'
        : kind === 'cut'
          ? 'block begun'
          : kind === 'upload'
            ? 'object begun'
            : undefined;
    let left = checkpoint ? 1 : this.#random.between(1, 5);
    const laterMs = this.#random.fraction() * (kind === 'segment change' ? 3 : 40);
    return new DiskWatch({
      tsdbDir: this.tsdbDir,
      bucketDir: this.bucketDir,
      onEvent: (event) => {
        this.#events.push({ event, atMs: performance.now() });
        if (event !== awaited || --left !== 0) return;
        void this.#pause(laterMs).then(() => this.#kill());
      },
    });
  }

  async #flush(): Promise<void> {
    this.#isFlushing = true;
    try {
      await this.varve.flush();
    } catch (thrown) {
      if (this.#moment === undefined && this.varve.process.end?.signal !== null) throw thrown;
    } finally {
      this.#isFlushing = false;
    }
  }

  #kill(): void {
    const { process } = this.varve;
    if (process.end !== undefined || this.#moment !== undefined) return;
    const isLogOpen = !this.#isReady && hasLogOpen(process.pid);
    process.signal('SIGKILL');
    const last = this.#events.at(-1);
    this.#moment = {
      isReady: this.#isReady,
      isLogOpen,
      isFlushing: this.#isFlushing,
      inFlight: this.load.inFlight,
      last: last?.event,
      lastAgoMs: last === undefined ? Number.POSITIVE_INFINITY : performance.now() - last.atMs,
    };
  }

  #note(before: Remains, after: Remains): void {
    if (this.#moment === undefined) throw new Error('somebody else killed the process');
    const known = new Set(Object.values(before).flat());
    const isNew = (paths: readonly string[]): boolean => paths.some((path) => !known.has(path));
    const left = {
      block: isNew(after.blocks),
      checkpoint: isNew(after.checkpoints),
      upload: isNew(after.uploads),
    };
    const [kind, what] = kindOf(this.#moment, left);
    if (kind !== undefined) this.byKind.set(kind, (this.byKind.get(kind) ?? 0) + 1);
    const name = `${kind ?? 'other'}: ${what}`;
    this.met.set(name, (this.met.get(name) ?? 0) + 1);
  }

  #setMood(kind: KillKind): void {
    const far = this.#random.fraction() < 0.1;
    this.load.mood = {
      lateShare: this.#random.fraction() < 0.3 ? 0.3 : 0,
      lateMs: (far ? 22 : 3) * HOUR_MS,
      isBulky: kind === 'segment change' || this.#random.fraction() < 0.05,
    };
  }

  #rarestKind(): KillKind {
    const counts = KILL_KINDS.map((kind) => this.byKind.get(kind) ?? 0);
    const fewest = KILL_KINDS.filter((_, i) => counts[i] === Math.min(...counts));
    return fewest[this.#random.between(0, fewest.length)] ?? 'append';
  }

  /** False when it became ready before it was seen to replay. */
  async #untilReplay(pid: number): Promise<boolean> {
    const endMs = performance.now() + 30_000;
    while (performance.now() < endMs && this.varve.process.end === undefined) {
      if (hasLogOpen(pid)) return true;
      if (this.varve.process.stderr.includes('msg=ready')) return false;
      await sleep(1);
    }
    return false;
  }

  async #untilAnswered(requests: number): Promise<void> {
    const before = this.load.acknowledgedRequests;
    await waitFor('requests are taken', () => this.load.acknowledgedRequests >= before + requests, {
      limitMs: 30_000,
      everyMs: 5,
      explain: () => this.varve.process.lastWords(),
    });
  }

  /** Exact to a fraction of a millisecond when it is short. */
  async #pause(ms: number): Promise<void> {
    const endMs = performance.now() + ms;
    if (ms > 4) await sleep(ms);
    while (performance.now() < endMs);
  }
}

function kindOf(
  moment: Moment,
  left: { readonly block: boolean; readonly checkpoint: boolean; readonly upload: boolean },
): readonly [KillKind | undefined, string] {
  if (!moment.isReady) {
    return moment.isLogOpen ? ['replay', 'log open'] : [undefined, 'between replay and ready'];
  }
  if (left.upload) return ['upload', 'block without meta.json in the bucket'];
  if (left.block) return ['cut', 'block being written'];
  if (left.checkpoint) return ['cut', 'checkpoint being written'];
  if (moment.isFlushing) {
    if (moment.last === 'object begun') return ['upload', 'between two blocks'];
    if (moment.last === 'checkpoint') return ['cut', 'segments being removed'];
    if (moment.last === 'block begun') return ['cut', 'block named'];
    return [undefined, 'flush without a block yet'];
  }
  if (moment.last === 'segment' && moment.lastAgoMs <= SEGMENT_MS)
    return ['segment change', 'segment just begun'];
  return moment.inFlight > 0 ? ['append', 'requests under way'] : [undefined, 'idle'];
}

/** The findings in one line. */
export function textOf({ examples, ...counts }: Findings): string {
  return `${JSON.stringify(counts)}${examples.map((one) => `\n  ${one}`).join('')}`;
}

/** Throws when a promise was broken. */
export function judge(findings: Findings): void {
  const { lost, doubled, changed, misplaced } = findings;
  if (lost + doubled + changed + misplaced > 0) throw new Error(textOf(findings));
}
