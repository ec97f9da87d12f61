// A remote-write request, decoded into columns: what the two wire readers fill and admission reads.
//
// Nothing here is an object per series or per sample; one DecodedRequest is reused for every
// request of an engine. Label bytes stay where they are in the decompressed body.
// Times are milliseconds; a time beyond ±2^53 ms is stored as ±Infinity, which admission refuses.
// Values are 64-bit patterns in two halves, because V8 may change the payload of a NaN.

import { F64Column, U32Column } from '../../base/bytes/columns.ts';
import { HistogramBatch } from '../../base/chunk/histogram-batch.ts';

export class DecodedRequest {
  /** 1 for prometheus.WriteRequest, 2 for io.prometheus.write.v2.Request. */
  version: 1 | 2 = 1;
  /**
   * The decompressed body, and behind it the label fields of series whose labels did not stand
   * side by side. Its buffer is reused: valid until the next request is decoded.
   */
  bytes: Uint8Array = new Uint8Array(0);

  // 2.0 only: the symbol table, as places in `bytes`. Symbol 0 is the empty string.
  readonly symbolStarts = new U32Column(1024);
  readonly symbolLengths = new U32Column(1024);
  /** 2.0 only: label references of all series and exemplars, each checked against the table. */
  readonly labelRefs = new U32Column(4096);

  // One cell per series. `…Starts` point into the columns below; series i ends where i + 1 starts
  // (each of these columns has one cell more than there are series).
  /** 1.0: where the label fields (tag, length, name, value …) start in `bytes`; 2.0: in `labelRefs`. */
  readonly labelStarts = new U32Column(1024);
  /** Where they end (exclusive). */
  readonly labelEnds = new U32Column(1024);
  readonly sampleStarts = new U32Column(1024);
  readonly histogramStarts = new U32Column(1024);
  readonly exemplarStarts = new U32Column(1024);
  /** 2.0: the metric type's number, 0 (unspecified) when absent. */
  readonly metadataTypes = new U32Column(1024);
  /** 2.0: symbol number of help and unit, 0 when absent. */
  readonly metadataHelps = new U32Column(1024);
  readonly metadataUnits = new U32Column(1024);

  // One cell per float sample.
  readonly sampleTimes = new F64Column(8192);
  readonly sampleLows = new U32Column(8192);
  readonly sampleHighs = new U32Column(8192);
  /** 2.0 start timestamps (Sample 3, or the older TimeSeries 6 for all of a series); 0 is none. */
  readonly sampleStartTimes = new F64Column(8192);

  // One cell per histogram; its value is in `histograms` at the same index.
  readonly histogramTimes = new F64Column(64);
  readonly histogramStartTimes = new F64Column(64);
  /** 0: well-formed; else why not, a HistogramFault (see histogram-reader.ts). */
  readonly histogramFaults = new U32Column(64);
  readonly histograms = new HistogramBatch();

  // One cell per exemplar; labels as for series.
  readonly exemplarLabelStarts = new U32Column(64);
  readonly exemplarLabelEnds = new U32Column(64);
  readonly exemplarTimes = new F64Column(64);
  readonly exemplarLows = new U32Column(64);
  readonly exemplarHighs = new U32Column(64);

  // 1.0 only: metadata by metric family, one cell each; texts as places in `bytes`.
  readonly familyTypes = new U32Column(64);
  readonly familyNameStarts = new U32Column(64);
  readonly familyNameEnds = new U32Column(64);
  readonly familyHelpStarts = new U32Column(64);
  readonly familyHelpEnds = new U32Column(64);
  readonly familyUnitStarts = new U32Column(64);
  readonly familyUnitEnds = new U32Column(64);

  get seriesCount(): number {
    return this.labelStarts.length;
  }
}
