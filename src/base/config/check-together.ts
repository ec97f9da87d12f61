// Rules over several options. What cannot work is an error that names one of the places to edit;
// what is allowed and often a mistake is a warning.

import { formatByteSize } from './byte-size.ts';
import type { ServeConfig } from './catalogue.ts';
import { checkCompaction } from './check-compact.ts';
import { configError } from './config-error.ts';
import type { GivenByFlag } from './given.ts';

/** Checks options against each other; returns warnings. @throws VarveError `bad_config` */
export function checkTogether(config: ServeConfig, given: GivenByFlag): readonly string[] {
  const place = (flag: string): string => given.get(flag)?.where ?? `--${flag}`;
  const { httpAddress: http, remoteWriteAddress: write } = config;
  if (http.port === write.port && http.port !== 0 && http.host === write.host) {
    const port = `${http.host}:${http.port}`;
    throw configError(place('remote-write.address'), `is ${port}, which http-address listens on`);
  }
  if (config.inFlightBytesMax < config.requestBytesMax) {
    const least = formatByteSize(config.requestBytesMax);
    throw configError(
      place('receive.limits.in-flight-size'),
      `must be at least receive.limits.request-size (${least}), else the largest requests ` +
        'never pass',
    );
  }
  checkLabels(config, place);
  checkArchive(config, place);
  return [...labelWarnings(config, given), ...compactionWarnings(config, given)];
}

/** Logs are archived to the bucket that the blocks go to, not often enough to be a burden on it. */
function checkArchive(config: ServeConfig, place: (flag: string) => string): void {
  const { bucket, restore, walArchiveIntervalMs: intervalMs } = config;
  if (intervalMs > 0 && intervalMs < 1000)
    throw configError(place('wal.archive-interval'), 'must be 0s (off) or at least 1s');
  const flag = restore ? 'restore' : 'wal.archive-interval';
  if (bucket === undefined && (restore || intervalMs > 0))
    throw configError(place(flag), 'wants a bucket: give --objstore.config-file');
}

/** A block label has one meaning: external, tenant or lifted. */
function checkLabels(config: ServeConfig, place: (flag: string) => string): void {
  const { tenantLabelName: tenant, blockLabels } = config;
  for (const { name } of config.externalLabels) {
    if (name === tenant) {
      throw configError(place('label'), `${name} is the label that holds the tenant`);
    }
    if (blockLabels.includes(name)) {
      throw configError(place('label'), `${name} is lifted out of the series by block-label`);
    }
  }
  if (blockLabels.includes(tenant)) {
    throw configError(place('receive.block-label'), `${tenant} is the label that holds the tenant`);
  }
}

function labelWarnings(config: ServeConfig, given: GivenByFlag): readonly string[] {
  const shared = given.has('objstore.config') || given.has('objstore.config-file');
  if (!shared || config.externalLabels.length > 0 || config.blockLabels.length > 0) return [];
  return [
    'no --label and no --receive.block-label is set: two gateways that share this bucket ' +
      'would write blocks of the same labels, and compaction would take them for one',
  ];
}

/** Blocks that this gateway writes differ in a label only if it makes it a label of blocks. */
const COMPACTION_IS_OFF = 'has no effect: compaction is turned off by --no-compact.enabled';

function compactionWarnings(config: ServeConfig, given: GivenByFlag): readonly string[] {
  const { compaction, blockLabels, externalLabels, tenantLabelName } = config;
  if (compaction === undefined) {
    const idle = [...given.keys()].filter((flag) => /^(retention|deduplication)\./.test(flag));
    return idle.map((flag) => `${given.get(flag)?.where ?? flag}: ${COMPACTION_IS_OFF}`);
  }
  const ofBlocks = new Set([...blockLabels, ...externalLabels.map(({ name }) => name)]);
  const flag = 'deduplication.replica-label';
  const place = given.get(flag)?.where ?? `--${flag}`;
  return [
    ...checkCompaction(compaction, given, tenantLabelName),
    ...compaction.replicaLabels
      .filter((name) => !ofBlocks.has(name))
      .map((name) => {
        return (
          `${place}: ${name} is no label of the blocks that are written here, so their series ` +
          `are not merged by it; --receive.block-label=${name} makes it one`
        );
      }),
  ];
}
