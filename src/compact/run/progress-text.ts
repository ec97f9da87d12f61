// How far compaction is, as one line of a terminal that is written over itself. The log has the
// same as lines of its own (progress.ts), in longer intervals. Pure.

import { labelsText } from '../../base/model/labels.ts';
import { sizeText } from '../../base/model/size-text.ts';
import { durationText, timeText } from '../../base/model/time-text.ts';
import type { JobProgress } from './progress.ts';

const RESOLUTIONS: ReadonlyMap<number, string> = new Map([
  [300_000, '5m'],
  [3_600_000, '1h'],
]);

/**
 * What is under way: what is done with which blocks, bytes of how many, bytes a second, and how
 * long it will take; the job that was begun first, and how many others run.
 * @param columns the line is cut there, as one that is wrapped cannot be written over
 */
export function progressText(jobs: readonly JobProgress[], columns: number): string {
  const [first, ...others] = jobs.toSorted((a, b) => b.runningMs - a.runningMs);
  if (first === undefined) return '';
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const far = `${farText(first)}${more}`;
  const whole = `${stageText(first)}${blocksText(first)}: ${far}`;
  if (whole.length < columns) return whole;
  return `${stageText(first)}: ${far}`.slice(0, Math.max(0, columns - 1));
}

function stageText({ job }: JobProgress): string {
  if (job.kind === 'compact') return `compact ${job.sources.length} blocks`;
  return `downsample to ${RESOLUTIONS.get(job.resolutionMs) ?? `${job.resolutionMs} ms`}`;
}

function blocksText({ job }: JobProgress): string {
  const minute = (timeMs: number): string => timeText(timeMs).slice(0, 16);
  const range = `${minute(job.minTimeMs)} to ${minute(job.maxTimeMs)}`;
  return ` of ${labelsText(job.group.labels)}, ${range}`;
}

function farText({ leftMs, rate, readBytes, totalBytes }: JobProgress): string {
  const done = `${sizeText(readBytes)} of ${sizeText(totalBytes)}`;
  if (leftMs === undefined) return done;
  const left = durationText(Math.ceil(leftMs / 1000) * 1000);
  return `${done}, ${sizeText(Math.round(rate))}/s, ${left} left`;
}
