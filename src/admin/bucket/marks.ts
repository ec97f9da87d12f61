// `varve bucket mark` and `varve bucket unmark`: put a mark beside blocks, or take it away, as
// Thanos's `tools bucket mark` and its `--remove`. More careful than that one: it looks at the
// block first, so that no mark lies where there is no block, and says what a mark cannot undo any
// more.
//
// Invariants: a mark that is there stays as it is (bucket/marks/writer.ts). What is said to be
// undone is: after a deletion mark was taken away the block is looked at once more, and a compactor
// looks at the mark once more before it deletes.

import type { BucketToolConfig } from '../../base/config/catalogue.ts';
import type { Marker } from '../../base/config/options-bucket-marks.ts';
import { printable } from '../../base/errors/printable.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import { timeText } from '../../base/model/time-text.ts';
import { auditMark, type MarkChange } from '../../base/observe/audit-mark.ts';
import { collect } from '../../base/runtime/file-pieces.ts';
import { type BlockListing, hasFile, isPartial } from '../../bucket/block-record.ts';
import { blockKey, DELETION_MARK_FILE, META_FILE } from '../../bucket/layout.ts';
import {
  INDEX_SIZE_EXCEEDING,
  MANUAL,
  MARK_BYTES_MAX,
  type Mark,
  parseMark,
} from '../../bucket/marks/format.ts';
import { throwIfEnded } from './read-blocks.ts';
import { type BucketTool, say } from './tool.ts';

type Tool = BucketTool<BucketToolConfig<'mark'> | BucketToolConfig<'unmark'>>;

/** Reasons of marks that a compactor's next plan finds anew. */
const PLANNED: ReadonlySet<string> = new Set(['superseded', 'retention', INDEX_SIZE_EXCEEDING]);

/** What came of one block. */
interface Done {
  /** `there`: it had such a mark; `none`: it had none to take away. */
  readonly did: 'set' | 'there' | 'removed' | 'none';
  /** The mark as it stands there, or stood; undefined when there is none that can be read. */
  readonly mark: Mark | undefined;
  readonly what: string;
}

/** Puts the mark beside each block; 1 when one could not be marked. */
export function mark(tool: BucketTool<BucketToolConfig<'mark'>>): Promise<number> {
  const { details, marker, remove } = tool.config;
  if (marker === undefined) throw new VarveError('internal', 'no --marker got this far');
  return eachBlock(tool, marker, (listing) =>
    remove ? takeAway(tool, marker, listing) : put(tool, { marker, details }, listing),
  );
}

/** Takes the mark away from each block; 1 when one cannot be brought back. */
export function unmark(tool: BucketTool<BucketToolConfig<'unmark'>>): Promise<number> {
  const { marker } = tool.config;
  return eachBlock(tool, marker, (listing) => takeAway(tool, marker, listing));
}

async function eachBlock(
  tool: Tool,
  marker: Marker,
  run: (listing: BlockListing) => Promise<Done>,
): Promise<number> {
  const { access, bucket, config, signal } = tool;
  let failed = 0;
  for (const ulid of config.ids) {
    try {
      const listing = await access.listBlock(bucket, ulid, { signal });
      throwIfNoBlock(listing);
      tell(tool, { ulid, marker }, await run(listing));
    } catch (thrown) {
      throwIfEnded(tool);
      failed++;
      const what = asVarveError(thrown).message;
      if (config.output === 'json')
        say(tool, JSON.stringify({ block: ulid, mark: marker, did: 'failed', what }));
      else tool.err(`${ulid}: ${what}`);
    }
  }
  return failed > 0 ? 1 : 0;
}

/** A mark beside nothing does nothing, and one whose block is being deleted undoes nothing. */
function throwIfNoBlock(listing: BlockListing): void {
  if (listing.files.length === 0)
    throw new VarveError('not_found', 'there is no such block, or it is gone for good');
  if (!isPartial(listing)) return;
  const what = hasFile(listing, DELETION_MARK_FILE)
    ? `its deletion has begun, ${META_FILE} is gone: no mark brings it back`
    : `it has no ${META_FILE}: an upload under way, or one that was cut off`;
  throw new VarveError('not_found', what);
}

async function put(
  tool: Tool,
  { details, marker }: { readonly details: string; readonly marker: Marker },
  { ulid }: BlockListing,
): Promise<Done> {
  const { access, bucket, clock, signal } = tool;
  // Thanos's deletion marks have no reason; the others have this one when a person sets them.
  const reason = marker === DELETION_MARK_FILE ? '' : MANUAL;
  const made: Mark = { ulid, timeMs: clock.nowMs(), details, reason };
  const did = await access.setMark(bucket, { name: marker, mark: made }, { signal });
  if (did === 'set') {
    audit(tool, { did, mark: marker, ...made });
    return { did, mark: made, what: 'set' };
  }
  const there = await readMark(tool, ulid, marker);
  return { did, mark: there.mark, what: `stays as it was: ${there.what}` };
}

async function takeAway(tool: Tool, marker: Marker, listing: BlockListing): Promise<Done> {
  const { access, bucket, signal } = tool;
  const { ulid } = listing;
  if (!hasFile(listing, marker)) return { did: 'none', mark: undefined, what: 'was not there' };
  const { mark: there, what } = await readMark(tool, ulid, marker);
  await access.removeMark(bucket, { ulid, name: marker }, { signal });
  const { details = '', reason = '' } = there ?? {};
  audit(tool, { did: 'removed', ulid, mark: marker, reason, details });
  const isGone = !(await bucket.exists(blockKey(ulid, META_FILE), { signal }));
  if (isGone)
    throw new VarveError('not_found', 'the mark is away, but its deletion had begun just before');
  const again = PLANNED.has(reason) ? '; set again while its reason holds' : '';
  return { did: 'removed', mark: there, what: `removed (${what})${again}` };
}

/** The mark, and what it says for a person; one that cannot be read can still be taken away. */
async function readMark(
  { bucket, signal }: Tool,
  ulid: string,
  marker: Marker,
): Promise<{ readonly mark: Mark | undefined; readonly what: string }> {
  const key = blockKey(ulid, marker);
  try {
    const bytes = await collect(bucket.get(key, undefined, { signal }), MARK_BYTES_MAX, key);
    const found = parseMark(bytes, marker, key);
    const why = [found.reason, found.details].filter((part) => part !== '').join(': ');
    const what = `set ${timeText(found.timeMs)}: ${printable(why || 'no reason')}`;
    return { mark: found, what };
  } catch (thrown) {
    const { kind, message } = asVarveError(thrown);
    if (kind !== 'damaged' && kind !== 'not_found') throw thrown;
    return { mark: undefined, what: message };
  }
}

function audit(tool: Tool, change: Omit<MarkChange, 'by'> & { readonly timeMs?: number }): void {
  const { did, details, mark: name, reason, ulid } = change;
  auditMark(tool.audit, {
    did,
    ulid,
    mark: name,
    reason,
    details: printable(details),
    by: tool.by,
  });
}

function tell(
  tool: Tool,
  { marker, ulid }: { readonly marker: Marker; readonly ulid: string },
  { did, mark: found, what }: Done,
): void {
  if (tool.config.output !== 'json') {
    say(tool, `${ulid}/${marker}: ${what}`);
    return;
  }
  const { details, reason, timeMs } = found ?? {};
  const time = timeMs === undefined ? undefined : timeText(timeMs);
  say(tool, JSON.stringify({ block: ulid, mark: marker, did, time, reason, details, what }));
}
