// `varve tsdb ls|dump|analyze|verify DIR`: looks into blocks and write-ahead logs, without a
// gateway and without changing anything. An entry point of its own: it knows several stages.

import type { TsdbCommand } from '../base/config/command-line.ts';
import type { TsdbToolOptions } from '../base/config/start.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { NodeDisk } from '../base/runtime/node-disk.ts';
import { analyze } from './tsdb/analyze.ts';
import { dump } from './tsdb/dump.ts';
import { listBlocks } from './tsdb/ls.ts';
import { Lines, type ToolContext } from './tsdb/output.ts';
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
    return await TOOLS[command]({ disk, config: options.config, out, err }, dirs);
  } finally {
    out.flush();
  }
}
