// `varve tsdb verify DIR`: everything that is wrong with any block or log, each with its place.

import { asVarveError } from '../../base/errors/varve-error.ts';
import type { Finding } from '../../block/verify/findings.ts';
import type { LogPosition } from '../../wal/log.ts';
import { type DataDir, locate } from './locate.ts';
import type { ToolContext } from './output.ts';
import { verifyDir } from './verify-dir.ts';

/** Verifies all blocks and logs; 1 when there is any finding beside infos. */
export async function verify(context: ToolContext, dirs: readonly string[]): Promise<number> {
  let blocks = 0;
  let logs = 0;
  let findings = 0;
  const tell = (where: string, list: readonly Finding[]): void => {
    findings += list.filter(({ severity }) => severity !== 'info').length;
    for (const finding of list) print(context, where, finding);
  };
  for (const dir of dirs.flatMap((one) => locate(context.disk, one))) {
    for (const block of dir.blocks) {
      blocks++;
      tell(
        block,
        attempt(() => context.access.verifyBlock(block)),
      );
    }
    for (const path of dir.unfinished)
      tell(path, [warning('a block that was never finished; start-up removes it')]);
    let logEnd: LogPosition | undefined;
    if (dir.wal !== undefined) {
      logs++;
      const { end, findings: found } = await verifyLog(context, dir.wal);
      logEnd = end;
      tell(dir.wal, found);
    }
    if (!isOneBlock(dir)) tell(dir.path, verifyDir(context, dir, logEnd));
  }
  if (context.config.output !== 'json')
    context.out.line(`${blocks} blocks and ${logs} logs verified, ${findings} findings`);
  return findings > 0 ? 1 : 0;
}

function print(context: ToolContext, where: string, finding: Finding): void {
  const { file, offset, what, severity } = finding;
  if (context.config.output === 'json') {
    context.out.line(JSON.stringify({ in: where, file, offset, what, severity }));
    return;
  }
  const place = [where, file].filter((part) => part !== '').join('/');
  const at = offset === undefined ? '' : `, byte ${offset}`;
  context.out.line(`${severity}: ${place}${at}: ${what}`);
}

/** What throws is a finding too: one block that the disk does not give must not hide the others. */
function attempt(run: () => readonly Finding[]): readonly Finding[] {
  try {
    return run();
  } catch (thrown) {
    return [{ ...warning(asVarveError(thrown).message), severity: 'error' }];
  }
}

/** A log that the disk does not give has no end that anything could be compared with. */
async function verifyLog(
  context: ToolContext,
  wal: string,
): Promise<{ readonly end: LogPosition | undefined; readonly findings: readonly Finding[] }> {
  try {
    return await context.access.verifyWal(wal);
  } catch (thrown) {
    const what = asVarveError(thrown).message;
    return { end: undefined, findings: [{ ...warning(what), severity: 'error' }] };
  }
}

/** Was a block's own directory named? Then there is nothing around it to look at. */
function isOneBlock(dir: DataDir): boolean {
  return dir.blocks.at(0) === dir.path;
}

function warning(what: string): Finding {
  return { file: '', offset: undefined, what, severity: 'warning' };
}
