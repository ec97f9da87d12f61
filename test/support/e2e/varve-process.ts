// A `varve serve` of the built program on ports and directories of its own, which can be stopped,
// killed and started again on the same ones.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { httpCall } from './http-calls.ts';
import type { Processes, RunningProcess } from './processes.ts';
import { freePorts, waitFor } from './waiting.ts';

/** What the `varve` command runs; VARVE_TEST_LAUNCH names another build. */
export const LAUNCH =
  process.env.VARVE_TEST_LAUNCH ??
  new URL('../../../dist/src/launch.cjs', import.meta.url).pathname;

/** VARVE_READY_MS for a machine that is busy with something else. */
const READY_LIMIT_MS = Number(process.env.VARVE_READY_MS ?? 60_000);

export interface VarveOptions {
  readonly dataDir: string;
  readonly args?: readonly string[];
  /** Put before the program, to run it somewhere else: a mount namespace. */
  readonly within?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One Varve, over all its lives. */
export class VarveProcess {
  /** Takes the write paths and health. */
  readonly writeOrigin: string;
  /** Takes everything. */
  readonly adminOrigin: string;
  readonly dataDir: string;
  readonly #processes: Processes;
  readonly #command: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #current: RunningProcess | undefined;

  private constructor(processes: Processes, ports: readonly number[], options: VarveOptions) {
    const [writeAddress, adminAddress] = ports.map((port) => `127.0.0.1:${port}`);
    this.writeOrigin = `http://${writeAddress}`;
    this.adminOrigin = `http://${adminAddress}`;
    this.dataDir = options.dataDir;
    this.#processes = processes;
    this.#env = options.env ?? {};
    this.#command = [
      ...(options.within ?? []),
      process.execPath,
      LAUNCH,
      'serve',
      `--data-dir=${options.dataDir}`,
      `--remote-write.address=${writeAddress}`,
      `--http-address=${adminAddress}`,
      ...(options.args ?? []),
    ];
  }

  /** Chooses ports; starts nothing yet. */
  static async prepare(processes: Processes, options: VarveOptions): Promise<VarveProcess> {
    return new VarveProcess(processes, await freePorts(2), options);
  }

  get process(): RunningProcess {
    if (this.#current === undefined) throw new Error('varve was not started');
    return this.#current;
  }

  /** Starts it and returns at once. */
  launch(): RunningProcess {
    const [command = '', ...args] = this.#command;
    this.#current = this.#processes.start('varve', command, { args, env: this.#env });
    return this.#current;
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    this.launch();
    await this.ready();
  }

  /** Waits until /-/ready says so; fails at once when the process has ended. */
  async ready(): Promise<void> {
    const { process } = this;
    const answer = await waitFor(
      'varve is ready',
      async () => {
        if (process.end !== undefined) return 'ended';
        return (await httpCall(`${this.writeOrigin}/-/ready`)).status === 200 && 'ready';
      },
      { limitMs: READY_LIMIT_MS, everyMs: 50, explain: () => process.lastWords() },
    );
    if (answer === 'ended') throw new Error(`varve ended early; ${process.lastWords()}`);
  }

  /** SIGTERM; the exit code. */
  async terminate(): Promise<number | null> {
    return (await this.process.stop('SIGTERM')).code;
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.process.stop('SIGKILL');
  }

  /** Cuts and uploads all there is; throws when the answer is no success. */
  async flush(): Promise<string> {
    const url = `${this.adminOrigin}/-/flush`;
    const { status, text } = await httpCall(url, { method: 'POST', timeoutMs: 120_000 });
    if (status !== 200) throw new Error(`flush: ${status} ${text}; ${this.process.lastWords()}`);
    return text;
  }
}

/** What meta.json of a block says; only what tests look at. */
export interface BlockOnDisk {
  readonly ulid: string;
  readonly dir: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** The blocks directly in `dir`, a bucket or a tenant's directory; one half uploaded is none yet. */
export function blocksIn(dir: string): readonly BlockOnDisk[] {
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir).filter(
    (name) =>
      /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(name) && existsSync(join(dir, name, 'meta.json')),
  );
  return names.sort().map((ulid) => {
    const meta = JSON.parse(readFileSync(join(dir, ulid, 'meta.json'), 'utf8')) as {
      readonly minTime: number;
      readonly maxTime: number;
      readonly thanos?: { readonly labels?: Readonly<Record<string, string>> };
    };
    return {
      ulid,
      dir: join(dir, ulid),
      minTimeMs: meta.minTime,
      maxTimeMs: meta.maxTime,
      labels: meta.thanos?.labels ?? {},
    };
  });
}
