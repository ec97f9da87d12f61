// Verifies a log: finds every inconsistency at once and says where. Reads only; a log that grows or
// is truncated meanwhile is no fault.
//
// Memory is bounded by the number of series, not of samples, but for late samples (verify/
// sample-check.ts), which are bounded themselves.

import { VarveError } from '../base/errors/varve-error.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { LogPosition } from './log.ts';
import { type ReplayReport, replayWal } from './replay.ts';
import { checkNames } from './verify/check-names.ts';
import { type WalFinding, WalFindings } from './verify/findings.ts';
import { FirstPass, type HistogramFault, SecondPass } from './verify/passes.ts';

export interface VerifyWalOptions {
  readonly disk: Disk;
  /** The `wal` directory. */
  readonly dir: string;
  /** The rules for histograms are the write path's. */
  readonly histogramFault: HistogramFault;
}

/** What was found, and up to where the log goes. */
export interface WalVerification {
  readonly findings: readonly WalFinding[];
  /** Behind the last record. */
  readonly end: LogPosition;
}

/** A log that is truncated while it is read is read again so often. */
const TRIES = 3;

/** Verifies the log in `dir`. Throws what the disk throws. */
export async function verifyWal(options: VerifyWalOptions): Promise<WalVerification> {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await verifyOnce(options);
    } catch (thrown) {
      const isGone = thrown instanceof VarveError && thrown.kind === 'not_found';
      if (!isGone || left === 0) throw thrown;
    }
  }
}

async function verifyOnce(options: VerifyWalOptions): Promise<WalVerification> {
  const { disk, dir } = options;
  const findings = new WalFindings();
  checkNames(disk, dir, findings);
  const first = new FirstPass(findings, options.histogramFault);
  const report = await replayWal({ disk, dir, sink: first });
  tellReport(report, dir, findings);
  const late = first.finish();
  if (late !== undefined) await replayWal({ disk, dir, sink: new SecondPass(late) });
  return { findings: findings.list(), end: report.end };
}

function tellReport(report: ReplayReport, dir: string, findings: WalFindings): void {
  const fileOf = (path: string): string =>
    path.startsWith(`${dir}/`) ? path.slice(dir.length + 1) : path;
  for (const { lostTimes, offset, path, reason } of report.damages) {
    const times =
      lostTimes === undefined
        ? ''
        : `, near times ${lostTimes.minTimeMs} to ${lostTimes.maxTimeMs}`;
    findings.error({ file: fileOf(path), offset }, reason + times);
  }
  const nowhere = { file: '', offset: undefined };
  const more = report.damageCount - report.damages.length;
  if (more > 0) findings.error(nowhere, `${more} damaged places more`);
  for (const [type, count] of report.skipped)
    findings.warning(nowhere, `${count} records of type ${type} are not read by this version`);
  const { torn } = report;
  if (torn === undefined) return;
  // What every kill leaves, and what a running process shows.
  const what = `the last write is torn, as a crash leaves it: ${torn.reason}`;
  findings.info({ file: fileOf(torn.path), offset: torn.offset }, what, 'torn ends');
}
