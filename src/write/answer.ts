// The HTTP answer to a write request (Remote-Write 2.0 specification, "Response").
//
// Status codes are durability (DESIGN §3): 503 for what may succeed later wins over 400 for what
// never will. The Written headers are sent for both versions, on every answer after the content
// was negotiated: a 1.0 sender ignores them. The text is for people; senders log it as it is, so it
// is short, and what came from outside was made printable by the engine.

import { ERROR_CATALOGUE } from '../base/errors/catalogue.ts';
import type { VarveError } from '../base/errors/varve-error.ts';
import { NO_STATS, type RefusalCount, type WriteOutcome } from './outcome.ts';
import { REFUSAL_CATALOGUE } from './refusals.ts';

/** The longest body of an answer, in characters. */
const TEXT_LENGTH_MAX = 1024;

const PLURALS = {
  series: 'series',
  sample: 'samples',
  histogram: 'histograms',
  exemplar: 'exemplars',
} as const;

/** An HTTP answer, before anything knows of the server. */
export interface WriteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Plain text; empty with 204. */
  readonly text: string;
}

/** Seconds for Retry-After: the error's own wish, or some within the configured range. */
export type RetryAfter = (wishSeconds: number | undefined) => number;

/** The answer to a request that reached the engine. */
export function answerTo(outcome: WriteOutcome, retryAfter: RetryAfter): WriteAnswer {
  const headers: Record<string, string> = writtenHeaders(outcome);
  const { error, refused } = outcome;
  const status = statusOf(outcome);
  if (status === 204) return { status, headers, text: '' };
  headers['content-type'] = 'text/plain; charset=utf-8';
  if (status === 503 || status === 429) {
    headers['retry-after'] = String(retryAfter(error?.retryAfterSeconds));
  }
  const lines: string[] = [];
  if (error !== undefined) lines.push(`${error.code}: ${error.message}`);
  if (refused.length > 0) lines.push(...refusalLines(refused, error === undefined));
  return { status, headers, text: joined(lines) };
}

/** The answer to a request that was refused before it reached the engine. */
export function answerToError(error: VarveError, retryAfter: RetryAfter): WriteAnswer {
  const { code, message, retryAfterSeconds } = error;
  const answer = answerTo(
    {
      written: { samples: 0, histograms: 0, exemplars: 0 },
      refused: [],
      stats: NO_STATS,
      error: { code, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
    },
    retryAfter,
  );
  // No content was negotiated, so there is nothing to be exact about.
  if (code !== 'unsupported_media') return answer;
  return { ...answer, headers: { 'content-type': 'text/plain; charset=utf-8' } };
}

/** 204, 400, or the status of the error that ended the request. */
export function statusOf(outcome: WriteOutcome): number {
  if (outcome.error !== undefined) return ERROR_CATALOGUE[outcome.error.code].httpStatus;
  return outcome.refused.length > 0 ? 400 : 204;
}

function writtenHeaders(outcome: WriteOutcome): Record<string, string> {
  const { samples, histograms, exemplars } = outcome.written;
  return {
    'x-prometheus-remote-write-samples-written': String(samples),
    'x-prometheus-remote-write-histograms-written': String(histograms),
    'x-prometheus-remote-write-exemplars-written': String(exemplars),
  };
}

/** One line per reason; examples share what room there is. */
function refusalLines(refused: readonly RefusalCount[], restIsStored: boolean): string[] {
  const exampleMax = Math.max(60, Math.floor(600 / refused.length));
  const lines = refused.map(({ reason, count, samples, example }) => {
    const { unit, meaning } = REFUSAL_CATALOGUE[reason];
    const things = count === 1 ? unit : PLURALS[unit];
    const held = unit === 'series' ? ` with ${samples} samples` : '';
    const first = example === '' ? '' : `; first: ${shortened(example, exampleMax)}`;
    return `${reason}: ${count} ${things}${held} refused (${meaning})${first}`;
  });
  const all = restIsStored ? ' Everything else is stored.' : '';
  return [`samples_refused: A part of the request was refused.${all}`, ...lines];
}

function joined(lines: readonly string[]): string {
  return `${shortened(lines.join('\n'), TEXT_LENGTH_MAX - 1)}\n`;
}

function shortened(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}
