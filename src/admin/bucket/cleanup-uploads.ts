// The part of `varve bucket cleanup` that no listing of objects shows: uploads of single objects
// that were begun and never ended, also under a ULID that has no object at all. What each store can
// show of them is on its page in docs/operating.
//
// Invariant: of an upload that the store gives no time of, or that has moved lately, nothing goes;
// what lies elsewhere than under a ULID or varve/ is somebody else's.

import type { BucketToolConfig } from '../../base/config/catalogue.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import { timeText } from '../../base/model/time-text.ts';
import type { UploadsUnder } from '../../bucket/stale-uploads.ts';
import { throwIfEnded } from './read-blocks.ts';
import { type BucketTool, say } from './tool.ts';

type Tool = BucketTool<BucketToolConfig<'cleanup'>>;

/** How many uploads went or would go, and how many wait or could not be removed. */
export interface UploadTally {
  uploads: number;
  waiting: number;
  failed: number;
}

/**
 * Removes the uploads that have not moved since `beforeMs`, or says what it would.
 * @param done prefixes whose uploads have gone, or would go, with what is listed there
 */
export async function cleanupUploads(
  tool: Tool,
  beforeMs: number,
  done: ReadonlySet<string>,
): Promise<UploadTally> {
  const tally = { uploads: 0, waiting: 0, failed: 0 };
  try {
    const { access, bucket, signal } = tool;
    const found = await access.unfinishedUploads(bucket, beforeMs, { signal });
    for (const [prefix, uploads] of found)
      if (!done.has(prefix)) await removeOnes(tool, { prefix, uploads, beforeMs }, tally);
  } catch (thrown) {
    throwIfEnded(tool);
    tally.failed++;
    tool.err(`unfinished uploads: ${asVarveError(thrown).message}`);
  }
  return tally;
}

async function removeOnes(
  tool: Tool,
  {
    prefix,
    uploads,
    beforeMs,
  }: { readonly prefix: string; readonly uploads: UploadsUnder; readonly beforeMs: number },
  tally: UploadTally,
): Promise<void> {
  const { bucket, config, signal } = tool;
  const { fresh, stale, staleSinceMs } = uploads;
  tally.waiting += fresh;
  if (fresh > 0) say(tool, `${prefix}: ${fresh} unfinished uploads stay for now`);
  if (stale === 0) return;
  const what = `${prefix}: ${stale} unfinished uploads, since ${timeText(staleSinceMs)}`;
  try {
    if (!config.dryRun) await bucket.removeUnfinished(prefix, { signal, beforeMs });
    tally.uploads += stale;
    say(tool, `${config.dryRun ? 'would delete' : 'deleted'} ${what}`);
  } catch (thrown) {
    throwIfEnded(tool);
    tally.failed++;
    tool.err(`${what}: ${asVarveError(thrown).message}`);
  }
}
