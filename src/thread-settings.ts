// From the configuration of `serve` and `receive` to what each thread is started with: all that a
// thread is told. Pure.

import type { ServeConfig } from './base/config/catalogue.ts';
import type { ProcessFacts } from './base/config/start.ts';
import type { StreamLabelRules } from './base/model/stream-labels.ts';
import type { Runtime } from './base/runtime/runtime.ts';
import { storeLimits } from './bucket/store-tuning.ts';
import { type CompactSettings, compactSettings } from './compact/settings.ts';
import type { EngineSettings } from './head/engine-service.ts';
import type { JobSettings } from './job-thread.ts';
import type { ArchiveSettings } from './wal/archive/archive-service.ts';
import { SERIES_CACHE_BYTES_MAX } from './write/series-cache.ts';
import { DEFAULT_WIRE_LIMITS } from './write/wire/limits.ts';

/** Of the engine with this index; the logs are called `logId`. */
export function engineSettings(config: ServeConfig, index: number, logId: string): EngineSettings {
  return {
    tsdbPath: config.tsdbPath,
    logId,
    index,
    engines: config.engineThreads,
    labels: labelRules(config),
    blockLabels: config.blockLabels,
    walCompression: config.tsdbWalCompression,
    walSegmentBytesMax: config.tsdbWalSegmentBytes,
    outOfOrderWindowMs: config.tsdbOutOfOrderTimeWindowMs,
    maxExemplars: config.tsdbMaxExemplars,
    limits: {
      wire: {
        ...DEFAULT_WIRE_LIMITS,
        compressedBytesMax: config.requestBytesMax,
        decodedBytesMax: config.requestDecodedBytesMax,
        seriesMax: config.requestSeriesMax,
        samplesMax: config.requestSamplesMax,
      },
      labels: {
        labelsMax: config.seriesLabelsMax,
        nameBytesMax: config.labelNameBytesMax,
        valueBytesMax: config.labelValueBytesMax,
      },
      aheadMs: config.tsdbTooFarInFutureTimeWindowMs,
      streamsPerTenant: config.tenantStreamsMax,
      tenants: config.tenantsMax,
      seriesPerTenant: config.tenantSeriesMax,
      cacheBytes: Math.floor(SERIES_CACHE_BYTES_MAX / config.engineThreads),
    },
    logger: { level: config.logLevel, format: config.logFormat },
  };
}

/** Of the job thread. */
export function jobSettings(config: ServeConfig): JobSettings {
  return {
    tsdbPath: config.tsdbPath,
    labels: labelRules(config),
    bucket: config.bucket,
    storeLimits: storeLimits(config),
    uploads: config.shipperUploadConcurrency,
    logger: { level: config.logLevel, format: config.logFormat },
  };
}

/** Of the archive; undefined without a bucket. */
export function archiveSettings(config: ServeConfig): ArchiveSettings | undefined {
  const { bucket, logFormat, logLevel, tsdbPath, walArchiveIntervalMs, walArchiveName } = config;
  if (bucket === undefined) return undefined;
  const labels = labelRules(config);
  const logger = { level: logLevel, format: logFormat };
  const name = walArchiveName;
  const limits = storeLimits(config);
  return { tsdbPath, labels, bucket, limits, intervalMs: walArchiveIntervalMs, name, logger };
}

/** Of compaction's planner; undefined without a bucket, or where it is turned off. */
export function compactThreadSettings(
  config: ServeConfig,
  { process, runtime }: CompactWorld,
): CompactSettings | undefined {
  const { bucket, compaction, logFormat, logLevel } = config;
  if (bucket === undefined || compaction === undefined) return undefined;
  return compactSettings(compaction, {
    bucket,
    limits: storeLimits(config),
    isDry: false,
    hostname: process.hostname,
    random: runtime.random,
    logger: { level: logLevel, format: logFormat },
  });
}

interface CompactWorld {
  readonly process: Pick<ProcessFacts, 'hostname'>;
  readonly runtime: Pick<Runtime, 'random'>;
}

function labelRules(config: ServeConfig): StreamLabelRules {
  return { external: config.externalLabels, tenantLabelName: config.tenantLabelName };
}
