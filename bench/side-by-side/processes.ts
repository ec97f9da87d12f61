// Processes of the run: starting and ending them, and what Linux says they used.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SenderSetup, SendRange, Sent } from './sender.ts';

/** Linux's USER_HZ, the unit of /proc/PID/stat. */
const TICKS_PER_SECOND = 100;
const READY_TIMEOUT_MS = 120_000;
const END_TIMEOUT_MS = 60_000;

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port to be had');
  return address.port;
}

/** A server under measurement. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #startedMs = performance.now();
  readonly #logPath: string;

  constructor(command: readonly string[], logPath: string) {
    const [file = '', ...args] = command;
    const log = openSync(logPath, 'a');
    this.#logPath = logPath;
    this.#child = spawn(file, args, { stdio: ['ignore', log, log] });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits until `url` answers 200; seconds since the start of the process. */
  ready(url: string): Promise<number> {
    return this.answers(url, (status) => status === 200);
  }

  /** Waits until `url` answers at all, or as wanted; seconds since the start of the process. */
  async answers(url: string, wanted: (status: number) => boolean = () => true): Promise<number> {
    while (performance.now() - this.#startedMs < READY_TIMEOUT_MS) {
      if (this.#child.exitCode !== null) break;
      const isReady = await fetch(url).then(
        (answer) => wanted(answer.status),
        () => false,
      );
      if (isReady) return (performance.now() - this.#startedMs) / 1000;
      await sleep(5);
    }
    const log = readFileSync(this.#logPath, 'utf8').slice(-1000);
    throw new Error(`${this.#child.spawnfile} did not become ready: ${log}`);
  }

  /** Processor time of it and of its children so far, in seconds. */
  cpuSeconds(): number {
    return treeOf(this.pid).reduce((sum, pid) => sum + ticksOf(pid), 0) / TICKS_PER_SECOND;
  }

  /** The most memory it ever had, in bytes. */
  peakBytes(): number {
    return statusBytes(this.pid, 'VmHWM');
  }

  residentBytes(): number {
    return statusBytes(this.pid, 'VmRSS');
  }

  /** Ends it; a server that does not end by SIGTERM in time is killed. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }
}

/** The load generator. */
export class Sender {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(setup: SenderSetup): Promise<Sender> {
    const child = fork(new URL('./sender.js', import.meta.url), [JSON.stringify(setup)]);
    await answerOf(child);
    return new Sender(child);
  }

  async send(range: SendRange): Promise<Sent> {
    const answer = answerOf(this.#child);
    this.#child.send(range);
    return (await answer) as Sent;
  }

  async end(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const gone = once(child, 'exit').then(() => {
    throw new Error('the load generator ended');
  });
  const [message] = await Promise.race([once(child, 'message'), gone]);
  return message;
}

/** Bytes of all files in a directory and below. */
export function directoryBytes(path: string): number {
  let sum = 0;
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) sum += statSync(join(entry.parentPath, entry.name)).size;
  }
  return sum;
}

function treeOf(pid: number): number[] {
  const found = [pid];
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim();
    for (const child of children === '' ? [] : children.split(' ')) {
      found.push(...treeOf(Number(child)));
    }
  }
  return found;
}

/** utime and stime: fields 14 and 15, counted behind the name in parentheses. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function statusBytes(pid: number, key: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}
