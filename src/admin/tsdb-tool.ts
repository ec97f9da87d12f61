// `varve tsdb ls|dump|analyze|verify DIR`: looks into blocks and write-ahead logs, without a
// gateway and without changing anything. An entry point of its own: it knows several stages.

import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { TsdbCommand } from '../base/config/command-line.ts';
import type { TsdbToolOptions } from '../base/config/start.ts';
import { asVarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { NodeDisk } from '../base/runtime/node-disk.ts';
import { NodeRandom } from '../base/runtime/node-random.ts';
import { analyzeBlock } from '../block/analyze.ts';
import { BlockReader } from '../block/block-reader.ts';
import { cutNote, cutRecords } from '../block/cut-history.ts';
import { ListedBlocks } from '../block/listed-blocks.ts';
import { listBlockMetas } from '../block/local-blocks.ts';
import type { BlockMeta } from '../block/meta/format.ts';
import { readMeta } from '../block/meta.ts';
import { walDir } from '../block/paths.ts';
import { blockAccess } from '../block/select-source.ts';
import { SeriesSamples } from '../block/series-samples.ts';
import { readStreamIdentity } from '../block/stream-file.ts';
import { verifyBlock } from '../block/verify.ts';
import { EngineMemory } from '../head/engine-memory.ts';
import { Head } from '../head/head.ts';
import { HEAD_DEFAULTS } from '../head/head-options.ts';
import { newLeaseWord, ReadLease } from '../head/read-lease.ts';
import { HeadSource } from '../head/read-source.ts';
import { ReplaySink } from '../head/replay-sink.ts';
import { DoubleCounter } from '../query/count-doubles.ts';
import { seriesFinder } from '../query/find-series.ts';
import { openStreams, runToEnd } from '../query/open-streams.ts';
import { select } from '../query/select.ts';
import type { SelectQuery } from '../query/source.ts';
import { Adoption } from '../wal/adoption.ts';
import { coverageOf } from '../wal/coverage.ts';
import { listWal } from '../wal/directory.ts';
import { readLogId } from '../wal/log-id.ts';
import { replayWal } from '../wal/replay.ts';
import { verifyWal } from '../wal/verify.ts';
import { FAULT_NONE, HISTOGRAM_FAULT_REASONS } from '../write/wire/histogram-fault.ts';
import { validateHistogram } from '../write/wire/histogram-validate.ts';
import { analyze } from './tsdb/analyze.ts';
import { dump } from './tsdb/dump.ts';
import { listBlocks } from './tsdb/ls.ts';
import { Lines, type MergedView, type ToolContext, type TsdbAccess } from './tsdb/output.ts';
import { verify } from './tsdb/verify.ts';

const TOOLS = { ls: listBlocks, dump, analyze, verify } as const satisfies Record<
  TsdbCommand,
  (context: ToolContext, dirs: readonly string[]) => number | Promise<number>
>;

/**
 * Looks into blocks and write-ahead logs; the exit code of the process: 0 when all is well, 1 when
 * something is damaged or cannot be read.
 * @param dirs the directories to look at: a block, a data directory, or a directory of those
 */
export async function runTsdbTool(
  command: TsdbCommand,
  dirs: readonly string[],
  options: TsdbToolOptions,
  disk: Disk = new NodeDisk(),
): Promise<number> {
  const out = new Lines((text) => options.stdout(text));
  const err = (line: string): void => options.stderr(`varve: ${line}\n`);
  try {
    const access = accessTo(disk);
    return await TOOLS[command]({ disk, access, config: options.config, out, err }, dirs);
  } finally {
    out.flush();
  }
}

function accessTo(disk: Disk): TsdbAccess {
  const openBlock: TsdbAccess['openBlock'] = (path) => {
    readMeta(disk, path); // a block is not dumped as if nothing were wrong with it
    const block = new BlockReader(disk, path);
    return { block, samples: new SeriesSamples(block) };
  };
  return {
    openBlock,
    readMeta: (path) => readMeta(disk, path),
    readStreamIdentity: (path) => {
      const at = path.lastIndexOf('/');
      return readStreamIdentity(disk, path.slice(0, Math.max(at, 0)), path.slice(at + 1));
    },
    verifyBlock: (path) => verifyBlock(disk, path),
    analyzeBlock: (path) => {
      const { block } = openBlock(path);
      try {
        return analyzeBlock(block);
      } finally {
        block.close();
      }
    },
    replayWal: (dir, sink) => replayWal({ disk, dir, sink }),
    openMerged: (dir, query) => openMerged(disk, dir, query),
    verifyWal: (dir) => verifyWal({ disk, dir, histogramFault }),
  };
}

/**
 * Blocks and log of a stream's directory as one, as the engine and a reader would see them after a
 * start; nothing is changed. Nobody may write there meanwhile.
 */
export async function openMerged(disk: Disk, dir: string, query: SelectQuery): Promise<MergedView> {
  const warnings: string[] = [];
  const warn = (path: string, { message }: Error): void => {
    warnings.push(`${path}: ${message}`);
  };
  const { head, tally } = await replayHead(disk, dir, warnings);
  const snapshot = await head.collectRead(
    runToEnd(seriesFinder(query.matchers)(head.postingsSource)),
    query,
  );
  const stream = { dir, head: () => new HeadSource(snapshot, new ReadLease(newLeaseWord())) };
  const access = {
    ...blockAccess(disk, new ListedBlocks(disk), warn),
    warnings: { add: (warning: string) => warnings.push(warning) },
  };
  const opened = openStreams([stream], query, access);
  const doubles = new DoubleCounter();
  const series = select(opened.sources, {
    onDamaged: (error) => warn(dir, error),
    onChunks: (chunks) => doubles.add(chunks),
  });
  return { series, doubles, replay: tally, warnings, close: () => opened.close() };
}

/** What of the log is in no block, in a head, by the rule that the engine starts by. */
async function replayHead(disk: Disk, dir: string, warnings: string[]) {
  // Damaged blocks are told when they are opened for reading.
  const metas = listBlockMetas({ disk, dir, onDamaged: () => undefined });
  const cuts = cutRecords(metas, logIdOf(disk, dir, { metas, warnings }));
  const yieldNow = (): Promise<void> => Promise.resolve();
  const settled = Adoption.settled({ disk, dir, yieldNow }, cuts);
  const coverage = settled?.coverage() ?? coverageOf(cuts, listWal(disk, walDir(dir)));
  const head = new Head(new EngineMemory({ random: new NodeRandom() }), {
    ...HEAD_DEFAULTS,
    outOfOrderWindowMs: Number.POSITIVE_INFINITY,
    maxSeries: Number.POSITIVE_INFINITY,
    maxExemplars: 0,
    maxMetadata: 0,
    clock: { nowMs: () => 0 },
    timers: { yieldNow },
  });
  await settled?.readDeletions(() => new ReplaySink(head, coverage, 0));
  const sink = new ReplaySink(head, coverage, 0, settled?.foreignPart);
  const report = await replayWal({ disk, dir: walDir(dir), sink });
  for (const { path, offset, reason } of report.damages)
    warnings.push(`${path}, byte ${offset}: ${reason}`);
  return { head, tally: sink.tally };
}

/** A directory that was copied without `.varve/` is taken for the one its newest block names. */
function logIdOf(
  disk: Disk,
  dir: string,
  { metas, warnings }: { readonly metas: readonly BlockMeta[]; readonly warnings: string[] },
): string | undefined {
  const at = dir.lastIndexOf('/');
  try {
    const known = readLogId(disk, at < 0 ? '.' : dir.slice(0, at));
    if (known !== undefined) return known;
  } catch (thrown) {
    warnings.push(asVarveError(thrown).message);
  }
  return metas.map(cutNote).findLast((note) => note !== undefined)?.log;
}

function histogramFault(value: HistogramValue): string | undefined {
  const fault = validateHistogram(value);
  return fault === FAULT_NONE ? undefined : HISTOGRAM_FAULT_REASONS[fault];
}
