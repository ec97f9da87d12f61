// GET /api/v1/compact/plan: what compaction would do now, and why the rest stays, as --dry-run
// prints it (docs/operating/compactor.md, "As JSON"). GET /api/v1/compact/jobs: what it does, and
// what it did. The envelope is that of /api/v1/status.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isoTime } from '../base/runtime/iso-time.ts';
import type { JobsView } from '../compact/compaction.ts';
import type { PlanDocument } from '../compact/plan/print.ts';
import type { JobProgress } from '../compact/run/progress.ts';
import type { JobRecord, MakingJob } from '../compact/run/work.ts';

/** Who knows of plans and jobs; rejects with `draining` while there is no compaction. */
export interface CompactSource {
  plan(): Promise<PlanDocument>;
  jobs(limit: number): Promise<JobsView>;
}

/** Ended jobs in an answer when the request does not say (`?limit=`). */
const JOBS = 100;
const JOBS_MAX = 1000;

/** Registers the paths. */
export function registerCompactRoutes(app: FastifyInstance, source: CompactSource): void {
  app.get('/api/v1/compact/plan', async () => ({ status: 'success', data: await source.plan() }));
  app.get('/api/v1/compact/jobs', async (request) => {
    const { running, ended } = await source.jobs(limitOf(request));
    return {
      status: 'success',
      data: { running: running.map(runningOf), ended: ended.map(endedOf) },
    };
  });
}

function limitOf({ query }: FastifyRequest): number {
  const given =
    typeof query === 'object' && query !== null && 'limit' in query ? Number(query.limit) : NaN;
  return Number.isInteger(given) && given >= 1 ? Math.min(given, JOBS_MAX) : JOBS;
}

/** Times of samples are milliseconds as in meta.json. */
function jobOf(job: MakingJob) {
  const { id, kind, group, sources, minTimeMs, maxTimeMs, why, cost } = job;
  return { id, kind, group, sources, minTime: minTimeMs, maxTime: maxTimeMs, why, cost };
}

function runningOf({ job, leftMs, rate, runningMs, ...bytes }: JobProgress) {
  return {
    ...jobOf(job),
    ...bytes,
    bytesPerSecond: Math.round(rate),
    seconds: runningMs / 1000,
    leftSeconds: leftMs === undefined ? null : leftMs / 1000,
  };
}

function endedOf({ job, begunMs, endedMs, end, what, ...figures }: JobRecord) {
  const times = { begun: isoTime(begunMs), ended: isoTime(endedMs) };
  return { ...jobOf(job), ...times, seconds: (endedMs - begunMs) / 1000, end, what, ...figures };
}
