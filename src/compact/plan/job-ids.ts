// Names of jobs: the same view and options give the same, whoever plans. Of marks and deletions
// too, so that a history of jobs can tell them apart.

import { digestOf } from './families.ts';

/** Of a job of this kind, on this group or block, with these sources or this word. */
export function jobId(kind: string, on: string, with_: readonly string[]): string {
  return `${kind}-${digestOf([kind, on, ...with_].join('\n')).slice(0, 20)}`;
}
