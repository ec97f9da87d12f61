// The reader of the kills of compactors as who runs them has it: reader-child.ts in a process.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LookCounts } from './oracle.ts';
import type { ReaderOrder } from './reader-child.ts';

/** A look that takes longer is stuck. */
const LOOK_LIMIT_MS = 120_000;

/** See the head of the file. */
export class ReaderProcess {
  looks = 0;
  /** Of all looks together. */
  samples = 0;
  windows = 0;
  /** Of the last look. */
  last: LookCounts | undefined;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #begun = 0;
  #errors = '';
  #isEnded = false;
  #onLine: () => void = () => undefined;

  /** @param script reader-child.ts, compiled */
  constructor(script: string, order: ReaderOrder) {
    this.#child = spawn(process.execPath, [script, JSON.stringify(order)], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('the reader has no output');
    createInterface({ input: stdout }).on('line', (line) => this.#take(line));
    stderr.on('data', (text) => {
      this.#errors += String(text);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#isEnded = true;
        this.#onLine();
        resolve(code);
      });
    });
  }

  /** Waits for a look that begins after this call, to its end. Throws what it found wrong. */
  async lookAnew(): Promise<void> {
    const wanted = this.#begun + 1;
    await this.#until(() => this.looks >= wanted);
  }

  /** The last look, of a bucket in which nothing is left to do. */
  async lastLook(): Promise<void> {
    this.#child.stdin?.write('rest\n');
    await this.#until(() => this.#isEnded);
    const code = await this.#ended;
    if (code !== 0) throw new Error(`the reader:\n${this.#errors}`);
  }

  /** Throws what it has found wrong. */
  throwIfWrong(): void {
    if (this.#isEnded) throw new Error(`the reader:\n${this.#errors}`);
  }

  /** Ends it, if it still runs. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async #until(isSo: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('the reader is stuck')), LOOK_LIMIT_MS);
      this.#onLine = () => {
        if (!isSo() && !this.#isEnded) return;
        clearTimeout(late);
        this.#onLine = () => undefined;
        resolve();
      };
      this.#onLine();
    });
    if (!isSo()) this.throwIfWrong();
  }

  #take(line: string): void {
    const told = JSON.parse(line) as { readonly end?: LookCounts };
    if (told.end === undefined) this.#begun++;
    else {
      this.looks++;
      this.samples += told.end.samples;
      this.windows += told.end.windows;
      this.last = told.end;
    }
    this.#onLine();
  }
}
