// `varve bucket verify`: whether each block in a bucket is whole. All issues of all blocks in one
// reading, every chunk included; one that is bad, or that the store does not give, never hides the
// others.

import type { BucketToolConfig } from '../../base/config/catalogue.ts';
import { printable } from '../../base/errors/printable.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import { sizeText } from '../../base/model/size-text.ts';
import { timeText } from '../../base/model/time-text.ts';
import { isUlid, ulidTimeMs } from '../../base/model/ulid.ts';
import { collect } from '../../base/runtime/file-pieces.ts';
import type { Finding } from '../../block/verify/findings.ts';
import type { StoredVerification } from '../../block/verify-stored.ts';
import {
  type BlockListing,
  blockBytes,
  hasFile,
  isPartial,
  newestMs,
} from '../../bucket/block-record.ts';
import { blockKey, DELETION_MARK_FILE, VARVE_PREFIX } from '../../bucket/layout.ts';
import { isMarkFile, MARK_BYTES_MAX, parseMark } from '../../bucket/marks/format.ts';
import { type ComparedBlock, comparedBlock, overlaps, sameSources } from '../overlaps.ts';
import { PARTIAL_AGE_MS } from './cleanup.ts';
import { partialText } from './ls.ts';
import { hasLabels, readBucketMeta, throwIfEnded } from './read-blocks.ts';
import { type FoundDamaged, repairAll } from './repair.ts';
import { type BucketTool, say } from './tool.ts';

type VerifyConfig = BucketToolConfig<'verify'>;
type Tool = BucketTool<VerifyConfig>;

/** What lies beside the blocks and is known: Varve's own, and what Thanos's compactor leaves. */
const KNOWN_NAMES: readonly string[] = [VARVE_PREFIX, 'debug/', 'thanos/', 'markers/'];
/** Names that are no block's and are told. */
const STRANGERS_MAX = 100;

/** Counts so far. */
interface Tally {
  blocks: number;
  bytes: number;
  findings: number;
  readonly compared: ComparedBlock[];
  /** Blocks that a repair may help. */
  readonly damaged: FoundDamaged[];
}

/**
 * Verifies all blocks, and repairs those that are damaged if asked to; 1 when there is any finding
 * beside infos, but for those of blocks that were repaired without a loss.
 */
export async function verify(tool: Tool): Promise<number> {
  const { access, bucket, config, signal } = tool;
  const tally: Tally = { blocks: 0, bytes: 0, findings: 0, compared: [], damaged: [] };
  const work = access.makeWorkDir(config.tmpDir);
  try {
    if (config.ids.length === 0) {
      tell(tool, tally, '', await strangers(tool));
      for await (const listing of access.listBlocks(bucket, { signal }))
        await verifyOne(tool, listing, { tally, workDir: work.path });
    }
    for (const ulid of [...config.ids].sort()) {
      const listing = await access.listBlock(bucket, ulid, { signal });
      if (listing.files.length > 0) await verifyOne(tool, listing, { tally, workDir: work.path });
      else tell(tool, tally, ulid, [finding('error', 'there is no such block')]);
    }
    tell(tool, tally, '', [...overlaps(tally.compared), ...sameSources(tally.compared)]);
    tool.progress.clear();
    const { blocks, findings } = tally;
    if (config.output !== 'json')
      say(tool, `${blocks} blocks and ${sizeText(tally.bytes)} verified, ${findings} findings`);
    return findings - (await repaired(tool, tally, work.path)) > 0 ? 1 : 0;
  } finally {
    work.remove();
  }
}

/** How many findings a repair did away with. */
async function repaired(tool: Tool, { damaged }: Tally, workDir: string): Promise<number> {
  if (!tool.config.repair) return 0;
  const whole = await repairAll(tool, damaged, workDir);
  return damaged.reduce((sum, { findings, ulid }) => sum + (whole.has(ulid) ? findings : 0), 0);
}

async function verifyOne(
  tool: Tool,
  listing: BlockListing,
  { tally, workDir }: { readonly tally: Tally; readonly workDir: string },
): Promise<void> {
  const { selector } = tool.config;
  const { ulid } = listing;
  try {
    if (isPartial(listing)) {
      // It has no labels that a selector could ask for.
      if (selector.length === 0) tell(tool, tally, ulid, [partialFinding(tool, listing)]);
      return;
    }
    if (selector.length > 0 && !hasLabels(await readBucketMeta(tool, ulid), selector)) return;
    tally.blocks++;
    tell(tool, tally, ulid, await markFindings(tool, listing));
    const { findings, meta } = await tool.access.verifyStored(
      stored(tool, listing, tally),
      workDir,
    );
    tell(tool, tally, ulid, findings);
    noteDamaged(tally, { listing, meta, findings });
    if (listing.moreFiles > 0)
      tell(tool, tally, ulid, [finding('error', `${listing.moreFiles} files too many`)]);
    if (meta !== undefined) tally.compared.push(comparedBlock(ulid, meta));
  } catch (thrown) {
    throwIfEnded(tool);
    const what = `could not be verified: ${asVarveError(thrown).message}`;
    tell(tool, tally, ulid, [finding('error', what)]);
  }
}

/** A block that is damaged, unless it goes anyway. */
function noteDamaged(
  { damaged }: Tally,
  { findings, listing, meta }: StoredVerification & { readonly listing: BlockListing },
): void {
  const first = findings.find(({ severity }) => severity === 'error');
  if (first === undefined || hasFile(listing, DELETION_MARK_FILE)) return;
  const { file, offset, what } = first;
  const place = offset === undefined ? file : `${file}, byte ${offset}`;
  const count = findings.filter(({ severity }) => severity !== 'info').length;
  damaged.push({ ulid: listing.ulid, meta, what: `${place}: ${what}`, findings: count });
}

/** The block's files, with every byte that is read counted. */
function stored(tool: Tool, listing: BlockListing, tally: Tally) {
  const { bucket, progress, signal } = tool;
  const { ulid, files } = listing;
  const size = sizeText(blockBytes(listing));
  return {
    ulid,
    files,
    read: async function* (name: string): AsyncGenerator<Uint8Array> {
      for await (const piece of bucket.get(blockKey(ulid, name), undefined, { signal })) {
        tally.bytes += piece.length;
        progress.show(() => {
          const done = `${tally.blocks} blocks, ${sizeText(tally.bytes)}`;
          return `${done}, ${tally.findings} findings; now ${ulid}/${name} of ${size}`;
        });
        yield piece;
      }
    },
  };
}

/** One that is fresh may still be on its way. */
function partialFinding({ clock }: Tool, listing: BlockListing): Finding {
  const madeMs = Math.max(ulidTimeMs(listing.ulid) ?? 0, newestMs(listing));
  if (clock.nowMs() - madeMs <= PARTIAL_AGE_MS) return finding('info', partialText(listing));
  return finding('warning', `${partialText(listing)}; varve bucket cleanup removes it`);
}

async function markFindings(tool: Tool, listing: BlockListing): Promise<readonly Finding[]> {
  const { bucket, signal } = tool;
  const { ulid } = listing;
  const found: Finding[] = [];
  for (const { name } of listing.files.filter((file) => isMarkFile(file.name))) {
    try {
      const pieces = bucket.get(blockKey(ulid, name), undefined, { signal });
      const mark = parseMark(await collect(pieces, MARK_BYTES_MAX, name), name, name);
      const at = { file: name, offset: undefined };
      if (mark.ulid !== ulid)
        found.push({ ...at, severity: 'error', what: `it is a mark of block ${mark.ulid}` });
      const why = printable([mark.reason, mark.details].filter(Boolean).join(': ') || 'no reason');
      const what = `set ${timeText(mark.timeMs)}: ${why}`;
      found.push({ ...at, severity: 'info', what });
    } catch (thrown) {
      const error = asVarveError(thrown);
      if (error.kind !== 'damaged' && error.kind !== 'not_found') throw thrown;
      found.push({ file: name, offset: undefined, severity: 'error', what: error.message });
    }
  }
  return found;
}

/** Names beside the blocks that nobody reads. */
async function strangers({ bucket, signal }: Tool): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  let more = 0;
  for await (const name of bucket.listNames('', { signal })) {
    if (KNOWN_NAMES.includes(name)) continue;
    if (name.endsWith('/') && isUlid(name.slice(0, -1))) continue;
    if (found.length >= STRANGERS_MAX) more++;
    else found.push({ ...finding('info', 'no block is called so; nobody reads it'), file: name });
  }
  if (more > 0) found.push(finding('info', `${more} names more that no block has`));
  return found;
}

function tell(tool: Tool, tally: Tally, ulid: string, found: readonly Finding[]): void {
  const { config } = tool;
  tally.findings += found.filter(({ severity }) => severity !== 'info').length;
  for (const { file, offset, severity, what } of found) {
    if (config.output === 'json') {
      say(tool, JSON.stringify({ block: ulid, file, offset, what, severity }));
      continue;
    }
    const place = [ulid, printable(file)].filter((part) => part !== '').join('/');
    const at = offset === undefined ? '' : `, byte ${offset}`;
    say(tool, `${severity}: ${place}${at}${place === '' ? '' : ': '}${what}`);
  }
}

function finding(severity: Finding['severity'], what: string): Finding {
  return { severity, file: '', offset: undefined, what };
}
