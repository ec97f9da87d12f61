// `varve tsdb analyze DIR`: what makes the newest block of each data directory large, printed as
// promtool prints it.

import { asVarveError } from '../../base/errors/varve-error.ts';
import { durationText } from '../../base/model/time-text.ts';
import type { BlockAnalysis } from '../../block/analyze.ts';
import { locate } from './locate.ts';
import type { ToolContext } from './output.ts';

/** Analyzes the newest block of each data directory; 1 when one cannot be read. */
export function analyze(context: ToolContext, dirs: readonly string[]): number {
  let failed = 0;
  for (const dir of dirs.flatMap((one) => locate(context.disk, one))) {
    const unreadable = (path: string, thrown: unknown): void => {
      failed++;
      context.err(`${path}: ${asVarveError(thrown).message}`);
    };
    try {
      const newest = newestBlock(context, dir.blocks, unreadable);
      if (newest !== undefined) print(context, dir.name, context.access.analyzeBlock(newest));
    } catch (thrown) {
      unreadable(dir.path, thrown);
    }
  }
  return failed > 0 ? 1 : 0;
}

function newestBlock(
  context: ToolContext,
  blocks: readonly string[],
  unreadable: (path: string, thrown: unknown) => void,
): string | undefined {
  let newest: { path: string; maxTimeMs: number } | undefined;
  for (const path of blocks) {
    try {
      const { maxTimeMs } = context.access.readMeta(path);
      if (newest === undefined || maxTimeMs >= newest.maxTimeMs) newest = { path, maxTimeMs };
    } catch (thrown) {
      unreadable(path, thrown);
    }
  }
  return newest?.path;
}

function print(context: ToolContext, directory: string, analysis: BlockAnalysis): void {
  const { out, config } = context;
  const { meta, seriesCount, labelNames, labelPairs, entries } = analysis;
  const sections = analysis.sections.map(({ title, items }) => ({
    title,
    items: items.toSorted((a, b) => b.count - a.count).slice(0, config.limit),
  }));
  if (config.output === 'json') {
    const block = meta.ulid;
    out.line(
      JSON.stringify({ directory, block, seriesCount, labelNames, labelPairs, entries, sections }),
    );
    return;
  }
  if (directory !== '') out.line(`Directory: ${directory}`);
  out.line(`Block ID: ${meta.ulid}`);
  out.line(`Duration: ${durationText(meta.maxTimeMs - meta.minTimeMs)}`);
  out.line(`Total Series: ${seriesCount}`);
  out.line(`Label names: ${labelNames}`);
  out.line(`Postings (unique label pairs): ${labelPairs}`);
  out.line(`Postings entries (total label pairs): ${entries}`);
  for (const { title, items } of sections) {
    out.line('');
    out.line(`${title}:`);
    for (const { name, count } of items) out.line(`${count} ${name}`);
  }
}
