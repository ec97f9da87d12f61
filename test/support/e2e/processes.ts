// Child processes of a test: started by name, ended by pid, all of them in the end.
//
// Invariant: after `endAll`, and when the test's own process exits before that, none is left.

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of each stream of output, the last so many characters are kept. */
const OUTPUT_LENGTH_MAX = 256 * 1024;
/** After SIGTERM in `endAll`, before SIGKILL. */
const GRACE_MS = 5_000;

export interface ProcessOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started process. */
export class RunningProcess {
  readonly name: string;
  /** Resolves when it has ended and its output is complete. */
  readonly ended: Promise<ProcessEnd>;
  end: ProcessEnd | undefined;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;

  constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout = (this.stdout + text).slice(-OUTPUT_LENGTH_MAX);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-OUTPUT_LENGTH_MAX);
    });
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.stderr += `${error.message}\n`;
        this.end = { code: null, signal: null };
        resolve(this.end);
      });
      child.once('close', (code, signal) => {
        this.end = { code, signal };
        resolve(this.end);
      });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.#child.pid;
  }

  /** Sends a signal to this very process. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end; throws, after SIGKILL, when it does not come in time. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', limitMs = 60_000): Promise<ProcessEnd> {
    this.signal(signal);
    const timeout = new AbortController();
    const late = sleep(limitMs, undefined, { signal: timeout.signal }).catch(() => undefined);
    const end = await Promise.race([this.ended, late]);
    timeout.abort();
    if (end !== undefined) return end;
    this.signal('SIGKILL');
    throw new Error(`${this.name} did not end within ${limitMs} ms after ${signal}`);
  }

  /** What it last said, for the message of a failed test. */
  lastWords(): string {
    return `${this.name}, last words:\n${this.stderr.slice(-3000)}`;
  }
}

/** All processes of a test file. */
export class Processes {
  readonly #started: RunningProcess[] = [];
  readonly #onExit = (): void => {
    for (const one of this.#started) if (one.end === undefined) one.signal('SIGKILL');
  };

  constructor() {
    process.once('exit', this.#onExit);
  }

  start(name: string, command: string, { args, env, cwd }: ProcessOptions): RunningProcess {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    const started = new RunningProcess(name, child);
    this.#started.push(started);
    return started;
  }

  /** Ends what still runs; for afterAll. */
  async endAll(): Promise<void> {
    const running = this.#started.filter(({ end }) => end === undefined);
    for (const one of running) one.signal('SIGTERM');
    const all = Promise.all(running.map(({ ended }) => ended));
    await Promise.race([all, sleep(GRACE_MS)]);
    for (const one of running) if (one.end === undefined) one.signal('SIGKILL');
    await all;
    process.off('exit', this.#onExit);
  }
}
