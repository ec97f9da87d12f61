// What a plan of the compactor is made of beyond compact/: the pieces of retention/ and of
// downsample/, and the estimates of compact/merge.

import { estimateMerge } from './compact/merge/estimate.ts';
import { estimateDownsampling } from './compact/merge/estimate-downsampling.ts';
import { FIVE_MINUTES_MS, ONE_HOUR_MS } from './compact/plan/families.ts';
import type { EstimateJob } from './compact/plan/options.ts';
import type { PlanParts } from './compact/plan/plan-context.ts';
import { planDownsampling, planDueDownsampling } from './downsample/plan.ts';
import { judge, planRetention } from './retention/plan.ts';
import { policyAt } from './retention/policy.ts';

/** See PlanParts. */
export const PLAN_PARTS: PlanParts = {
  policyAt,
  planRetention,
  judge,
  planDueDownsampling,
  planDownsampling,
};

/** See EstimateJob. */
export const estimateJob: EstimateJob = (kind, sources) => {
  const [source] = sources;
  if (kind === 'compact' || source === undefined) return estimateMerge(sources);
  const isRaw = source.resolutionMs === 0;
  return estimateDownsampling(source, isRaw ? FIVE_MINUTES_MS : ONE_HOUR_MS);
};
