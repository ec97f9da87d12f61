// Speed of writing on the engine without a disk: decode, find the series, decide, publish, encode.
//
// 10,000 series of 12 labels (about 370 bytes of label fields), 5,000 a request, one sample each, in
// a steady stream: nanoseconds a series by stage, for 1.0 and 2.0; then the first sight of many
// series. `node dist/bench/write/admit.js [rounds] [steady|first]`.

import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import { EngineMemory } from '../../src/head/engine-memory.ts';
import { Head } from '../../src/head/head.ts';
import { HEAD_DEFAULTS } from '../../src/head/head-options.ts';
import { RequestAdmission } from '../../src/write/admit.ts';
import { LABEL_LIMITS } from '../../src/write/label-parser.ts';
import { BatchEncoder } from '../../src/write/log-batch.ts';
import { SeriesFinder } from '../../src/write/series-finder.ts';
import { Streams } from '../../src/write/streams.ts';
import { DEFAULT_WIRE_LIMITS } from '../../src/write/wire/limits.ts';
import { WireDecoder } from '../../src/write/wire/wire-decoder.ts';

const SERIES_PER_REQUEST = 5_000;
const STEADY_SERIES = 10_000;
const NEW_SERIES = 200_000;
const START_MS = 1_800_000_000_000;
const ROUNDS = Number(process.argv[2] ?? 60);

const STAGES = ['decode', 'resolve', 'admit', 'encode', 'publish'] as const;

function engine() {
  let seed = 1;
  const memory = new EngineMemory({ random: { u32: () => (seed = (seed * 48271) % 0x7fffffff) } });
  let logBytes = 0;
  const log = {
    withdraw: () => undefined,
    append: (record: Uint8Array) => {
      logBytes += record.length;
    },
    sync: async () => ({ segment: 0, offset: logBytes }),
  };
  const clock = { nowMs: () => START_MS };
  const timers = { yieldNow: async () => undefined };
  const head = new Head(memory, { ...HEAD_DEFAULTS, clock, timers });
  const { symbols, hash } = memory;
  const streams = new Streams({
    symbols,
    factory: { open: () => Promise.reject(new Error('opened before')) },
    blockLabels: [],
    streamsPerTenantMax: 64,
    streamsMax: 64,
  });
  const stream = streams.adopt('bench', [], { head, log });
  const cacheBytesMax = 1024 * 1024 * 1024;
  const finder = new SeriesFinder({ symbols, hash, streams, limits: LABEL_LIMITS, cacheBytesMax });
  const admission = new RequestAdmission({ symbols, streams, finder, aheadMs: 600_000 });
  const decoder = new WireDecoder({ ...DEFAULT_WIRE_LIMITS });
  return { memory, streams, stream, finder, admission, decoder, encoder: new BatchEncoder(memory) };
}

/** Series number `n`: name, values and their order are like those of a scraped service. */
function labelsOf(n: number): [string, string][] {
  return [
    ['__name__', `http_server_request_duration_seconds_${n % 40}`],
    ['cluster', 'production-eu-central-1'],
    ['code', String(200 + (n % 5))],
    ['container', 'checkout-service'],
    ['endpoint', 'http-metrics'],
    ['instance', `10.42.${(n >> 8) & 255}.${n & 255}:8080`],
    ['job', 'kubernetes-service-endpoints'],
    ['method', ['GET', 'POST', 'PUT', 'DELETE'][n & 3] ?? 'GET'],
    ['namespace', 'shop-production'],
    ['pod', `checkout-service-7d4b9c6f8-${(n * 7919).toString(36).padStart(6, 'x')}`],
    ['replica', 'prometheus-0'],
    ['service', 'checkout-service-headless'],
  ];
}

const text = new TextEncoder();

function bytesField(into: ByteWriter, tag: number, bytes: Uint8Array): void {
  into.u8(tag);
  into.uvarint(bytes.length);
  into.bytes(bytes);
}

function sampleOf(n: number, timeMs: number): Uint8Array {
  const sample = new ByteWriter(32);
  const double = new DataView(new ArrayBuffer(8));
  double.setFloat64(0, n + timeMs / 15_000, true);
  sample.u8(0x09);
  sample.bytes(new Uint8Array(double.buffer));
  sample.u8(0x10);
  sample.uvarint(timeMs);
  return sample.view();
}

interface Message {
  readonly bytes: Uint8Array;
  /** Where each sample's time stands: six bytes of a varint. */
  readonly times: readonly number[];
}

/** Gives all samples of a message another time, so that messages are made once only. */
function setTime({ bytes, times }: Message, timeMs: number): void {
  const varint = new ByteWriter(16);
  varint.uvarint(timeMs);
  for (const at of times) bytes.set(varint.view(), at);
}

function message(version: 1 | 2, first: number, timeMs: number): Message {
  const ends: number[] = [];
  const body = new ByteWriter(1 << 20);
  const rest = new ByteWriter(1 << 20);
  const refs = new Map<string, number>([['', 0]]);
  if (version === 2) bytesField(body, 0x22, new Uint8Array(0));
  const refOf = (word: string): number => {
    let ref = refs.get(word);
    if (ref === undefined) {
      ref = refs.size;
      refs.set(word, ref);
      bytesField(body, 0x22, text.encode(word));
    }
    return ref;
  };
  for (let n = first; n < first + SERIES_PER_REQUEST; n++) {
    const series = new ByteWriter(1024);
    const packed = new ByteWriter(256);
    for (const [name, value] of labelsOf(n)) {
      if (version === 2) {
        packed.uvarint(refOf(name));
        packed.uvarint(refOf(value));
        continue;
      }
      const label = new ByteWriter(256);
      bytesField(label, 0x0a, text.encode(name));
      bytesField(label, 0x12, text.encode(value));
      bytesField(series, 0x0a, label.view());
    }
    if (version === 2) bytesField(series, 0x0a, packed.view());
    bytesField(series, 0x12, sampleOf(n, timeMs));
    bytesField(rest, version === 1 ? 0x0a : 0x2a, series.view());
    ends.push(rest.length);
  }
  const times = ends.map((end) => body.length + end - 6);
  body.bytes(rest.view());
  return { bytes: body.view().slice(), times };
}

/** Processor time of this process: what matters, and what other work on the machine disturbs less. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

type Engine = ReturnType<typeof engine>;

/** Takes one message in; adds what each stage took, in milliseconds. */
function take(engine: Engine, version: 1 | 2, bytes: Uint8Array, spent: number[]): void {
  const { streams, stream, admission, decoder, encoder, memory } = engine;
  let last = cpuMs();
  const lap = (stage: number): void => {
    const now = cpuMs();
    spent[stage] = (spent[stage] ?? 0) + now - last;
    last = now;
  };
  const request = decoder.decodeMessage(version, bytes);
  lap(0);
  const tenant = streams.ofTenant('bench');
  admission.resolve(request, tenant, new Map());
  lap(1);
  const admitted = admission.admit(request, tenant, START_MS + 365 * 86_400_000);
  memory.symbols.sweep();
  lap(2);
  const written = admitted.tallies[0]?.samples ?? 0;
  if (written !== SERIES_PER_REQUEST) throw new Error(`only ${written} written`);
  const batch = stream.head.takeBatch();
  encoder.append(stream, batch);
  lap(3);
  stream.head.publish(batch);
  lap(4);
}

function report(what: string, spent: readonly number[], series: number): void {
  const parts = STAGES.map((stage, index) => {
    const ns = ((spent[index] ?? 0) * 1e6) / series;
    return `${stage} ${ns.toFixed(0)}`;
  });
  const sum = (spent.reduce((a, b) => a + b, 0) * 1e6) / series;
  console.log(`${what}: ${parts.join(', ')}; all ${sum.toFixed(0)} ns a series`);
}

function steady(version: 1 | 2): void {
  const its = engine();
  const warm: number[] = [];
  const spent: number[] = [];
  const messages: Message[] = [];
  for (let first = 0; first < STEADY_SERIES; first += SERIES_PER_REQUEST) {
    messages.push(message(version, first, START_MS));
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of messages) {
      setTime(one, START_MS + round * 15_000);
      take(its, version, one.bytes, round < 10 ? warm : spent);
    }
  }
  report(`steady, ${version}.0`, spent, STEADY_SERIES * (ROUNDS - 10));
  console.log(`  cache: ${JSON.stringify(its.finder.cache.counts)}`);
}

function firstSight(version: 1 | 2): void {
  const its = engine();
  const spent: number[] = [];
  const before = process.memoryUsage().rss;
  for (let first = 0; first < NEW_SERIES; first += SERIES_PER_REQUEST) {
    take(its, version, message(version, first, START_MS).bytes, spent);
  }
  report(`first sight, ${version}.0`, spent, NEW_SERIES);
  const { bytes } = its.finder.cache.stats;
  const grown = process.memoryUsage().rss - before;
  console.log(
    `  bytes a series: cache ${(bytes / NEW_SERIES).toFixed(0)}, engine ${(its.memory.sizeBytes / NEW_SERIES).toFixed(0)}, RSS ${(grown / NEW_SERIES).toFixed(0)}`,
  );
}

const only = process.argv[3];
for (const version of [1, 2] as const) {
  if (only !== 'first') steady(version);
  if (only !== 'steady') firstSight(version);
}
