// How fast a head takes samples, and what a series costs: `node dist/bench/head/append.js`.
//
// First sight of many series (12 labels of 300 bytes together, 4 samples each), then a steady stream
// into few. Prints nanoseconds a sample, and bytes a series by what the process has really taken.

import { EngineMemory } from '../../src/head/engine-memory.ts';
import { Head } from '../../src/head/head.ts';
import { HEAD_DEFAULTS } from '../../src/head/head-options.ts';

const NEW_SERIES = Number(process.env.BENCH_SERIES ?? 500_000);
const STEADY_SERIES = Number(process.env.BENCH_STEADY_SERIES ?? 10_000);
const STEADY_ROUNDS = 400;
const BATCH = Math.min(5_000, STEADY_SERIES);
const START_MS = 1_700_006_400_000;

function newHead(): Head {
  let seed = 12345;
  const u32 = () => (seed = (seed * 1664525 + 1013904223) >>> 0);
  const memory = new EngineMemory({ random: { u32 } });
  const timers = { yieldNow: () => new Promise<void>((resolve) => setImmediate(resolve)) };
  return new Head(memory, { ...HEAD_DEFAULTS, timers, clock: { nowMs: () => START_MS } });
}

/** 12 labels, about 300 bytes: two of them nearly unique, the others shared. */
function labelsOf(number: number): string[] {
  return [
    ['__name__', `http_request_duration_seconds_bucket_${number % 1000}`],
    ['cluster', 'production-europe-west-1'],
    ['container', `application-server-${number % 50}`],
    ['endpoint', 'https-metrics'],
    ['instance', `10.${number % 7}.${number % 97}.${number % 251}:9100`],
    ['job', `kubernetes-service-endpoints-${number % 20}`],
    ['le', `${(number % 12) * 0.25}`],
    ['method', number % 2 === 0 ? 'GET' : 'POST'],
    ['namespace', `team-namespace-${number % 100}`],
    ['pod', `application-server-${number % 50}-7d9f8b6c5-${number.toString(36).padStart(5, '0')}`],
    ['replica', 'prometheus-replica-0'],
    ['status', '200'],
  ].flat();
}

/** Puts the labels of many series where they can be interned without making strings. */
class Feeder {
  readonly #head: Head;
  readonly #ids = new Uint32Array(64);
  readonly #bytes = Buffer.alloc(BATCH * 512);
  readonly #starts: number[] = [];

  constructor(head: Head) {
    this.#head = head;
  }

  prepare(from: number, count: number): void {
    this.#starts.length = 0;
    let at = 0;
    for (let i = from; i < from + count; i++)
      for (const text of labelsOf(i)) {
        this.#starts.push(at);
        at += this.#bytes.write(text, at);
      }
    this.#starts.push(at);
  }

  /** Slot of the series that was prepared as number `index`. */
  slot(index: number): number {
    const { symbols } = this.#head.memory;
    const starts = this.#starts;
    for (let i = 0; i < 24; i++) {
      const start = starts[index * 24 + i]!;
      this.#ids[i] = symbols.intern(this.#bytes, start, starts[index * 24 + i + 1]! - start);
    }
    const found = this.#head.findSeries(this.#ids, 24);
    return found === 0xffffffff ? this.#head.createSeries(this.#ids, 24) : found;
  }
}

function publish(head: Head): void {
  head.publish(head.takeBatch(), START_MS);
  head.memory.symbols.sweep();
}

/** CPU nanoseconds of this process so far: the machine may have other things to do. */
function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

const view = new DataView(new ArrayBuffer(8));

function newSeries(): void {
  const head = newHead();
  const feeder = new Feeder(head);
  const slots = new Uint32Array(NEW_SERIES);
  global.gc?.();
  const rssBefore = process.memoryUsage().rss;
  let createNs = 0;
  for (let from = 0; from < NEW_SERIES; from += BATCH) {
    feeder.prepare(from, BATCH);
    const began = cpuNs();
    for (let i = 0; i < BATCH; i++) slots[from + i] = feeder.slot(i);
    publish(head);
    createNs += cpuNs() - began;
  }
  const began = cpuNs();
  for (let round = 0; round < 4; round++)
    for (let i = 0; i < NEW_SERIES; i++) {
      view.setFloat64(0, (i % 977) + round * 1.5);
      head.admitFloat(slots[i]!, START_MS + round * 15_000, view.getInt32(4), view.getInt32(0));
      if (i % BATCH === BATCH - 1) publish(head);
    }
  const publishNs = cpuNs() - began;
  global.gc?.();
  const rss = process.memoryUsage().rss - rssBefore - slots.byteLength;
  const { memory } = head;
  console.log(`new series: ${NEW_SERIES}`);
  console.log(`  intern, find, create: ${(createNs / NEW_SERIES).toFixed(0)} ns a series`);
  console.log(`  admit + publish: ${(publishNs / NEW_SERIES / 4).toFixed(0)} ns a sample`);
  console.log(`  resident: ${(rss / NEW_SERIES).toFixed(0)} bytes a series`);
  const parts = {
    arena: memory.arena.usedBytes,
    symbols: memory.symbols.records.count * 16 + memory.symbols.indexBytes,
    chunkRecords: memory.chunks.count * 32,
    pairs: memory.pairs.count * 24,
    series: head.seriesCount * 96,
    indexes: head.store.indexBytes,
    symbolBytes: memory.symbols.stats.bytes,
  };
  for (const [name, bytes] of Object.entries(parts))
    console.log(`    ${name}: ${(bytes / NEW_SERIES).toFixed(1)}`);
}

function steady(): void {
  const head = newHead();
  const feeder = new Feeder(head);
  const slots = new Uint32Array(STEADY_SERIES);
  for (let from = 0; from < STEADY_SERIES; from += BATCH) {
    feeder.prepare(from, BATCH);
    for (let i = 0; i < BATCH; i++) slots[from + i] = feeder.slot(i);
  }
  publish(head);
  let admitNs = 0;
  let publishNs = 0;
  let samples = 0;
  let bestNs = Number.POSITIVE_INFINITY;
  const lows = new Int32Array(STEADY_SERIES);
  const highs = new Int32Array(STEADY_SERIES);
  for (let round = 0; round < STEADY_ROUNDS; round++) {
    if (round % 40 === 0) {
      // The best of ten parts: the machine may have other things to do.
      if (round > 40) bestNs = Math.min(bestNs, (admitNs + publishNs) / samples);
      admitNs = publishNs = samples = 0;
    }
    for (let i = 0; i < STEADY_SERIES; i++) {
      view.setFloat64(0, round * (i % 13) + (i % 3 === 0 ? Math.random() : 0));
      lows[i] = view.getInt32(4);
      highs[i] = view.getInt32(0);
    }
    for (let from = 0; from < STEADY_SERIES; from += BATCH) {
      const began = cpuNs();
      for (let i = from; i < from + BATCH; i++)
        head.admitFloat(slots[i]!, START_MS + round * 15_000, lows[i]!, highs[i]!);
      const admitted = cpuNs();
      publish(head);
      publishNs += cpuNs() - admitted;
      admitNs += admitted - began;
      samples += BATCH;
    }
  }
  console.log(
    `steady: ${STEADY_SERIES} series, best part ${bestNs.toFixed(1)} ns a sample; the last:`,
  );
  console.log(
    `  admit ${(admitNs / samples).toFixed(1)} ns, publish ${(publishNs / samples).toFixed(1)} ns a sample`,
  );
}

steady();
if (NEW_SERIES > 0) newSeries();
