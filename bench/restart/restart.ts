// A restart with a million active series: how long until ready, and with how much memory, beside
// what the server had at the moment before it was killed. Resident sets are of the whole process.
//
// `node dist/bench/run.js restart`, or `… restart varve` for Varve alone. BENCH_SERIES changes the
// number of series.

import { join } from 'node:path';
import { makeLoad, onEach, type Part, planOf, sendLoad } from '../side-by-side/parts.ts';
import { directoryBytes } from '../side-by-side/processes.ts';
import type { Running, ServerKind } from '../side-by-side/servers.ts';
import type { Figures } from '../side-by-side/targets.ts';

const SERIES = Number(process.env.BENCH_SERIES ?? 1_000_000);
const SAMPLES_EACH = 4;
/** Of prometheus and of Varve: where the log lies below the directory of the run. */
const LOGS: Readonly<Record<string, string>> = {
  varve: 'tsdb/default-tenant/wal',
  prometheus: 'data/wal',
};

/** Sends, notes memory, kills, starts again, notes time and memory. */
export const restart: Part = async (context) => {
  const load = makeLoad(planOf(1, SERIES, SAMPLES_EACH, context.nowMs), context.dir, 0);
  const servers = context.servers.filter(({ name }) => name in LOGS);
  const figures = await onEach({ ...context, servers }, 'restart', async (kind, running, dir) => {
    await sendLoad(kind, running, load);
    const before = memoryOf(running);
    await running.process.end('SIGKILL');
    const log = join(dir, LOGS[kind.name] ?? '');
    return restartFigures(kind, dir, { before, logBytes: directoryBytes(log) });
  });
  return { restart: figures };
};

interface Memory {
  readonly residentBytes: number;
  readonly peakBytes: number;
}

function memoryOf({ process: server }: Running): Memory {
  return { residentBytes: server.residentBytes(), peakBytes: server.peakBytes() };
}

async function restartFigures(
  kind: ServerKind,
  dir: string,
  { before, logBytes }: { readonly before: Memory; readonly logBytes: number },
): Promise<Figures> {
  const running = await kind.start(dir);
  const after = memoryOf(running);
  const cpuSeconds = running.process.cpuSeconds();
  await running.process.end('SIGKILL');
  return {
    series: SERIES,
    samples: SERIES * SAMPLES_EACH,
    logBytes,
    readySeconds: running.readySeconds,
    cpuSeconds,
    residentBytesBefore: before.residentBytes,
    peakBytesBefore: before.peakBytes,
    residentBytesAfter: after.residentBytes,
    peakBytesAfter: after.peakBytes,
    /** The peak of the replay to the resident set at the moment before the kill, and to its peak. */
    peakToResidentBefore: after.peakBytes / before.residentBytes,
    peakToPeakBefore: after.peakBytes / before.peakBytes,
  };
}
