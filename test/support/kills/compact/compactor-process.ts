// A process of the built `varve compact --wait` that is going to be killed: what it says it does.

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { LAUNCH } from '../../e2e/varve-process.ts';
import { freePorts } from '../../e2e/waiting.ts';

/** What a kill may be aimed at. */
export const STAGES = ['compaction', 'downsampling', 'marking', 'deleting'] as const;
export type Stage = (typeof STAGES)[number];

/** The line of the log that says that a stage is under way. */
const SIGNS: Readonly<Record<Stage, RegExp>> = {
  compaction: /msg="compact begins"/,
  downsampling: /msg="downsample begins"/,
  marking: /msg="block marked"/,
  deleting: /msg="block deleted"/,
};

/** Marks and deletions come one after the other faster than this. */
const JUST_NOW_MS = 50;
/** A machine that is busy with something else. */
const START_LIMIT_MS = 60_000;
/** Of the log, the last so many characters are kept. */
const LOG_MAX = 20_000;

/** A started compactor. */
export class CompactorProcess {
  readonly ended: Promise<number | null>;
  log = '';
  isEnded = false;
  isStarted = false;
  readonly #child: ChildProcess;
  readonly #seen = new Map<Stage, number>();
  #running: 'compaction' | 'downsampling' | undefined;
  #last: { readonly stage: Stage; readonly atMs: number } | undefined;
  #onLine: () => void = () => undefined;
  #rest = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        this.isEnded = true;
        this.#onLine();
        resolve(code);
      });
    });
  }

  /** Starts one; `flags` name the bucket and the directory. */
  static async start(flags: readonly string[]): Promise<CompactorProcess> {
    const [port = 0] = await freePorts(1);
    const args = [LAUNCH, 'compact', ...flags, `--http-address=127.0.0.1:${port}`];
    const options = { env: { PATH: process.env.PATH ?? '' } };
    return new CompactorProcess(
      spawn(process.execPath, [...args, '--log.level=debug'], {
        ...options,
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    );
  }

  /**
   * What it is at, by its log: a job that was begun and has not ended, and whose sources are being
   * marked when one is; else what it told of just now.
   */
  stage(): Stage | undefined {
    const last = this.#last;
    if (this.#running !== undefined) return last?.stage === 'marking' ? 'marking' : this.#running;
    return last !== undefined && performance.now() - last.atMs < JUST_NOW_MS
      ? last.stage
      : undefined;
  }

  /** Waits until the stage has come so often, or the time is over; true when it has come. */
  async untilStage(stage: Stage, times: number, limitMs: number): Promise<boolean> {
    const isReached = (): boolean => (this.#seen.get(stage) ?? 0) >= times;
    await this.#until(() => this.isStarted, START_LIMIT_MS);
    await this.#until(isReached, limitMs);
    return isReached();
  }

  async #until(isReached: () => boolean, limitMs: number): Promise<void> {
    const end = new AbortController();
    const reached = new Promise<void>((resolve) => {
      this.#onLine = () => {
        if (isReached() || this.isEnded) resolve();
      };
      this.#onLine();
    });
    const late = sleep(limitMs, undefined, { signal: end.signal }).catch(() => undefined);
    await Promise.race([reached, late]);
    end.abort();
    this.#onLine = () => undefined;
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.isEnded) throw new Error(`a compactor ended by itself:\n${this.log.slice(-3000)}`);
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Waits for its end by itself. Throws when it fails, or does not come to its end. */
  async untilDone(limitMs: number): Promise<void> {
    const waiting = new AbortController();
    const late = sleep(limitMs, 'late', { signal: waiting.signal }).catch(() => 'late');
    const end = await Promise.race([this.ended, late]);
    waiting.abort();
    if (end === 0) return;
    const what = end === 'late' ? `did not end within ${limitMs} ms` : `ended with ${end}`;
    throw new Error(`compact ${what}:\n${this.log.slice(-5000)}`);
  }

  /** Ends it, if it still runs. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  #take(text: string): void {
    this.log = (this.log + text).slice(-LOG_MAX);
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#note(line);
    this.#onLine();
  }

  #note(line: string): void {
    if (/msg="stage started" stage=compaction/.test(line)) this.isStarted = true;
    const stage = STAGES.find((one) => SIGNS[one].test(line));
    if (stage !== undefined) {
      this.#seen.set(stage, (this.#seen.get(stage) ?? 0) + 1);
      this.#last = { stage, atMs: performance.now() };
      if (stage === 'compaction' || stage === 'downsampling') this.#running = stage;
    } else if (/msg="(compact|downsample) (done|failed|set-aside|given-up|empty)"/.test(line)) {
      this.#running = undefined;
      this.#last = undefined;
    }
  }
}
