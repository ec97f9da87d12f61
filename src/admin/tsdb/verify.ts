// `varve tsdb verify DIR`: everything that is wrong with any block or log, each with its place.

import { asVarveError } from '../../base/errors/varve-error.ts';
import type { Finding } from '../../block/verify/findings.ts';
import type { RecordSink } from '../../wal/record-decoder.ts';
import type { SampleColumns } from '../../wal/samples-record.ts';
import type { SeriesColumns } from '../../wal/series-record.ts';
import { type DataDir, locate } from './locate.ts';
import type { ToolContext } from './output.ts';

/** Verifies all blocks and logs; 1 when there is any finding. */
export async function verify(context: ToolContext, dirs: readonly string[]): Promise<number> {
  let blocks = 0;
  let logs = 0;
  let findings = 0;
  const tell = (where: string, list: readonly Finding[]): void => {
    findings += list.length;
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
    if (dir.wal !== undefined) {
      logs++;
      tell(dir.wal, await verifyWal(context, dir));
    }
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

function warning(what: string): Finding {
  return { file: '', offset: undefined, what, severity: 'warning' };
}

async function verifyWal(context: ToolContext, dir: DataDir): Promise<readonly Finding[]> {
  const wal = dir.wal ?? '';
  const sink = new VerifySink();
  try {
    const report = await context.access.replayWal(wal, sink);
    const findings: Finding[] = report.damages.map((damage) => ({
      file: damage.path.startsWith(`${wal}/`) ? damage.path.slice(wal.length + 1) : damage.path,
      offset: damage.offset,
      what: damage.reason,
      severity: 'error',
    }));
    const more = report.damageCount - report.damages.length;
    if (more > 0) findings.push({ ...warning(`${more} damaged places more`), severity: 'error' });
    for (const [type, count] of report.skipped)
      findings.push(warning(`${count} records of type ${type} are not read by this version`));
    if (sink.orphans > 0)
      findings.push(warning(`${sink.orphans} samples belong to no series of the log`));
    // A torn end is what every kill leaves, and what a running process shows; it is no fault.
    if (report.torn !== undefined)
      context.err(`${wal}: the last write is torn at byte ${report.torn.offset}, after a crash`);
    return findings;
  } catch (thrown) {
    return [{ ...warning(asVarveError(thrown).message), severity: 'error' }];
  }
}

/** Notes which series there are and counts samples without one. */
class VerifySink implements RecordSink {
  readonly #refs = new Set<number>();
  orphans = 0;

  series(columns: SeriesColumns): void {
    for (let row = 0; row < columns.refs.length; row++) this.#refs.add(columns.refs.at(row));
  }

  samples(columns: Pick<SampleColumns, 'refs'>): void {
    for (let i = 0; i < columns.refs.length; i++)
      if (!this.#refs.has(columns.refs.at(i))) this.orphans++;
  }

  histograms(columns: Pick<SampleColumns, 'refs'>): void {
    this.samples(columns);
  }

  exemplars(): void {}
  metadata(): void {}
  tombstones(): void {}
}
