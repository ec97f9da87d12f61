// What histograms must have in common to be added up in one aggregate chunk, which has one layout:
// gauges or counters, custom bounds or none, the zero threshold. The schema may differ: finer ones
// are brought down.

import { F64Column } from '../base/bytes/columns.ts';
import { HEADER_GAUGE } from '../base/chunk/chunk-format.ts';
import { copyColumn, type HistogramLayout } from '../base/chunk/histogram-layout.ts';
import { CUSTOM_BUCKETS_SCHEMA } from '../base/chunk/histogram-value.ts';
import { VarveError } from '../base/errors/varve-error.ts';

export class HistogramKind {
  readonly isGauge: boolean;
  readonly isCustom: boolean;
  readonly zeroThreshold: number;
  readonly bounds = new F64Column(8);

  /**
   * Of a chunk: its header (HEADER_…) and layout.
   *
   * @throws VarveError damaged_chunk for a zero threshold that nothing compares with
   */
  constructor(header: number, layout: HistogramLayout) {
    if (Number.isNaN(layout.zeroThreshold))
      throw new VarveError('damaged_chunk', 'The zero threshold of a histogram is no number.');
    this.isGauge = header === HEADER_GAUGE;
    this.isCustom = layout.schema === CUSTOM_BUCKETS_SCHEMA;
    this.zeroThreshold = layout.zeroThreshold;
    copyColumn(layout.customValues, this.bounds);
  }

  /** Can both be in one aggregate chunk? */
  fits(other: HistogramKind): boolean {
    return (
      this.isGauge === other.isGauge &&
      this.isCustom === other.isCustom &&
      this.zeroThreshold === other.zeroThreshold &&
      this.bounds.length === other.bounds.length &&
      this.bounds.view().every((bound, i) => Object.is(bound, other.bounds.at(i)))
    );
  }
}
