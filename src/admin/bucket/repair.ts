// The repairs of `varve bucket verify --repair`: each damaged block that was found is rewritten by
// compact/repair, and what came of it is told; one that cannot be repaired never stops the others.

import type { BucketToolConfig } from '../../base/config/catalogue.ts';
import { printable } from '../../base/errors/printable.ts';
import { asVarveError } from '../../base/errors/varve-error.ts';
import { timeText } from '../../base/model/time-text.ts';
import type { BlockMeta } from '../../block/meta/format.ts';
import type { LossReport } from '../../block/salvage/losses.ts';
import type { DamagedBlock, Repaired } from '../../compact/repair/repair-in-bucket.ts';
import { throwIfEnded } from './read-blocks.ts';
import { type BucketTool, say } from './tool.ts';

type Tool = BucketTool<BucketToolConfig<'verify'>>;

/** Without it nothing says whose samples these are, or what their times may be. */
const NO_META = 'it has no meta.json of its own that can be read: upload it again';

/** A block that `verify` found damaged. */
export interface FoundDamaged {
  readonly ulid: string;
  /** What its meta.json says; undefined when it cannot be read. */
  readonly meta: BlockMeta | undefined;
  /** The first of what is wrong with it. */
  readonly what: string;
  /** How many findings it has, infos left out. */
  readonly findings: number;
}

/** What came of one block, in a word for programs and in half a sentence. */
interface Told {
  readonly did: 'repaired' | 'would-be-repaired' | 'not-repaired';
  readonly what: string;
  readonly made?: string;
  readonly losses?: LossReport;
}

/**
 * Repairs them, or says what it would.
 * @returns the ULIDs of those of which a new block was made without any loss
 */
export async function repairAll(
  tool: Tool,
  damaged: readonly FoundDamaged[],
  workDir: string,
): Promise<ReadonlySet<string>> {
  const whole = new Set<string>();
  if (damaged.length === 0) return whole;
  const repair = tool.access.repairer(tool.bucket, {
    ...{ workDir, signal: tool.signal, audit: tool.audit, by: tool.by, err: tool.err },
    ...{ isDry: tool.config.dryRun, replicaLabels: tool.config.replicaLabels },
  });
  for (const block of damaged) {
    const { ulid } = block;
    const told = await repairOne(tool, block, repair);
    tell(tool, ulid, told);
    if (told.did === 'repaired' && told.losses?.isLossless === true) whole.add(ulid);
  }
  return whole;
}

async function repairOne(
  tool: Tool,
  { meta, ulid, what }: FoundDamaged,
  repair: (damaged: DamagedBlock) => Promise<Repaired>,
): Promise<Told> {
  if (meta?.ulid !== ulid) return { did: 'not-repaired', what: NO_META };
  tool.progress.show(() => `repairing ${ulid}`);
  try {
    return toldOf(await repair({ meta, what }), tool.config.dryRun);
  } catch (thrown) {
    throwIfEnded(tool);
    return { did: 'not-repaired', what: asVarveError(thrown).message };
  }
}

function toldOf(repaired: Repaired, isDry: boolean): Told {
  switch (repaired.kind) {
    case 'made': {
      const { losses, meta } = repaired;
      const saved = `${meta.stats.numSeries} series, ${meta.stats.numSamples} samples saved`;
      const what = `${saved}; ${lossText(losses)}`;
      if (isDry) return { did: 'would-be-repaired', what, losses };
      return { did: 'repaired', what: `as ${meta.ulid}: ${what}`, made: meta.ulid, losses };
    }
    case 'nothing-left':
      return { did: 'not-repaired', what: 'nothing of it can be read', losses: repaired.losses };
    case 'refused':
      return { did: 'not-repaired', what: repaired.what };
    case 'busy':
      return {
        did: 'not-repaired',
        what: 'a compactor works on its group: try again, or stop that one meanwhile',
      };
  }
}

function lossText(losses: LossReport): string {
  const { chunks, mendedSeries, range, touchedSeries, unreadSeries, wholeSeries } = losses;
  const parts: string[] = [];
  if (unreadSeries > 0) parts.push(`${unreadSeries} series whose names cannot be read`);
  if (wholeSeries > 0) parts.push(`${wholeSeries} series with all their chunks`);
  if (touchedSeries > wholeSeries) parts.push(`chunks of ${touchedSeries - wholeSeries} series`);
  const times =
    range === undefined
      ? ''
      : `, from ${timeText(range.minTimeMs)} to ${timeText(range.maxTimeMs)}`;
  const lost =
    parts.length === 0 ? 'nothing is lost' : `lost: ${parts.join(', ')} (${chunks} chunks${times})`;
  return mendedSeries === 0 ? lost : `${lost}; ${mendedSeries} series put in order`;
}

function tell(tool: Tool, ulid: string, { did, losses, made, what }: Told): void {
  tool.progress.clear();
  if (tool.config.output === 'json') {
    say(tool, JSON.stringify({ block: ulid, repair: did, made, what, losses }));
    return;
  }
  say(tool, `${did.replaceAll('-', ' ')}: ${ulid} ${what}`);
  for (const { chunks, labels, maxTimeMs, minTimeMs, ofChunks } of losses?.named ?? []) {
    const times = `${timeText(minTimeMs)} to ${timeText(maxTimeMs)}`;
    say(tool, `lost: ${ulid} ${printable(labels)}: ${chunks} of ${ofChunks} chunks, ${times}`);
  }
  const unnamed = (losses?.touchedSeries ?? 0) - (losses?.named.length ?? 0);
  if (unnamed > 0) say(tool, `lost: ${ulid}: chunks of ${unnamed} series more`);
}
