// Millions of 64-bit patterns from a request through real threads, log, SIGKILL and replay, cut,
// block and upload; what the bucket holds in the end is compared with what was sent, bit by bit.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { HistogramValue } from '../../src/base/chunk/histogram-value.ts';
import { NodeDisk } from '../../src/base/runtime/node-disk.ts';
import { BlockReader } from '../../src/block/block-reader.ts';
import { SeriesSamples } from '../../src/block/series-samples.ts';
import { httpCall, keepAliveAgent } from './e2e/http-calls.ts';
import type { Processes } from './e2e/processes.ts';
import { blocksIn, VarveProcess } from './e2e/varve-process.ts';
import { EXACT_HEADERS, ExactRequest } from './exact-request.ts';
import {
  BIT_CLASSES,
  type BitClass,
  classOf,
  floatBits,
  histogramOf,
  type SampleKind,
  sameHistogram,
} from './expected-bits.ts';

const CONNECTIONS = 4;
/** Of each connection. */
const FLOAT_SERIES = 50;
const HISTOGRAM_SERIES = 9;
/** Of each series in a request. */
const FLOATS = 250;
const HISTOGRAMS = 50;
const STEP_MS = 250;
const HOUR_MS = 3_600_000;
const KINDS = ['integer', 'float histogram', 'custom buckets'] as const;

/** What came of a run. */
export interface BitsResult {
  floats: number;
  histograms: number;
  changed: number;
  missing: number;
  /** Never sent. */
  unknown: number;
  /** Acknowledged before the kill or not, sent again, and in a late block too. */
  severalPlaces: number;
  readonly classes: Record<BitClass, number>;
  readonly examples: string[];
}

export interface BitsOptions {
  readonly processes: Processes;
  readonly dir: string;
  /** Floats to send, about. */
  readonly floats: number;
}

/** Sends, kills, flushes, kills again, flushes, and compares. */
export class BitsRun {
  readonly #options: BitsOptions;
  readonly #rounds: number;
  readonly #baseMs: number;
  readonly #agent = keepAliveAgent();

  constructor(options: BitsOptions) {
    this.#options = options;
    this.#rounds = Math.max(6, Math.ceil(options.floats / (CONNECTIONS * FLOAT_SERIES * FLOATS)));
    const now = Date.now();
    this.#baseMs = now - (now % STEP_MS) - this.#rounds * FLOATS * STEP_MS - 60_000;
    if (now - this.#baseMs > 23 * HOUR_MS) throw new Error('more than a day: it would be too old');
  }

  async run(): Promise<BitsResult> {
    const { processes, dir } = this.#options;
    const args = ['--web.enable-lifecycle', '--engine.threads=2', '--tsdb.wal-segment-size=16MiB'];
    const varve = await VarveProcess.prepare(processes, { dataDir: join(dir, 'varve'), args });
    await varve.start();
    const third = Math.floor(this.#rounds / 3);
    await this.#send(varve, 0, third);
    await varve.flush();
    // The kill comes under load: what has no answer then is sent again.
    const sending = this.#send(varve, third, 2 * third);
    await this.#answers(varve, CONNECTIONS * 2);
    await varve.kill();
    await varve.start();
    await sending;
    await this.#send(varve, 2 * third, this.#rounds);
    await varve.kill();
    await varve.start();
    await varve.flush();
    if ((await varve.terminate()) !== 0) throw new Error(varve.process.lastWords());
    this.#agent.destroy();
    const result = this.#compare(join(varve.dataDir, 'bucket'));
    rmSync(dir, { recursive: true });
    return result;
  }

  #answered = 0;

  async #answers(varve: VarveProcess, more: number): Promise<void> {
    const before = this.#answered;
    while (this.#answered < before + more) {
      if (varve.process.end !== undefined) throw new Error(varve.process.lastWords());
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async #send(varve: VarveProcess, from: number, to: number): Promise<void> {
    const all = Array.from({ length: CONNECTIONS }, async (_, connection) => {
      for (let round = from; round < to; round++) {
        // Some rounds change places, so that the later of both is late.
        const swaps = connection === 1 && (round ^ 1) >= from && (round ^ 1) < to;
        await this.#deliver(varve, connection, swaps ? round ^ 1 : round);
      }
    });
    await Promise.all(all);
  }

  async #deliver(varve: VarveProcess, connection: number, round: number): Promise<void> {
    const version = round % 2 === 0 ? 1 : 2;
    const body = this.#encode(version, connection, round);
    for (;;) {
      const call = {
        method: 'POST',
        headers: { ...EXACT_HEADERS[version], 'THANOS-TENANT': tenantOf(connection) },
        body,
        agent: this.#agent,
      };
      const url = `${varve.writeOrigin}/api/v1/write`;
      const answer = await httpCall(url, call).catch(() => undefined); // killed: sent again
      if (answer?.status === 204) break;
      if (answer !== undefined && answer.status !== 503)
        throw new Error(`${answer.status} ${answer.text}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.#answered++;
  }

  #encode(version: 1 | 2, connection: number, round: number): Uint8Array {
    const request = new ExactRequest(version);
    const bits = { low: 0, high: 0 };
    const histogram = new HistogramValue();
    for (let local = 0; local < FLOAT_SERIES + HISTOGRAM_SERIES; local++) {
      const id = connection * 1000 + local;
      const kind = kindOf(local);
      request.openSeries([
        ['__name__', 'bits'],
        ['id', String(id)],
      ]);
      const count = kind === 'float' ? FLOATS : HISTOGRAMS;
      for (let i = 0; i < count; i++) {
        const timeMs = this.#baseMs + (round * FLOATS + i) * STEP_MS;
        if (kind === 'float') {
          floatBits(id, timeMs, bits);
          request.float(timeMs, bits.low, bits.high);
        } else {
          histogramOf(kind, id, timeMs, histogram);
          request.histogram(timeMs, histogram);
        }
      }
    }
    return request.take();
  }

  #compare(bucket: string): BitsResult {
    const classes = Object.fromEntries(BIT_CLASSES.map((name) => [name, 0]));
    const result: BitsResult = {
      ...{ floats: 0, histograms: 0, changed: 0, missing: 0, unknown: 0, severalPlaces: 0 },
      classes: classes as Record<BitClass, number>,
      examples: [],
    };
    const found = new Map<number, Uint8Array>();
    for (let connection = 0; connection < CONNECTIONS; connection++)
      for (let local = 0; local < FLOAT_SERIES + HISTOGRAM_SERIES; local++)
        found.set(connection * 1000 + local, new Uint8Array(this.#rounds * FLOATS));
    for (const { dir, labels } of blocksIn(bucket))
      if (labels.tenant_id !== 'varve') this.#compareBlock(dir, found, result);
    for (const [id, cells] of found) {
      const isFloat = kindOf(id % 1000) === 'float';
      for (const [i, count] of cells.entries()) {
        if (!isFloat && i % FLOATS >= HISTOGRAMS) continue;
        if (count === 0) result.missing++;
        if (count > 1) result.severalPlaces += count - 1;
      }
    }
    return result;
  }

  #compareBlock(dir: string, found: ReadonlyMap<number, Uint8Array>, result: BitsResult): void {
    const block = new BlockReader(new NodeDisk(), dir);
    const samples = new SeriesSamples(block);
    const bits = { low: 0, high: 0 };
    const [histogram, wanted] = [new HistogramValue(), new HistogramValue()];
    for (const entry of block.series()) {
      const id = Number(block.labelsOf(entry).find(({ name }) => name === 'id')?.value);
      const kind = kindOf(id % 1000);
      const cells = found.get(id);
      samples.open(entry);
      while (samples.next()) {
        const { timeMs, low, high, isHistogram } = samples;
        const at = (timeMs - this.#baseMs) / STEP_MS;
        if (cells?.[at] === undefined || isHistogram !== (kind !== 'float')) {
          result.unknown++;
          continue;
        }
        cells[at]++;
        let isSame: boolean;
        if (kind === 'float') {
          result.floats++;
          floatBits(id, timeMs, bits);
          result.classes[classOf(bits.low, bits.high)]++;
          isSame = bits.low === low && bits.high === high;
        } else {
          result.histograms++;
          samples.load(histogram);
          histogramOf(kind, id, timeMs, wanted);
          isSame = sameHistogram(histogram, wanted);
        }
        if (isSame) continue;
        result.changed++;
        if (result.examples.length < 10) result.examples.push(`${kind} ${id} at ${timeMs}`);
      }
    }
    block.close();
  }
}

function tenantOf(connection: number): string {
  return `tenant-${connection % 2}`;
}

function kindOf(local: number): SampleKind {
  return local < FLOAT_SERIES ? 'float' : (KINDS[local % KINDS.length] ?? 'float');
}

/** The figures in a line, and the classes below it. */
export function bitsText({ classes, examples, ...counts }: BitsResult): string {
  const rows = Object.entries(classes).map(([name, count]) => `${name} ${count}`);
  return [JSON.stringify(counts), rows.join(', '), ...examples].join('\n');
}
