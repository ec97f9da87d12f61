// The catalogue's part on compaction: which jobs have ended, and how. For people only; no plan
// looks at it.
//
// Invariant: bounded, the newest JOBS_KEPT.

import type { JobRecord } from '../compact/run/work.ts';
import type { Catalog } from './catalog.ts';

/** So many jobs are remembered. */
export const JOBS_KEPT = 1_000;

/** See the head of the file. */
export class JobCatalog {
  readonly #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** Remembers a job; what the catalogue does not take it logs itself. */
  add(record: JobRecord): void {
    this.#catalog.write((sql) => {
      const { job, begunMs, endedMs, end } = record;
      const insert =
        'INSERT INTO compact_jobs (job_id, kind, begun_ms, ended_ms, ended_as, content) ' +
        'VALUES (?, ?, ?, ?, ?, ?)';
      sql(insert).run(job.id, job.kind, begunMs, endedMs, end, JSON.stringify(record));
      const forget =
        'DELETE FROM compact_jobs WHERE number <= (SELECT max(number) FROM compact_jobs) - ?';
      sql(forget).run(JOBS_KEPT);
    });
  }

  /** The last one first; none when the catalogue cannot be read. */
  newest(limit: number): readonly JobRecord[] {
    const rows = this.#catalog.read((sql) =>
      sql('SELECT content FROM compact_jobs ORDER BY number DESC LIMIT ?').all(limit),
    );
    return (rows ?? []).map(({ content }) => JSON.parse(String(content)) as JobRecord);
  }
}
