// Uploads in parts that are to be nothing: one that failed, and those that a killed process left.
// Their parts are in no listing of objects, and are paid for until they are aborted.

import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
import { asVarveError, VarveError } from '../../src/base/errors/varve-error.ts';
import type { CallOptions, SweepOptions, UnfinishedUpload } from '../../src/bucket/bucket.ts';
import { told } from '../told.ts';
import { isUnknownRequest } from './errors.ts';
import type { PutTools } from './puts.ts';

/** An upload that failed is taken back within this, or left to the sweep. */
const ABORT_LIMIT_MS = 5_000;
/** Tries, and the pause that grows with them. */
const ABORTS_MAX = 4;
const ABORT_PAUSE_MS = 100;

/**
 * Aborts the upload; one that cannot be is left to the sweep, and said. A store may still be at
 * work on a part that was cut off, and keep it beyond the abort: so it is repeated until the store
 * does not know the upload any more (the documentation of AbortMultipartUpload says as much).
 */
export async function takeBack(tools: PutTools, key: string, uploadId: string): Promise<void> {
  const { timers, logger } = tools;
  const limit = new AbortController();
  // The caller's signal may have fired: this has a limit of its own.
  const stop = timers.after(ABORT_LIMIT_MS, () => {
    limit.abort(new VarveError('store_unavailable', `not done within ${ABORT_LIMIT_MS} ms`));
  });
  const { signal } = limit;
  let failed: VarveError | undefined;
  for (let tried = 1; tried <= ABORTS_MAX && !signal.aborted; tried++) {
    try {
      if (tried > 1) await timers.sleep(tried * ABORT_PAUSE_MS, signal);
      const wasThere = await abortUpload(tools, { key, uploadId }, signal);
      failed = undefined;
      if (!wasThere) break;
    } catch (thrown) {
      failed = asVarveError(thrown);
    }
  }
  stop();
  if (failed === undefined) return;
  const message = 'an upload in parts could not be taken back, the sweep will';
  logger.warn(message, { key, error: failed });
}

interface OneUpload {
  readonly key: string;
  readonly uploadId: string;
}

/** Aborts it; false when the store does not know it, or not any more. */
function abortUpload(
  { settings, requests, observe }: PutTools,
  { key, uploadId }: OneUpload,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const operation = 'AbortMultipartUpload';
  const command = new AbortMultipartUploadCommand({
    Bucket: settings.bucket,
    Key: key,
    UploadId: uploadId,
  });
  return told(observe, { class: 'delete', operation }, async () => {
    try {
      await requests.send(command, { operation, key, signal, ofObject: true });
      return true;
    } catch (thrown) {
      if (thrown instanceof VarveError && thrown.code === 'not_found') return false;
      throw thrown;
    }
  });
}

/** Aborts the uploads under way below the prefix; with `beforeMs` those that were begun before. */
export async function abortUploads(
  tools: PutTools,
  prefix: string,
  { beforeMs, ...options }: SweepOptions,
): Promise<void> {
  for await (const { key, id, sinceMs } of listUploads(tools, prefix, options)) {
    if (beforeMs !== undefined && (sinceMs ?? beforeMs) >= beforeMs) continue;
    await abortUpload(tools, { key, uploadId: id }, options.signal);
  }
}

/** The uploads in parts below the prefix. A store that has no such list shows none: a warning. */
export async function* listUploads(
  tools: PutTools,
  prefix: string,
  options: CallOptions,
): AsyncIterable<UnfinishedUpload> {
  const { logger } = tools;
  let after: UploadMarker | undefined;
  do {
    let page: ListMultipartUploadsCommandOutput;
    try {
      page = await uploadsPage(tools, { prefix, after }, options);
    } catch (thrown) {
      if (!(thrown instanceof VarveError) || !isUnknownRequest(thrown)) throw thrown;
      logger.warn('the object store cannot list uploads in parts, what was cut off stays there', {
        error: thrown,
      });
      return;
    }
    for (const { Key: key, UploadId: id, Initiated: begun } of page.Uploads ?? []) {
      if (key === undefined || id === undefined || !key.startsWith(prefix)) continue;
      yield { key, id, sinceMs: begun?.getTime() };
    }
    const { NextKeyMarker: key = '', NextUploadIdMarker: id = '' } = page;
    const goesOn = key !== '' && (key !== after?.key || id !== after.id);
    after = page.IsTruncated === true && goesOn ? { key, id } : undefined;
  } while (after !== undefined);
}

/** Where a page begins. */
interface UploadMarker {
  readonly key: string;
  readonly id: string;
}

function uploadsPage(
  { observe, requests, settings }: PutTools,
  { prefix, after }: { readonly prefix: string; readonly after: UploadMarker | undefined },
  { signal }: CallOptions,
): Promise<ListMultipartUploadsCommandOutput> {
  const operation = 'ListMultipartUploads';
  const command = new ListMultipartUploadsCommand({
    Bucket: settings.bucket,
    Prefix: prefix,
    ...(after === undefined ? {} : { KeyMarker: after.key, UploadIdMarker: after.id }),
  });
  return told(observe, { class: 'list', operation }, () =>
    requests.send(command, { operation, signal, answersBody: true }),
  );
}
