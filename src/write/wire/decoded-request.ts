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
  /**
   * The same memory, with the same offsets, and at least 512 bytes more than `bytes`: reading eight
   * bytes at a time may overshoot the end of `bytes` (what stands there means nothing).
   */
  view: DataView = new DataView(new ArrayBuffer(0));

  // 2.0 only: the symbol table, as places in `bytes`. Symbol 0 is the empty string.
  readonly symbolStarts = new U32Column(1024);
  readonly symbolLengths = new U32Column(1024);
  /** 2.0 only: label references of all series and exemplars, each checked against the table. */
  readonly labelRefs = new U32Column(4096);

  // One cell per series. `…Starts` point into the columns below; series i ends where i + 1 starts
  // (each of these columns has one cell more than there are series).
  /** 1.0: where the label fields (tag, length, message …) start in `bytes`; 2.0: in `labelRefs`. */
  readonly labelStarts = new U32Column(1024);
  /** Where they end (exclusive). */
  readonly labelEnds = new U32Column(1024);
  /** 1.0: what KnownLabels said of the labels, or NOT_KNOWN. */
  readonly knownLabels = new U32Column(1024);
  readonly sampleStarts = new U32Column(1024);
  readonly histogramStarts = new U32Column(1024);
  readonly exemplarStarts = new U32Column(1024);
  // 2.0 only (in 1.0 these three columns are empty):
  /** The metric type's number, 0 (unspecified) when absent. */
  readonly metadataTypes = new U32Column(1024);
  /** Symbol number of help and unit, 0 when absent. */
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
  /**
   * 0: well-formed; else why not (see histogram-fault.ts), and `histograms` has an empty histogram
   * at this index.
   */
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

  #bodyLength = 0;
  // Behind the body, once a series had its labels apart; a buffer of its own, made when needed.
  #tailLength = 0;

  get seriesCount(): number {
    return this.labelStarts.length;
  }

  /** Empties all columns for a body of `length` bytes at the start of `bytes` and `view`. */
  begin(version: 1 | 2, bytes: Uint8Array, view: DataView, length: number): void {
    this.version = version;
    this.bytes = bytes.subarray(0, length);
    this.view = view;
    this.#bodyLength = length;
    this.#tailLength = 0;
    for (const column of this.#columns) column.clear();
    this.histograms.clear();
  }

  /** Ends the columns that have one cell more than there are series. */
  end(): void {
    this.sampleStarts.push(this.sampleTimes.length);
    this.histogramStarts.push(this.histogramTimes.length);
    this.exemplarStarts.push(this.exemplarTimes.length);
  }

  /** Where the next bytes appended behind the body will stand. */
  get tailEnd(): number {
    return this.#bodyLength + this.#tailLength;
  }

  /**
   * Copies `start` to `end` (exclusive) of the body behind it. Each byte of a body is copied at
   * most once, so that twice the body's length is always enough.
   */
  appendTail(start: number, end: number): void {
    const needed = this.#bodyLength * 2 + TAIL_SLACK_BYTES;
    if (this.#tailLength === 0) {
      const roomy = new Uint8Array(needed);
      roomy.set(this.bytes);
      this.view = new DataView(roomy.buffer);
    }
    const whole = new Uint8Array(this.view.buffer);
    whole.copyWithin(this.tailEnd, start, end);
    this.#tailLength += end - start;
    this.bytes = whole.subarray(0, this.tailEnd);
  }

  readonly #columns: readonly { clear(): void }[] = Object.values(this).filter(
    (field) => field instanceof U32Column || field instanceof F64Column,
  );
}

const TAIL_SLACK_BYTES = 512;
