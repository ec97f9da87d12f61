// /api/v1/status/*: what Grafana, promtool and people ask a Prometheus about itself, in its JSON
// (prometheus docs/querying/api.md, Status). Reads see one tenant: the one named by the header.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { HeadStatus } from '../head/tsdb-status.ts';

/** The answer of /api/v1/status/buildinfo; unknown values are empty. */
export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
  readonly branch: string;
  readonly buildUser: string;
  readonly buildDate: string;
  /** Prometheus names its compiler here; Varve its Node.js. */
  readonly goVersion: string;
}

/** The answer of /api/v1/status/runtimeinfo. Times are RFC 3339, memory is in bytes. */
export interface RuntimeInfo {
  readonly startTime: string;
  readonly CWD: string;
  readonly hostname: string;
  readonly serverTime: string;
  readonly reloadConfigSuccess: boolean;
  readonly lastConfigTime: string;
  /** Damaged WAL records and blocks that were set aside since the start. */
  readonly corruptionCount: number;
  /** Prometheus counts goroutines; Varve its threads. */
  readonly goroutineCount: number;
  readonly GOMAXPROCS: number;
  readonly GOMEMLIMIT: number;
  readonly GOGC: string;
  readonly GODEBUG: string;
  readonly storageRetention: string;
}

/**
 * The answer of /api/v1/status/tsdb: the heads of a tenant. Times are milliseconds; the lists are
 * longest first.
 */
/** Prometheus's `/api/v1/status/tsdb`: the heads of one tenant together. */
export type TsdbStatus = HeadStatus;

/** Segment numbers: first, last, and the one being read. */
export interface WalReplayStatus {
  readonly min: number;
  readonly max: number;
  readonly current: number;
}

/** Who knows what every role answers under /api/v1/status/. */
export interface ProcessStatusSource {
  buildInfo(): BuildInfo;
  runtimeInfo(): Promise<RuntimeInfo>;
  /** Flag by flag, secrets as `<secret>`. */
  flags(): Record<string, string>;
  /** The effective configuration as YAML, secrets as `<secret>`. */
  configYaml(): string;
}

/** Who knows what /api/v1/status/* answers where samples are received. */
export interface StatusSource extends ProcessStatusSource {
  /** Of the tenant that the request names; `limit` entries a list at most. */
  tsdb(request: FastifyRequest, limit: number): Promise<TsdbStatus>;
  walReplay(): Promise<WalReplayStatus>;
}

/**
 * Entries of each list of /api/v1/status/tsdb when the request does not say: Prometheus's number.
 */
const TSDB_ENTRIES = 10;
const TSDB_ENTRIES_MAX = 10_000;

/** Registers the paths, each a GET with Prometheus's `{status, data}` around its answer. */
export function registerStatusRoutes(app: FastifyInstance, source: StatusSource): void {
  registerProcessStatusRoutes(app, source);
  route(app, 'tsdb', (request) => source.tsdb(request, entriesOf(request)));
  route(app, 'walreplay', () => source.walReplay());
}

/** Registers those that every role has. */
export function registerProcessStatusRoutes(
  app: FastifyInstance,
  source: ProcessStatusSource,
): void {
  route(app, 'buildinfo', () => source.buildInfo());
  route(app, 'runtimeinfo', () => source.runtimeInfo());
  route(app, 'flags', () => source.flags());
  route(app, 'config', () => ({ yaml: source.configYaml() }));
  app.get('/version', async () => source.buildInfo());
}

function route(
  app: FastifyInstance,
  name: string,
  read: (request: FastifyRequest) => unknown,
): void {
  app.get(`/api/v1/status/${name}`, async (request) => ({
    status: 'success',
    data: await read(request),
  }));
}

function entriesOf(request: FastifyRequest): number {
  const { query } = request;
  const limit =
    typeof query === 'object' && query !== null && 'limit' in query ? Number(query.limit) : NaN;
  if (!Number.isInteger(limit) || limit < 1) return TSDB_ENTRIES;
  return Math.min(limit, TSDB_ENTRIES_MAX);
}
