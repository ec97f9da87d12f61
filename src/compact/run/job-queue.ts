// The jobs of one plan, handed out to workers: in the plan's order, one of a group at a time, as
// far as the disk goes. A job that does not fit waits while smaller ones go first.

import type { MakingJob } from './work.ts';

/** What there is for a worker now. */
export type NextJob =
  | { readonly kind: 'job'; readonly job: MakingJob }
  /** Ask again when `change` settles: a job has ended since, or was dropped. */
  | { readonly kind: 'wait'; readonly change: Promise<void> }
  | { readonly kind: 'none' };

/** See the head of the file. */
export class JobQueue {
  readonly #diskBytes: number;
  #left: MakingJob[];
  readonly #running = new Set<MakingJob>();
  #changed: () => void = () => undefined;
  #change: Promise<void> = Promise.resolve();

  /** @param diskBytes that all jobs together may take */
  constructor(jobs: readonly MakingJob[], diskBytes: number) {
    this.#diskBytes = diskBytes;
    this.#left = [...jobs];
    this.#renew();
  }

  /** Jobs that need more of the disk than all of them may take. */
  get tooLarge(): readonly MakingJob[] {
    return this.#left.filter((job) => job.cost.diskBytes > this.#diskBytes);
  }

  /** The first that can be done now; one that is given is running. */
  next(kind: MakingJob['kind']): NextJob {
    const groups = new Set([...this.#running].map(({ group }) => group.key));
    let usedBytes = 0;
    for (const { cost } of this.#running) usedBytes += cost.diskBytes;
    let isWaiting = false;
    for (const [at, job] of this.#left.entries()) {
      if (job.kind !== kind || job.cost.diskBytes > this.#diskBytes) continue;
      isWaiting = true;
      if (groups.has(job.group.key) || usedBytes + job.cost.diskBytes > this.#diskBytes) continue;
      this.#left.splice(at, 1);
      this.#running.add(job);
      return { kind: 'job', job };
    }
    if (!isWaiting || this.#running.size === 0) return { kind: 'none' };
    // Of this moment: whoever waits has something else to do before, and jobs end meanwhile.
    return { kind: 'wait', change: this.#change };
  }

  /** The job has ended, however. */
  done(job: MakingJob): void {
    this.#running.delete(job);
    this.#tell();
  }

  /** Nothing more of this group is handed out; how many jobs that were. */
  drop(group: string): number {
    const before = this.#left.length;
    this.#left = this.#left.filter((job) => job.group.key !== group);
    this.#tell();
    return before - this.#left.length;
  }

  /** Nothing more is handed out at all. */
  end(): void {
    this.#left = [];
    this.#tell();
  }

  #tell(): void {
    this.#changed();
    this.#renew();
  }

  #renew(): void {
    this.#change = new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}
