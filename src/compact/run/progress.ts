// How far a job is, in numbers and for a log. Pure.

import type { MergeProgress } from '../merge/parts.ts';
import type { MakingJob } from './work.ts';
import type { RunningJob } from './worker-slot.ts';

/** A job under way. */
export interface JobProgress {
  readonly job: MakingJob;
  readonly runningMs: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly totalBytes: number;
  /** Bytes read a second. */
  readonly rate: number;
  /** Undefined as long as nothing can be said. */
  readonly leftMs: number | undefined;
}

/** @param nowMs by the monotonic clock */
export function progressOf(
  { job, sinceMs }: RunningJob,
  told: MergeProgress | undefined,
  nowMs: number,
): JobProgress {
  const runningMs = nowMs - sinceMs;
  const readBytes = told?.readBytes ?? 0;
  const writtenBytes = told?.writtenBytes ?? 0;
  const totalBytes = told?.totalBytes ?? job.cost.readBytes;
  const rate = runningMs > 0 ? (readBytes * 1000) / runningMs : 0;
  const leftBytes = Math.max(0, totalBytes - readBytes);
  const leftMs = rate > 0 ? (leftBytes * 1000) / rate : undefined;
  return { job, runningMs, readBytes, writtenBytes, totalBytes, rate, leftMs };
}

/** The facts of a line in the log. */
export function progressLine(progress: JobProgress): Record<string, string | number> {
  const { job, leftMs, rate, readBytes, runningMs, totalBytes } = progress;
  const percent = totalBytes === 0 ? 0 : Math.min(100, (100 * readBytes) / totalBytes);
  return {
    job: job.id,
    kind: job.kind,
    group: job.group.key,
    percent: Math.floor(percent),
    bytesPerSecond: Math.round(rate),
    seconds: Math.round(runningMs / 1000),
    ...(leftMs === undefined ? {} : { leftSeconds: Math.round(leftMs / 1000) }),
  };
}
