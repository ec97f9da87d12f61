// What makes a stream a stream: its tenant and the labels lifted out of its series; and the labels
// that all its blocks carry (`thanos.labels`).

import { type Label, type Labels, labelsOf } from './labels.ts';

/** What tells a stream from all others. */
export interface StreamIdentity {
  readonly tenant: string;
  /** In the order of `--receive.block-label`; empty when no labels are lifted. */
  readonly lifted: readonly Label[];
}

/** The options that every block label of this process comes from. */
export interface StreamLabelRules {
  /** `--label`. */
  readonly external: readonly Label[];
  /** `--receive.tenant-label-name`. */
  readonly tenantLabelName: string;
}

/**
 * The labels of a stream's blocks. What is more specific wins: the tenant over a lifted label, that
 * over an external one. An empty value is a missing label.
 */
export function blockLabels(stream: StreamIdentity, rules: StreamLabelRules): Labels {
  const pairs: [string, string][] = rules.external.map(({ name, value }) => [name, value]);
  for (const { name, value } of stream.lifted) if (value !== '') pairs.push([name, value]);
  pairs.push([rules.tenantLabelName, stream.tenant]);
  return labelsOf(pairs);
}
