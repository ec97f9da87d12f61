// Reads what a process left behind and compares it with what was sent, sample for sample.
//
// Independent of the engine: blocks are immutable and read once, the log is read anew each time, and
// the rule which logged samples a block holds already (docs/ARCHITECTURE.md, "Which samples are in a
// block") is written here once more. What is not in a block and not in the log is lost.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { HistogramValue } from '../../../src/base/chunk/histogram-value.ts';
import { NodeDisk } from '../../../src/base/runtime/node-disk.ts';
import { BlockReader } from '../../../src/block/block-reader.ts';
import type { BlockMeta } from '../../../src/block/meta/format.ts';
import { SeriesSamples } from '../../../src/block/series-samples.ts';
import type { LogPosition } from '../../../src/wal/log.ts';
import type { RecordSink } from '../../../src/wal/record-decoder.ts';
import { replayWal } from '../../../src/wal/replay.ts';
import { floatBits, histogramOf, sameHistogram } from '../expected-bits.ts';
import { type Fleet, type FleetSeries, LIFTED } from './fleet.ts';
import type { SampleTable } from './sample-table.ts';

const EXAMPLES_MAX = 10;
/** Varve's own metrics: nobody's samples. */
const OWN_TENANT = 'varve';

/** What one look at the disk found. */
export interface Findings {
  /** Samples that were acknowledged. */
  acknowledged: number;
  /** Acknowledged, in no block and not in the log. */
  lost: number;
  /** In more places than it was sent: replayed into a second block, say. */
  doubled: number;
  /** With other bits than were sent. */
  changed: number;
  /** Never sent, or under labels, in a stream or range where it does not belong. */
  misplaced: number;
  /** Not acknowledged, and stored: the kill came between the sync and the answer. */
  unacknowledged: number;
  /** Sent again after it was cut, so that it stands in a late block too: not doubled. */
  severalPlaces: number;
  blocks: number;
  samplesInBlocks: number;
  samplesInLog: number;
  /** Of the log, in a block already. */
  covered: number;
  readonly examples: string[];
}

/** A block that was read, as far as the log's coverage goes by it. */
interface ReadBlock {
  readonly stream: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly position: LogPosition | undefined;
}

interface BlockOnDisk {
  readonly dir: string;
  readonly meta: BlockMeta;
}

interface StreamDir {
  readonly name: string;
  readonly dir: string;
  readonly tenant: string;
  readonly replica: string;
}

export interface OracleOptions {
  readonly fleet: Fleet;
  readonly table: SampleTable;
  /** The directory of the tenants. */
  readonly tsdbDir: string;
  readonly bucketDir: string;
}

/** Looks at the directories of a process that is not running. */
export class Oracle {
  readonly #options: OracleOptions;
  readonly #disk = new NodeDisk();
  readonly #read = new Map<string, ReadBlock>();
  readonly #histogram = new HistogramValue();
  readonly #wanted = new HistogramValue();
  readonly #bits = { low: 0, high: 0 };
  #found = noFindings();

  constructor(options: OracleOptions) {
    this.#options = options;
  }

  /** Reads the log and the blocks that are new. */
  async look(): Promise<Findings> {
    const { blocks, samplesInBlocks } = this.#found;
    this.#found = { ...noFindings(), blocks, samplesInBlocks };
    const { tsdbDir, bucketDir, table } = this.#options;
    const there = new Set<string>();
    const streams = this.#streams(tsdbDir);
    const local = streams.flatMap(({ dir }) => blockDirs(dir));
    for (const dir of local.filter((one) => !hasMeta(one)))
      this.#complain('misplaced', () => `${dir} has its name and no meta.json`);
    // In the bucket meta.json comes last: without it there is no block yet.
    for (const dir of [...local, ...blockDirs(bucketDir)].filter(hasMeta)) {
      const ulid = basename(dir);
      there.add(ulid);
      if (!this.#read.has(ulid)) this.#readBlock(ulid, dir);
    }
    for (const ulid of this.#read.keys())
      if (!there.has(ulid)) this.#complain('lost', () => `block ${ulid} is gone`);
    table.forgetLog();
    for (const stream of streams) await this.#readLog(stream);
    return this.#judge();
  }

  /** Reads the bucket alone, as if nothing else were left. */
  lookAtBucket(): Findings {
    this.#found = noFindings();
    this.#options.table.forgetLog();
    this.#options.table.forgetBlocks();
    this.#read.clear();
    for (const dir of blockDirs(this.#options.bucketDir).filter(hasMeta))
      this.#readBlock(basename(dir), dir);
    return this.#judge();
  }

  #streams(tsdbDir: string): StreamDir[] {
    if (!existsSync(tsdbDir)) return [];
    return readdirSync(tsdbDir)
      .filter((name) => !name.startsWith('.') && name.split('@')[0] !== OWN_TENANT)
      .map((name) => {
        const dir = join(tsdbDir, name);
        const [tenant = ''] = name.split('@');
        return { name, dir, tenant, replica: name.includes('@') ? replicaOf(dir) : '' };
      });
  }

  #readBlock(ulid: string, dir: string): void {
    const block = new BlockReader(this.#disk, dir);
    try {
      const meta = block.readMeta();
      const { minTimeMs, maxTimeMs, thanos } = meta;
      const labels = new Map(thanos?.labels.map(({ name, value }) => [name, value]));
      const tenant = labels.get('tenant_id') ?? '';
      const replica = labels.get(LIFTED) ?? '';
      const position = thanos?.varve?.wal;
      this.#read.set(ulid, { stream: `${tenant} ${replica}`, minTimeMs, maxTimeMs, position });
      if (tenant === OWN_TENANT) return;
      this.#found.blocks++;
      const samples = new SeriesSamples(block);
      const seen = new Set<number>();
      for (const entry of block.series()) {
        const pairs = block.labelsOf(entry).map(({ name, value }) => [name, value] as const);
        const series = this.#seriesOf(pairs, tenant, replica);
        if (series === undefined || seen.has(series.id)) {
          this.#complain('misplaced', () => `${dir} has ${JSON.stringify(pairs)}`);
          continue;
        }
        seen.add(series.id);
        samples.open(entry);
        this.#readSeries(series, samples, { dir, meta });
      }
    } finally {
      block.close();
    }
  }

  #readSeries(series: FleetSeries, samples: SeriesSamples, { meta, dir }: BlockOnDisk): void {
    let before = Number.NEGATIVE_INFINITY;
    while (samples.next()) {
      const { timeMs } = samples;
      this.#found.samplesInBlocks++;
      if (timeMs <= before || timeMs < meta.minTimeMs || timeMs >= meta.maxTimeMs)
        this.#complain('misplaced', () => `${dir} series ${series.id} at ${timeMs}`);
      before = timeMs;
      if (samples.isHistogram) samples.load(this.#histogram);
      else this.#setBits(samples.low, samples.high);
      const slot = this.#check(series, timeMs, samples.isHistogram, dir);
      if (slot >= 0) this.#options.table.noteInBlock(slot);
    }
  }

  /** The series with these labels, when it is one of this tenant and replica. */
  #seriesOf(
    pairs: readonly (readonly [string, string])[],
    tenant: string,
    replica: string,
  ): FleetSeries | undefined {
    const id = pairs.find(([name]) => name === 'id')?.[1];
    const series = id === undefined ? undefined : this.#options.fleet.get(Number(id));
    if (series?.tenant !== tenant || series.replica !== replica) return undefined;
    const want = series.labels.filter(([name]) => name !== LIFTED);
    return JSON.stringify(want) === JSON.stringify(pairs) ? series : undefined;
  }

  async #readLog({ dir, tenant, replica }: StreamDir): Promise<void> {
    const refs = new Map<number, FleetSeries>();
    const stream = `${tenant} ${replica}`;
    const cuts = [...this.#read.values()].filter((block) => block.stream === stream);
    const decoder = new TextDecoder();
    const sample = (ref: number, timeMs: number, at: LogPosition, isHistogram: boolean): void => {
      const series = refs.get(ref);
      if (series === undefined) {
        this.#complain('misplaced', () => `${dir}: sample of unknown reference ${ref}`);
        return;
      }
      const slot = this.#check(series, timeMs, isHistogram, `${dir}/wal`);
      const isCovered = cuts.some((cut) => holds(cut, timeMs, at));
      if (isCovered) this.#found.covered++;
      else this.#found.samplesInLog++;
      if (!isCovered && slot >= 0) this.#options.table.noteInLog(slot);
    };
    const sink: RecordSink = {
      series: ({ refs: numbers, labels }, bytes) => {
        const text = (start: number, length: number): string =>
          decoder.decode(bytes.subarray(start, start + length));
        for (let row = 0; row < numbers.length; row++) {
          const pairs: [string, string][] = [];
          for (let cell = labels.firstOf(row); cell < labels.firstOf(row + 1); cell++)
            pairs.push([
              text(labels.nameStarts.at(cell), labels.nameLengths.at(cell)),
              text(labels.valueStarts.at(cell), labels.valueLengths.at(cell)),
            ]);
          const series = this.#seriesOf(pairs, tenant, replica);
          if (series === undefined)
            this.#complain('misplaced', () => `${dir}/wal has ${JSON.stringify(pairs)}`);
          else refs.set(numbers.at(row), series);
        }
      },
      samples: ({ refs: numbers, times, lows, highs }, at) => {
        for (let i = 0; i < numbers.length; i++) {
          this.#setBits(lows.at(i), highs.at(i));
          sample(numbers.at(i), times.at(i), at, false);
        }
      },
      histograms: ({ refs: numbers, times, values }, at) => {
        for (let i = 0; i < numbers.length; i++) {
          values.load(i, this.#histogram);
          sample(numbers.at(i), times.at(i), at, true);
        }
      },
      exemplars: () => undefined,
      metadata: () => undefined,
      tombstones: () => undefined,
    };
    const report = await replayWal({ disk: this.#disk, dir: join(dir, 'wal'), sink });
    for (const { path, offset, reason } of report.damages)
      this.#complain('misplaced', () => `damage: ${path} at ${offset}: ${reason}`);
  }

  #setBits(low: number, high: number): void {
    this.#bits.low = low;
    this.#bits.high = high;
  }

  /** Compares the sample in `#bits` or `#histogram`; its slot, or -1 when it was never sent. */
  #check({ id, kind }: FleetSeries, timeMs: number, isHistogram: boolean, where: string): number {
    const slot = this.#options.table.find(id, timeMs);
    if (slot < 0 || isHistogram !== (kind !== 'float')) {
      this.#complain('misplaced', () => `${where}: series ${id} at ${timeMs} was never sent`);
      return -1;
    }
    if (kind === 'float') {
      const { low, high } = this.#bits;
      floatBits(id, timeMs, this.#bits);
      if (low !== this.#bits.low || high !== this.#bits.high)
        this.#complain('changed', () => `${where}: series ${id} at ${timeMs}`);
    } else {
      histogramOf(kind, id, timeMs, this.#wanted);
      if (!sameHistogram(this.#histogram, this.#wanted))
        this.#complain('changed', () => `${where}: histogram ${id} at ${timeMs}`);
    }
    return slot;
  }

  #judge(): Findings {
    const { table } = this.#options;
    for (let slot = 0; slot < table.capacity; slot++) {
      const sample = table.at(slot);
      if (sample === undefined) continue;
      const { series, timeMs, sent, isAcknowledged, blocks, log } = sample;
      const places = blocks + (log > 0 ? 1 : 0);
      const what = (): string => `series ${series} at ${timeMs}, sent ${sent}, places ${places}`;
      if (isAcknowledged) this.#found.acknowledged++;
      else if (places > 0) this.#found.unacknowledged++;
      if (isAcknowledged && places === 0) this.#complain('lost', what);
      if (places > sent) this.#complain('doubled', what);
      else if (places > 1) this.#found.severalPlaces++;
    }
    return this.#found;
  }

  #complain(kind: 'lost' | 'doubled' | 'changed' | 'misplaced', what: () => string): void {
    this.#found[kind]++;
    if (this.#found.examples.length < EXAMPLES_MAX) this.#found.examples.push(`${kind}: ${what()}`);
  }
}

function noFindings(): Findings {
  const counts = { blocks: 0, samplesInBlocks: 0, samplesInLog: 0, covered: 0 };
  const bad = { lost: 0, doubled: 0, changed: 0, misplaced: 0 };
  return { acknowledged: 0, ...bad, unacknowledged: 0, severalPlaces: 0, ...counts, examples: [] };
}

/** The directories in `dir` that have the name of a block. */
function blockDirs(dir: string): string[] {
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir).filter((name) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(name));
  return names.sort().map((name) => join(dir, name));
}

function hasMeta(dir: string): boolean {
  return existsSync(join(dir, 'meta.json'));
}

function replicaOf(dir: string): string {
  const { labels } = JSON.parse(readFileSync(join(dir, 'stream.json'), 'utf8')) as {
    readonly labels: readonly (readonly [string, string])[];
  };
  return labels.find(([name]) => name === LIFTED)?.[1] ?? '';
}

/** What was logged before the block's snapshot and lies in its range is in the block. */
function holds(block: ReadBlock, timeMs: number, at: LogPosition): boolean {
  if (block.position === undefined) return false;
  if (timeMs < block.minTimeMs || timeMs >= block.maxTimeMs) return false;
  const { segment, offset } = block.position;
  return at.segment < segment || (at.segment === segment && at.offset < offset);
}
