// Rules over several options of compaction. What Thanos refuses and loses nothing here is a
// warning that says what comes of it; what would mix the data of tenants is an error.

import type { CompactConfig, CompactionConfig } from './catalogue.ts';
import { isWithin } from './check-sidecar.ts';
import { configError } from './config-error.ts';
import { formatDuration } from './duration.ts';
import type { GivenByFlag } from './given.ts';
import type { Moment } from './moment.ts';
import { COMPACTION_LEVEL_MAX } from './options-compaction.ts';

const HOUR_MS = 3_600_000;
/** Shorter blocks are downsampled only when retention would take them (DESIGN §3, Compaction). */
const RAW_LENGTH = { lengthMs: 40 * HOUR_MS, text: '40h' };
const FIVE_MINUTES_LENGTH = { lengthMs: 240 * HOUR_MS, text: '10d' };
/** Of `--receive.tenant-label-name`, which `varve compact` does not know. */
const TENANT_LABEL = 'tenant_id';

type Place = (flag: string) => string;

/** Checks the options of `varve compact`; returns warnings. @throws VarveError `bad_config` */
export function checkCompact(config: CompactConfig, given: GivenByFlag): readonly string[] {
  checkDirectories(config, placeIn(given));
  return [
    ...checkCompaction(config.compaction, given, TENANT_LABEL),
    ...withoutEffect(config, given),
  ];
}

/**
 * Checks what compaction goes by, in whatever role.
 * @param tenantLabel the label of blocks that holds the tenant
 */
export function checkCompaction(
  config: CompactionConfig,
  given: GivenByFlag,
  tenantLabel: string,
): readonly string[] {
  const place = placeIn(given);
  checkReplicas(config, place, tenantLabel);
  if (isAfter(config.minTime, config.maxTime))
    throw configError(place('min-time'), 'is later than max-time, so there would be no blocks');
  return [...periodWarnings(config, place), ...levelWarnings(config, place)];
}

function placeIn(given: GivenByFlag): Place {
  return (flag) => given.get(flag)?.where ?? `--${flag}`;
}

function checkReplicas(config: CompactionConfig, place: Place, tenantLabel: string): void {
  const { replicaLabels, deduplicationFunc } = config;
  if (deduplicationFunc === 'penalty' && replicaLabels.length === 0)
    throw configError(place('deduplication.func'), 'penalty wants --deduplication.replica-label');
  if (!replicaLabels.includes(tenantLabel)) return;
  const what = `${tenantLabel} is the label that holds the tenant: data of tenants would be mixed`;
  throw configError(place('deduplication.replica-label'), what);
}

/** Two times of which one is counted from now cannot be compared for good. */
function isAfter(min: Moment, max: Moment): boolean {
  if (min.kind === 'at' && max.kind === 'at') return min.timeMs > max.timeMs;
  return min.kind === 'from-now' && max.kind === 'from-now' && min.offsetMs > max.offsetMs;
}

interface Layer {
  readonly flag: string;
  /** 0: for ever. */
  readonly keptMs: number;
  /** Of what is downsampled as a rule; undefined where nothing is coarser. */
  readonly least: typeof RAW_LENGTH | undefined;
}

function periodWarnings(config: CompactionConfig, place: Place): readonly string[] {
  const layers: readonly Layer[] = [
    { flag: 'retention.resolution-raw', keptMs: config.retentionRawMs, least: RAW_LENGTH },
    { flag: 'retention.resolution-5m', keptMs: config.retention5mMs, least: FIVE_MINUTES_LENGTH },
    { flag: 'retention.resolution-1h', keptMs: config.retention1hMs, least: undefined },
  ];
  const warnings = config.isDownsamplingDisabled
    ? plainRetention(layers, place)
    : [...shortPeriods(layers, place), ...shorterThanFiner(layers, place)];
  if (config.deleteDelayMs > 0) return warnings;
  const noDelay = ': a block is deleted as soon as it was marked; readers that have it open fail';
  return [...warnings, `${place('delete-delay')}${noDelay}`];
}

/** Thanos ends its start on these; here the blocks wait. */
function shortPeriods(layers: readonly Layer[], place: Place): readonly string[] {
  const isLonger = (one: Layer, keptMs: number): boolean => one.keptMs === 0 || one.keptMs > keptMs;
  return layers.flatMap(({ flag, keptMs, least }, i) => {
    if (least === undefined || keptMs === 0 || keptMs >= least.lengthMs) return [];
    if (!layers.slice(i + 1).some((coarser) => isLonger(coarser, keptMs))) return [];
    return [
      `${place(flag)}: ${formatDuration(keptMs)} is less than the ${least.text} from which on ` +
        'blocks are downsampled as a rule; nothing is lost: shorter ones are downsampled when ' +
        'they are due, and stay until that is done and verified',
    ];
  });
}

function shorterThanFiner(layers: readonly Layer[], place: Place): readonly string[] {
  return layers.flatMap((coarser, i) => {
    const finer = layers
      .slice(0, i)
      .find(({ keptMs }) => coarser.keptMs > 0 && (keptMs === 0 || keptMs > coarser.keptMs));
    if (finer === undefined) return [];
    const kept = finer.keptMs === 0 ? 'for ever' : formatDuration(finer.keptMs);
    return [
      `${place(coarser.flag)}: ${formatDuration(coarser.keptMs)} is shorter than ${finer.flag} ` +
        `(${kept}), so the coarser blocks go before the finer ones`,
    ];
  });
}

function plainRetention(layers: readonly Layer[], place: Place): readonly string[] {
  if (layers.every(({ keptMs }) => keptMs === 0)) return [];
  return [
    `${place('downsampling.disable')}: retention goes by age alone; what is older than its ` +
      'period is deleted, though no coarser block holds it',
  ];
}

function levelWarnings(config: CompactionConfig, place: Place): readonly string[] {
  const { compactionLevelMax: level, isDownsamplingDisabled } = config;
  if (level === COMPACTION_LEVEL_MAX || isDownsamplingDisabled) return [];
  const layers = level === COMPACTION_LEVEL_MAX - 1 ? '1h' : '5m and 1h';
  return [
    `${place('debug.max-compaction-level')}: blocks stay too short to be downsampled as a rule; ` +
      `${layers} blocks are made only of what retention would take`,
  ];
}

function withoutEffect(config: CompactConfig, given: GivenByFlag): readonly string[] {
  const { wait, dryRun } = config;
  const idle = [
    { flag: 'wait', isIdle: wait && dryRun, why: 'with --dry-run, which prints the plan and ends' },
    { flag: 'wait-interval', isIdle: !wait, why: 'without --wait' },
    { flag: 'output', isIdle: !dryRun, why: 'without --dry-run' },
  ];
  return idle
    .filter(({ flag, isIdle }) => isIdle && given.has(flag))
    .map(({ flag, why }) => `${placeIn(given)(flag)} has no effect ${why}`);
}

/** What jobs need while they run must not be taken for something in the bucket. */
function checkDirectories(config: CompactConfig, place: Place): void {
  const { bucket, dataDir } = config;
  if (bucket.type !== 'FILESYSTEM' || !isWithin(dataDir, bucket.config.directory)) return;
  const what = `must not lie in the directory of the bucket (${bucket.config.directory})`;
  throw configError(place('data-dir'), what);
}
