// Where the status endpoints get their answers: configuration, build, process and engines.

import type { FastifyRequest } from 'fastify';
import type { BuildInfo } from '../base/config/build-info.ts';
import type { ServeConfig } from '../base/config/catalogue.ts';
import { formatDuration } from '../base/config/duration.ts';
import { configAsYaml, flagsAsText, type PrintedConfig } from '../base/config/print-config.ts';
import type { ProcessFacts } from '../base/config/start.ts';
import type { Clock } from '../base/runtime/clock.ts';
import { isoTime } from '../base/runtime/iso-time.ts';
import type {
  ProcessStatusSource,
  StatusSource,
  TsdbStatus,
  WalReplayStatus,
} from './status-routes.ts';

/** What every role knows; read at each request. */
export interface ProcessStatusFacts {
  readonly build: BuildInfo;
  readonly process: ProcessFacts;
  readonly clock: Clock;
  readonly startedMs: number;
  config(): PrintedConfig;
  threads(): number;
  lastReload(): { readonly successful: boolean; readonly atMs: number };
  corruptions(): Promise<number>;
  /** As a duration; empty where nothing is deleted by age. */
  storageRetention(): string;
}

/** What the gateway knows; read at each request. */
export interface StatusFacts extends Omit<ProcessStatusFacts, 'storageRetention'> {
  config(): ServeConfig;
  tsdb(request: FastifyRequest, limit: number): Promise<TsdbStatus>;
  walReplay(): Promise<WalReplayStatus>;
}

/** Puts them into Prometheus's words. */
export function statusSource(facts: StatusFacts): StatusSource {
  const storageRetention = () => formatDuration(facts.config().tsdbRetentionMs);
  return {
    ...processStatusSource({ ...facts, storageRetention }),
    tsdb: (request, limit) => facts.tsdb(request, limit),
    walReplay: () => facts.walReplay(),
  };
}

/** The same of what every role knows. */
export function processStatusSource(facts: ProcessStatusFacts): ProcessStatusSource {
  const { build, process, clock } = facts;
  return {
    buildInfo: () => ({ ...build, goVersion: process.nodeVersion }),
    runtimeInfo: async () => {
      const reload = facts.lastReload();
      return {
        startTime: isoTime(facts.startedMs),
        CWD: process.workingDirectory,
        hostname: process.hostname,
        serverTime: isoTime(clock.nowMs()),
        reloadConfigSuccess: reload.successful,
        lastConfigTime: isoTime(reload.atMs),
        corruptionCount: await facts.corruptions(),
        goroutineCount: facts.threads(),
        GOMAXPROCS: process.cpus,
        GOMEMLIMIT: process.memoryLimitBytes,
        GOGC: '',
        GODEBUG: '',
        storageRetention: facts.storageRetention(),
      };
    },
    flags: () => flagsAsText(facts.config()),
    configYaml: () => configAsYaml(facts.config()),
  };
}
