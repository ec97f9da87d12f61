// Metrics as they are exposed: families of samples, with histograms written out.

/** Types as both exposition formats name them. */
export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** One line of an exposition, or one sample of one series. */
export interface FamilySample {
  /** The family's name with `_bucket`, `_sum`, `_count` or nothing behind it. */
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
}

/** A metric with all its samples. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  readonly samples: readonly FamilySample[];
}
