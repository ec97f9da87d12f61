// The figures of DESIGN §4 that the side-by-side run produces, as ratios to the peers of that run.

/** What one server did in a part; figures that it does not have are absent. */
export type Figures = Readonly<Record<string, number | string>>;

/** Figures of a part, by server. */
export type PartFigures = Readonly<Record<string, Figures>>;

/** A line of DESIGN §4. */
export interface Target {
  readonly part: string;
  readonly figure: string;
  readonly what: string;
  /** The ratio is Varve's figure to this server's; `fixed` compares the figure itself. */
  readonly against: string | 'fixed';
  /** Another part to take the peer's figure from. */
  readonly againstPart?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

const MIB = 1024 * 1024;

/** DESIGN §4 in the order of its table. */
export const TARGETS: readonly Target[] = [
  rate('ingest', 'ingest 1.0, samples per CPU-second', 'prometheus', 10),
  rate('ingest', 'ingest 1.0, samples per CPU-second', 'victoria-metrics', 2.5),
  {
    ...rate('ingest2', 'ingest 2.0, samples per CPU-second', 'victoria-metrics', 4),
    againstPart: 'ingest',
  },
  rate('first-sight', 'first sight of 500 k, samples per CPU-second', 'prometheus', 5),
  rate('first-sight', 'first sight of 500 k, samples per CPU-second', 'victoria-metrics', 5),
  bytesPerSeries('fixed', 1024),
  bytesPerSeries('prometheus', 1),
  bytesPerSeries('victoria-metrics', 1),
  {
    part: 'ingest',
    figure: 'p99Ms',
    what: '99th percentile of a request, ms',
    against: 'fixed',
    atMost: 25,
  },
  {
    part: 'replay',
    figure: 'readySeconds',
    what: 'replay, seconds to ready',
    against: 'prometheus',
    atMost: 0.5,
  },
  {
    part: 'replay',
    figure: 'peakToBefore',
    what: 'replay, peak memory to before',
    against: 'fixed',
    atMost: 1.1,
  },
  {
    part: 'restart',
    figure: 'readySeconds',
    what: 'restart with all series active, seconds to ready',
    against: 'prometheus',
    atMost: 0.5,
  },
  {
    part: 'restart',
    figure: 'peakToPeakBefore',
    what: 'restart with all series active, peak memory to peak before',
    against: 'fixed',
    atMost: 1.1,
  },
  {
    part: 'restart',
    figure: 'peakToResidentBefore',
    what: 'restart with all series active, peak memory to memory before',
    against: 'fixed',
    atMost: 1.1,
  },
  {
    part: 'block',
    figure: 'bytesPerSample',
    what: 'block, bytes a sample',
    against: 'prometheus',
    atMost: 1,
  },
  {
    part: 'store-requests',
    figure: 'requestsPerFile',
    what: 'object store, requests a file of a block, the worst store',
    against: 'fixed',
    atMost: 2,
  },
  {
    part: 'store-requests',
    figure: 'listsPerIdleHour',
    what: 'object store, lists an idle hour, the worst store',
    against: 'fixed',
    atMost: 120,
  },
  {
    part: 'downsample',
    figure: 'samplesPerCpuSecond',
    what: 'raw to 5m, samples per CPU-second: twice the 13.7 M of Thanos 0.43',
    against: 'fixed',
    atLeast: 27.4e6,
  },
  compaction('cpuSeconds', 'CPU-seconds', 'thanos', 0.5),
  compaction('cpuSeconds', 'CPU-seconds (Thanos 0.43 elsewhere: 4.9)', 'fixed', 2.45),
  compaction('peakBytes', 'peak RSS, bytes', 'thanos', 0.5),
  compaction('peakBytes', 'peak RSS, bytes (Thanos 0.43 elsewhere: 290 MiB)', 'fixed', 145 * MIB),
  compaction('diskToSources', 'local disk to the size of the sources', 'fixed', 0.25),
  blockView('coldSeconds', 'view and plan of 20,000 blocks, nothing known, seconds', 10),
  blockView('warmSeconds', 'view and plan of 20,000 blocks, all known, seconds', 1),
  blockView('peakMebibytes', 'view and plan of 20,000 blocks, peak memory, MiB', 300),
];

function rate(part: string, what: string, against: string, atLeast: number): Target {
  return { part, figure: 'samplesPerCpuSecond', what, against, atLeast };
}

function compaction(figure: string, unit: string, against: string, atMost: number): Target {
  const what = `compact 26 blocks of 31.2 M samples and downsample, ${unit}`;
  return { part: 'compact', figure, what, against, atMost };
}

function blockView(figure: string, what: string, atMost: number): Target {
  return { part: 'block-view', figure, what, against: 'fixed', atMost };
}

function bytesPerSeries(against: string, atMost: number): Target {
  const what = 'peak RSS per active series, bytes';
  return { part: 'first-sight', figure: 'bytesPerSeries', what, against, atMost };
}

/** A target beside what was reached. */
export interface Reached {
  readonly what: string;
  readonly against: string;
  readonly figure: number;
  /** Ratio, or the figure itself against `fixed`. */
  readonly reached: number;
  readonly wanted: string;
  readonly isMet: boolean;
}

/** Every target for which the run has the figures. */
export function compare(parts: Readonly<Record<string, PartFigures>>): Reached[] {
  const all: Reached[] = [];
  for (const target of TARGETS) {
    const figure = numberOf(parts, target.part, 'varve', target.figure);
    const from = target.againstPart ?? target.part;
    const other =
      target.against === 'fixed' ? 1 : numberOf(parts, from, target.against, target.figure);
    if (figure === undefined || other === undefined) continue;
    const reached = figure / other;
    const isMet = reached >= (target.atLeast ?? 0) && reached <= (target.atMost ?? Infinity);
    const wanted = target.atLeast === undefined ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
    all.push({ what: target.what, against: target.against, figure, reached, wanted, isMet });
  }
  return all;
}

function numberOf(
  parts: Readonly<Record<string, PartFigures>>,
  part: string,
  server: string,
  figure: string,
): number | undefined {
  const value = parts[part]?.[server]?.[figure];
  return typeof value === 'number' ? value : undefined;
}
