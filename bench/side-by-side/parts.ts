// The parts of the side-by-side run: each starts a server on an empty directory, loads it, and says
// what it did. CPU is that of the server's process tree, from /proc, over the measured part of the
// load and the seconds after it in which buffered work is done; memory is its VmHWM.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodiesPerConnection, type LoadPlan, writeBodies } from './bodies.ts';
import { Sender } from './processes.ts';
import type { SendRange, Sent } from './sender.ts';
import { countSeries, PROMETHEUS, type Running, type ServerKind, VARVE } from './servers.ts';
import type { Figures, PartFigures } from './targets.ts';

const SAMPLES_PER_REQUEST = 5_000;
const CONNECTIONS = 4;
const STEP_MS = 15_000;
const WINDOW_MS = 7_200_000;
/** Of the 240 bodies of a connection: what runs for months is measured warm. */
const WARM_UP = 80;
/** VictoriaMetrics and Prometheus's compactor work on after the last answer. */
const SETTLE_MS = 2_000;

export interface PartContext {
  /** A directory for this run. */
  readonly dir: string;
  /** The servers that are there. */
  readonly servers: readonly ServerKind[];
  readonly nowMs: number;
}

export type Part = (context: PartContext) => Promise<Record<string, PartFigures>>;

/** `rounds` scrapes of `series` series, the last of them before now. */
export function planOf(version: 1 | 2, series: number, rounds: number, nowMs: number): LoadPlan {
  // Within one window of two hours, the last one that is over: nobody cuts a block meanwhile.
  const startMs = Math.floor((nowMs - rounds * STEP_MS) / WINDOW_MS) * WINDOW_MS;
  return {
    version,
    series,
    rounds,
    startMs,
    stepMs: STEP_MS,
    connections: CONNECTIONS,
    samplesPerRequest: SAMPLES_PER_REQUEST,
  };
}

interface Load {
  readonly plan: LoadPlan;
  readonly path: string;
  /** Bodies of each connection that are sent before measuring starts. */
  readonly warmUp: number;
}

/** Makes the bodies of a plan, unless they are there. */
export function makeLoad(plan: LoadPlan, dir: string, warmUp: number): Load {
  const path = join(dir, `${plan.series}-v${plan.version}.bodies`);
  if (!existsSync(path)) {
    const megabytes = writeBodies(plan, path) / 1e6;
    const size = statSync(path).size / 1e6;
    const requests = bodiesPerConnection(plan) * plan.connections;
    const each = `${(megabytes / requests).toFixed(2)} MB, ${(size / requests).toFixed(2)} MB sent`;
    console.error(`${requests} requests of ${each} are made`);
  }
  return { plan, path, warmUp };
}

/** Sends a load and measures its second part. */
export async function sendLoad(kind: ServerKind, running: Running, load: Load) {
  const { plan, path, warmUp } = load;
  const server = running.process;
  const sender = await Sender.start({ plan, path, port: running.writePort, url: kind.writeUrl });
  try {
    const check = async (range: SendRange): Promise<Sent> => {
      const sent = await sender.send(range);
      if (sent.firstError !== '') throw new Error(`${kind.name} answers: ${sent.firstError}`);
      return sent;
    };
    await check({ from: 0, to: warmUp });
    const before = server.cpuSeconds();
    const sent = await check({ from: warmUp, to: bodiesPerConnection(plan) });
    await sleep(SETTLE_MS);
    const cpuSeconds = server.cpuSeconds() - before;
    const samples = sent.requests * SAMPLES_PER_REQUEST;
    return {
      samples,
      cpuSeconds,
      samplesPerCpuSecond: samples / cpuSeconds,
      samplesPerSecond: samples / sent.seconds,
      p50Ms: quantile(sent.latenciesMs, 0.5),
      p99Ms: quantile(sent.latenciesMs, 0.99),
      maxMs: quantile(sent.latenciesMs, 1),
      peakBytes: server.peakBytes(),
    };
  } finally {
    await sender.end();
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
}

/** Runs `measure` on a fresh server of each kind; what one could not do does not end the others. */
export async function onEach(
  context: PartContext,
  name: string,
  measure: (kind: ServerKind, running: Running, dir: string) => Promise<Figures>,
): Promise<PartFigures> {
  const figures: Record<string, Figures> = {};
  for (const kind of context.servers) {
    const dir = join(context.dir, `${name}-${kind.name}`);
    const running = await kind.start(dir);
    try {
      figures[kind.name] = await measure(kind, running, dir);
    } finally {
      await running.process.end('SIGKILL');
    }
    console.error(`${name} ${kind.name}`, figures[kind.name]);
  }
  return figures;
}

/** Remote write 1.0, 10 k series for two hours; and the size of the block that this makes. */
export const ingest: Part = async (context) => {
  const load = makeLoad(planOf(1, 10_000, 480, context.nowMs), context.dir, WARM_UP);
  const block: Record<string, Figures> = {};
  const figures = await onEach(context, 'ingest', async (kind, running, dir) => {
    const figures = await sendLoad(kind, running, load);
    if (kind === VARVE) {
      await post(running, '/-/flush');
      block.varve = blockFigures(join(dir, 'tsdb', 'default-tenant'));
    } else if (kind === PROMETHEUS) {
      await post(running, '/api/v1/admin/tsdb/snapshot');
      const snapshots = join(dir, 'data', 'snapshots');
      block.prometheus = blockFigures(join(snapshots, readdirSync(snapshots)[0] ?? ''));
    }
    return figures;
  });
  return { ingest: figures, block };
};

/** Remote write 2.0. The peers are sent one request, to say what they make of it. */
export const ingest2: Part = async (context) => {
  const load = makeLoad(planOf(2, 10_000, 480, context.nowMs), context.dir, WARM_UP);
  const figures = await onEach(context, 'ingest2', async (kind, running) => {
    if (kind === VARVE) return sendLoad(kind, running, load);
    const { plan, path } = load;
    const sender = await Sender.start({ plan, path, port: running.writePort, url: kind.writeUrl });
    const { statuses } = await sender.send({ from: 0, to: 1 });
    await sender.end();
    await sleep(SETTLE_MS);
    const storedSeries = (await countSeries(running)) ?? -1;
    return { answers: Object.keys(statuses).join(), storedSeries };
  });
  return { ingest2: figures };
};

/** 500 k new series, 4 samples each; then a kill and a start on what is there. */
export const firstSight: Part = async (context) => {
  const series = 500_000;
  const load = makeLoad(planOf(1, series, 4, context.nowMs), context.dir, 0);
  const replay: Record<string, Figures> = {};
  const figures = await onEach(context, 'first-sight', async (kind, running, dir) => {
    const figures = await sendLoad(kind, running, load);
    const bytesPerSeries = figures.peakBytes / series;
    if (kind.name !== 'victoria-metrics') {
      await running.process.end('SIGKILL');
      replay[kind.name] = await replayFigures(kind, dir, figures.peakBytes);
      console.error(`replay ${kind.name}`, replay[kind.name]);
    }
    return { ...figures, bytesPerSeries };
  });
  return { 'first-sight': figures, replay };
};

async function replayFigures(kind: ServerKind, dir: string, beforeBytes: number): Promise<Figures> {
  const { process: server, readySeconds } = await kind.start(dir);
  const peakBytes = server.peakBytes();
  const cpuSeconds = server.cpuSeconds();
  await server.end('SIGKILL');
  return { readySeconds, cpuSeconds, peakBytes, peakToBefore: peakBytes / beforeBytes };
}

async function post({ adminPort }: Running, path: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}${path}`, { method: 'POST' });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

/** Bytes a sample over all blocks in a directory: chunks and index. */
function blockFigures(dir: string): Figures {
  let samples = 0;
  let chunkBytes = 0;
  let indexBytes = 0;
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (!existsSync(join(path, 'meta.json'))) continue;
    const meta = JSON.parse(readFileSync(join(path, 'meta.json'), 'utf8')) as {
      stats: { numSamples: number };
    };
    samples += meta.stats.numSamples;
    indexBytes += statSync(join(path, 'index')).size;
    for (const segment of readdirSync(join(path, 'chunks'))) {
      chunkBytes += statSync(join(path, 'chunks', segment)).size;
    }
  }
  const bytesPerSample = (chunkBytes + indexBytes) / samples;
  return { samples, chunkBytes, indexBytes, bytesPerSample };
}
