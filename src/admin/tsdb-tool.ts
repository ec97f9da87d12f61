// `varve tsdb ls|dump|analyze|verify DIR`: looks into blocks and write-ahead logs, without a
// gateway and without changing anything. An entry point of its own: it knows several stages.

import type { HistogramValue } from '../base/chunk/histogram-value.ts';
import type { TsdbCommand } from '../base/config/command-line.ts';
import type { TsdbToolOptions } from '../base/config/start.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { NodeDisk } from '../base/runtime/node-disk.ts';
import { analyzeBlock } from '../block/analyze.ts';
import { BlockReader } from '../block/block-reader.ts';
import { readMeta } from '../block/meta.ts';
import { SeriesSamples } from '../block/series-samples.ts';
import { readStreamIdentity } from '../block/stream-file.ts';
import { verifyBlock } from '../block/verify.ts';
import { replayWal } from '../wal/replay.ts';
import { verifyWal } from '../wal/verify.ts';
import { FAULT_NONE, HISTOGRAM_FAULT_REASONS } from '../write/wire/histogram-fault.ts';
import { validateHistogram } from '../write/wire/histogram-validate.ts';
import { analyze } from './tsdb/analyze.ts';
import { dump } from './tsdb/dump.ts';
import { listBlocks } from './tsdb/ls.ts';
import { Lines, type ToolContext, type TsdbAccess } from './tsdb/output.ts';
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
    verifyWal: (dir) => verifyWal({ disk, dir, histogramFault }),
  };
}

function histogramFault(value: HistogramValue): string | undefined {
  const fault = validateHistogram(value);
  return fault === FAULT_NONE ? undefined : HISTOGRAM_FAULT_REASONS[fault];
}
