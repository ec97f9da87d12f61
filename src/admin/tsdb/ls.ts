// `varve tsdb ls DIR`: the blocks of each data directory, with what their meta.json says.

import { asVarveError } from '../../base/errors/varve-error.ts';
import type { Disk } from '../../base/runtime/disk.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import { BLOCK_HEADS, blockCells } from '../block-cells.ts';
import { locate } from './locate.ts';
import { printTable, type ToolContext } from './output.ts';

const HEAD = ['DIRECTORY', ...BLOCK_HEADS];

/** Prints the list; 1 when some block's meta.json cannot be read. */
export function listBlocks(context: ToolContext, dirs: readonly string[]): number {
  const { disk, out, config } = context;
  const rows: string[][] = [HEAD];
  let failed = 0;
  for (const dir of dirs.flatMap((one) => locate(disk, one))) {
    for (const block of dir.blocks) {
      try {
        const meta = context.access.readMeta(block);
        const sizeBytes = sizeOfTree(disk, block);
        if (config.output === 'json') out.line(jsonOf(dir.name, meta, sizeBytes));
        else rows.push([dir.name === '' ? '.' : dir.name, ...blockCells(meta, sizeBytes)]);
      } catch (thrown) {
        failed++;
        context.err(`${block}: ${asVarveError(thrown).message}`);
      }
    }
  }
  if (config.output !== 'json') printTable(out, rows);
  return failed > 0 ? 1 : 0;
}

function jsonOf(directory: string, meta: BlockMeta, sizeBytes: number): string {
  const { ulid, minTimeMs, maxTimeMs, stats, compaction, thanos } = meta;
  return JSON.stringify({
    directory,
    ulid,
    minTime: minTimeMs,
    maxTime: maxTimeMs,
    stats,
    level: compaction.level,
    resolution: thanos?.resolutionMs ?? 0,
    labels: (thanos?.labels ?? []).map(({ name, value }) => [name, value]),
    source: thanos?.source ?? '',
    sizeBytes,
  });
}

function sizeOfTree(disk: Disk, dir: string): number {
  let sizeBytes = 0;
  for (const entry of disk.list(dir)) {
    const path = `${dir}/${entry.name}`;
    sizeBytes += entry.isDirectory ? sizeOfTree(disk, path) : (disk.stat(path)?.sizeBytes ?? 0);
  }
  return sizeBytes;
}
