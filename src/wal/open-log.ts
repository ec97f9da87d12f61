// Opens a log that may hold records: replays it into a sink, takes a torn end off, and begins a new
// segment. Damage is told in the operator's log, one line a place, and never ends the start.
//
// Invariant: what the sink got is on the device when the log can be appended to. A process that was
// killed leaves bytes that only the page cache has: replay reads them, a sender's retry meets them
// and is told that they are stored, and new samples refer to their series.

import type { Logger } from '../base/observe/logger.ts';
import type { Clock } from '../base/runtime/clock.ts';
import type { Disk } from '../base/runtime/disk.ts';
import type { LogLoss } from './log.ts';
import type { RecordCompression } from './record-compression.ts';
import type { RecordSink } from './record-decoder.ts';
import { cutTornEnd, syncSegments } from './repair.ts';
import { type ReplayProgress, type ReplayReport, replayWal } from './replay.ts';
import type { WalDamage } from './scan.ts';
import { WalLog, type WalObserver } from './wal-log.ts';

export interface OpenLogOptions {
  readonly disk: Disk;
  /** The `wal` directory. */
  readonly dir: string;
  readonly quarantineDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly compression: RecordCompression;
  /** A multiple of the page size. */
  readonly segmentBytesMax: number;
  readonly observer: WalObserver;
  readonly yieldNow: () => Promise<void>;
  readonly onProgress: (progress: ReplayProgress) => void;
  readonly onLoss?: (loss: LogLoss) => void;
  /**
   * No segment below this one is begun: blocks name positions of this log, and what is logged now
   * must not come before them, even when somebody has removed the log.
   */
  readonly firstSegment?: number;
}

/** A log that can be appended to, and what replaying it found. */
export interface OpenedLog {
  readonly log: WalLog;
  readonly report: ReplayReport;
}

/** Damaged places that get a line each; the rest is summed up. */
const DAMAGE_LINES_MAX = 20;

/** Resolves when the sink has everything and the log can be appended to. */
export async function openLog(options: OpenLogOptions, sink: RecordSink): Promise<OpenedLog> {
  const { disk, dir, quarantineDir, yieldNow, onProgress, logger } = options;
  const report = await replayWal({ disk, dir, sink, quarantineDir, yieldNow, onProgress });
  for (const damage of report.damages.slice(0, DAMAGE_LINES_MAX)) {
    logger.error('damaged place in the WAL, set aside', damageFields(damage));
  }
  if (report.damageCount > DAMAGE_LINES_MAX) {
    logger.error('more damaged places in the WAL', { dir, places: report.damageCount });
  }
  for (const [type, records] of report.skipped) {
    logger.warn('records of a type that this version does not read', { dir, type, records });
  }
  if (report.torn !== undefined) {
    logger.info('torn end of the WAL, what a crash leaves, taken off', damageFields(report.torn));
    cutTornEnd(disk, report.torn);
  }
  const refused = syncSegments(disk, dir);
  if (refused !== undefined) {
    const why = 'no room to write the newest segment of the WAL anew; it is taken as it is';
    logger.warn(why, { dir, error: refused.message });
  }
  const { clock, compression, segmentBytesMax, observer, onLoss, firstSegment } = options;
  const log = new WalLog({
    disk,
    dir,
    clock,
    compression,
    segmentBytesMax,
    observer,
    ...(onLoss === undefined ? {} : { onLoss }),
    ...(firstSegment === undefined ? {} : { firstSegment }),
  });
  return { log, report };
}

function damageFields(damage: WalDamage): Record<string, string | number> {
  const { path, offset, lengthBytes, reason, lostTimes, quarantined } = damage;
  return {
    path,
    offset,
    bytes: lengthBytes,
    reason,
    ...(lostTimes === undefined
      ? {}
      : { lostFromMs: lostTimes.minTimeMs, lostToMs: lostTimes.maxTimeMs }),
    ...(quarantined === undefined ? {} : { quarantined }),
  };
}
