// What was admitted and is not yet synced: the columns of one commit round.
//
// The head fills a batch while it decides, `takeBatch` seals it, the WAL encoders read it, and
// after the sync `publish` appends it to chunks. Batches are used again, so steady streams allocate
// nothing. Within a batch samples stand in the order of their admission. `…Previous` links the
// samples of a series backwards through all batches (see pending-chain.ts).

import { F64Column, U32Column } from '../base/bytes/columns.ts';
import { HistogramBatch } from '../base/chunk/histogram-batch.ts';

export class PendingBatch {
  /** Series that this batch is the first to know; their series records go before its samples. */
  readonly newSlots = new U32Column(64);

  readonly floatSlots = new U32Column(1024);
  readonly floatTimes = new F64Column(1024);
  readonly floatLows = new U32Column(1024);
  readonly floatHighs = new U32Column(1024);
  readonly floatPrevious = new U32Column(1024);

  readonly histogramSlots = new U32Column(16);
  readonly histogramTimes = new F64Column(16);
  readonly histograms = new HistogramBatch();
  readonly histogramPrevious = new U32Column(16);

  readonly exemplarSlots = new U32Column(16);
  readonly exemplarTimes = new F64Column(16);
  readonly exemplarLows = new U32Column(16);
  readonly exemplarHighs = new U32Column(16);
  /** Where an exemplar's labels begin in `exemplarLabels`; they end where the next one's begin. */
  readonly exemplarStarts = new U32Column(16);
  /** Symbol ids: name, value, name, value … */
  readonly exemplarLabels = new U32Column(64);

  readonly metadataSlots = new U32Column(16);
  /** The metric type's number in remote write 2.0. */
  readonly metadataTypes = new U32Column(16);
  /** Symbol ids. */
  readonly metadataUnits = new U32Column(16);
  readonly metadataHelps = new U32Column(16);

  /** Number, in the chains of pending samples, of this batch's first float and histogram. */
  firstFloat = 0;
  firstHistogram = 0;

  get isEmpty(): boolean {
    return (
      this.newSlots.length === 0 &&
      this.floatSlots.length === 0 &&
      this.histogramSlots.length === 0 &&
      this.exemplarSlots.length === 0 &&
      this.metadataSlots.length === 0
    );
  }

  /** Where the labels of exemplar `index` end in `exemplarLabels`. */
  exemplarEnd(index: number): number {
    const next = index + 1;
    return next < this.exemplarStarts.length
      ? this.exemplarStarts.at(next)
      : this.exemplarLabels.length;
  }

  clear(): void {
    this.newSlots.clear();
    this.floatSlots.clear();
    this.floatTimes.clear();
    this.floatLows.clear();
    this.floatHighs.clear();
    this.floatPrevious.clear();
    this.histogramSlots.clear();
    this.histogramTimes.clear();
    this.histograms.clear();
    this.histogramPrevious.clear();
    this.exemplarSlots.clear();
    this.exemplarTimes.clear();
    this.exemplarLows.clear();
    this.exemplarHighs.clear();
    this.exemplarStarts.clear();
    this.exemplarLabels.clear();
    this.metadataSlots.clear();
    this.metadataTypes.clear();
    this.metadataUnits.clear();
    this.metadataHelps.clear();
  }
}
