// An ingest over fake heads and logs, for tests of writing.

import type { VarveError } from '../../src/base/errors/varve-error.ts';
import { EngineMemory } from '../../src/head/engine-memory.ts';
import { Ingest } from '../../src/write/ingest.ts';
import { LABEL_LIMITS } from '../../src/write/label-parser.ts';
import type { WriteOutcome } from '../../src/write/outcome.ts';
import type { LiftedLabel } from '../../src/write/stream.ts';
import { Streams } from '../../src/write/streams.ts';
import { DEFAULT_WIRE_LIMITS } from '../../src/write/wire/limits.ts';
import { FakeHead } from './fake-head.ts';
import { FakeLog } from './fake-log.ts';
import { SeededRandom } from './seeded-random.ts';
import { body, type TestFamily, type TestSeries } from './write-bodies.ts';

export interface FakeStream {
  readonly tenant: string;
  readonly lifted: readonly LiftedLabel[];
  readonly head: FakeHead;
  readonly log: FakeLog;
}

export interface WriteWorldOptions {
  readonly blockLabels?: readonly string[];
  readonly streamsPerTenantMax?: number;
  readonly cacheBytesMax?: number;
}

export const NOW_MS = 1_800_000_000_000;

export function writeWorld(options: WriteWorldOptions = {}) {
  const memory = new EngineMemory({ random: new SeededRandom(7) });
  const opened: FakeStream[] = [];
  const world = {
    memory,
    opened,
    nowMs: NOW_MS,
    /** Openings fail with this while it is set. */
    openFailure: undefined as VarveError | undefined,
    /** Openings wait for this. */
    openHold: Promise.resolve(),
    /** What the logs of new streams are like. */
    prepare: (_stream: FakeStream): void => undefined,
  };
  const streams = new Streams({
    symbols: memory.symbols,
    blockLabels: options.blockLabels ?? [],
    streamsPerTenantMax: options.streamsPerTenantMax ?? 64,
    streamsMax: 1000,
    factory: {
      async open(tenant, lifted) {
        await world.openHold;
        if (world.openFailure !== undefined) throw world.openFailure;
        const stream = { tenant, lifted, head: new FakeHead(memory.symbols), log: new FakeLog() };
        world.prepare(stream);
        opened.push(stream);
        return stream;
      },
    },
  });
  const ingest = new Ingest({
    memory,
    streams,
    clock: { nowMs: () => world.nowMs },
    wireLimits: DEFAULT_WIRE_LIMITS,
    labelLimits: LABEL_LIMITS,
    cacheBytesMax: options.cacheBytesMax ?? 8 * 1024 * 1024,
  });
  const write = (
    version: 1 | 2,
    series: readonly TestSeries[],
    more: { readonly tenant?: string; readonly families?: readonly TestFamily[] } = {},
  ): Promise<WriteOutcome> =>
    ingest.write({
      tenant: more.tenant ?? 'a',
      version,
      body: body(version, series, more.families),
    });
  /** The labels of every live series of a stream, as text. */
  const seriesOf = (stream: FakeStream | undefined): string[] =>
    (stream?.head.slots ?? []).flatMap((series) =>
      series === undefined
        ? []
        : [series.ids.map((id) => memory.symbols.textOf(id)).reduce(joinPairs, '')],
    );
  return { world, streams, ingest, write, seriesOf };
}

function joinPairs(text: string, part: string, index: number): string {
  return index % 2 === 0 ? `${text}${index > 0 ? ',' : ''}${part}=` : text + part;
}

/** Lets everything that can run do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
