// What Google Cloud Storage says no with, as what the caller of a bucket must do about it.
//
// Invariant: "no such bucket" is never `not_found`, which callers read as "no such object".

import type { ErrorCode } from '../../src/base/errors/catalogue.ts';
import { printable } from '../../src/base/errors/printable.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import {
  answerText,
  retryAfterSeconds,
  type StoreHttpAnswer,
} from '../../src/base/http/store-http.ts';
import { codeOfStatus } from '../http-status.ts';

/** What was being asked when the store said no. */
export interface GcsAsked {
  /** For messages: bucket, operation, key. */
  readonly doing: string;
  /** True where a 404 can only mean the bucket. */
  readonly ofBucket: boolean;
  /** True where a condition was set that can fail. */
  readonly conditional: boolean;
}

const MESSAGE_BYTES_MAX = 300;
const BUCKET_MISSING = /bucket does not exist/i;
const CHECKSUM_DIFFERS = /(crc32c|md5)[\s\S]*match/i;
/** Google says some of its limits with 403. */
const LIMITS: readonly string[] = ['rateLimitExceeded', 'userRateLimitExceeded', 'quotaExceeded'];

/** Reads an answer that is no success. */
export async function gcsError(answer: StoreHttpAnswer, asked: GcsAsked): Promise<VarveError> {
  const said = readError(await answerText(answer));
  const { status } = answer;
  const retryAfter = retryAfterSeconds(answer.headers);
  const options = retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter };
  if (status === 404 && (asked.ofBucket || BUCKET_MISSING.test(said.message))) {
    return new VarveError('store_denied', `${asked.doing}: the bucket does not exist`, options);
  }
  const detail = [status, said.reason, printable(said.message, MESSAGE_BYTES_MAX)]
    .filter((part) => part !== '')
    .join(' ');
  const code = codeOf(status, said, asked);
  return new VarveError(code, `${asked.doing}: the store answered ${detail}`, options);
}

interface Said {
  readonly reason: string;
  readonly message: string;
}

function codeOf(status: number, { reason, message }: Said, asked: GcsAsked): ErrorCode {
  if (status === 403 && LIMITS.includes(reason)) return 'store_throttled';
  if (status === 400 && CHECKSUM_DIFFERS.test(message)) return 'damaged_object';
  if (status === 412 && asked.conditional) return 'already_exists';
  // A conflict that nobody asked about is two requests at once: the same again may succeed.
  if (status === 409 || status === 412) return 'store_unavailable';
  return codeOfStatus(status);
}

/** The JSON API's error body; what is read of an object answers in plain text. */
function readError(text: string): Said {
  try {
    const body = JSON.parse(text) as {
      error?: { message?: unknown; errors?: { reason?: unknown }[] };
    } | null;
    const { message = '', errors = [] } = body?.error ?? {};
    return { message: String(message), reason: String(errors.at(0)?.reason ?? '') };
  } catch {
    // Not JSON: plain text, or a page of something that stands between.
    return { message: text.startsWith('<') ? '' : text.trim(), reason: '' };
  }
}
