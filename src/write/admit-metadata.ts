// Metadata of metrics: type, unit and help. It is never refused; what is malformed or too long is
// left out. In 2.0 it comes with every series, in 1.0 with the name of a metric family.

import { NO_SYMBOL, type SymbolTable } from '../base/bytes/symbol-table.ts';
import { isUtf8 } from '../base/bytes/utf8.ts';
import type { StreamTally } from './admitted.ts';
import type { DecodedRequest } from './wire/decoded-request.ts';

/** Longer units and help texts are not kept. */
const TEXT_BYTES_MAX = 4096;

/** Names of families that are longer are not looked for. */
const NAME_BYTES_MAX = 1024;

/** What a family's series may have behind its name. */
const SUFFIXES = ['', '_total', '_bucket', '_sum', '_count', '_info'].map((suffix) =>
  new TextEncoder().encode(suffix),
);

/** What the head says when there is no such series (src/head/verdict.ts). */
const NO_SERIES = 0xffffffff;

/** Numbers of metric types that the specifications know; a later one counts as unknown. */
const TYPE_MAX = 7;

export class MetadataAdmission {
  readonly #symbols: SymbolTable;
  /** A family's name with a suffix behind it. */
  readonly #metric = new Uint8Array(NAME_BYTES_MAX + 16);
  // What the last series had: series of a metric stand side by side, and one of them is enough.
  #stream = -1;
  #name = -1;
  #type = 0;
  #unit = 0;
  #help = 0;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  /** A request begins. */
  begin(): void {
    this.#name = -1;
  }

  /** 2.0: metadata of series `index`, which is in `slot`. */
  admitSeries(request: DecodedRequest, index: number, slot: number, tally: StreamTally): void {
    const type = request.metadataTypes.at(index);
    const unit = request.metadataUnits.at(index);
    const help = request.metadataHelps.at(index);
    if (type === 0 && unit === 0 && help === 0) return;
    if (this.#isRepeat(request, index, tally.stream.number, type, unit, help)) return;
    const { symbolStarts, symbolLengths } = request;
    const unitId = this.#intern(request, symbolStarts.at(unit), symbolLengths.at(unit));
    const helpId = this.#intern(request, symbolStarts.at(help), symbolLengths.at(help));
    if (unitId === NO_SYMBOL || helpId === NO_SYMBOL) return;
    const known = type > TYPE_MAX ? 0 : type;
    tally.metadata++;
    if (tally.stream.head.admitMetadata(slot, known, unitId, helpId)) tally.hasAdmitted = true;
  }

  /**
   * 1.0: metadata of metric families, for what there is of them in the tally's stream. Prometheus
   * names a histogram's family without the suffixes that its series have.
   */
  admitFamilies(request: DecodedRequest, tally: StreamTally): void {
    for (let i = 0; i < request.familyTypes.length; i++) {
      const start = request.familyNameStarts.at(i);
      const length = request.familyNameEnds.at(i) - start;
      if (length === 0 || length > NAME_BYTES_MAX) continue;
      this.#metric.set(request.bytes.subarray(start, start + length));
      for (const suffix of SUFFIXES) {
        this.#metric.set(suffix, length);
        const name = this.#symbols.find(this.#metric, 0, length + suffix.length);
        const slot = name === NO_SYMBOL ? NO_SERIES : tally.stream.head.slotOfMetric(name);
        if (slot !== NO_SERIES) this.#admitFamily(request, i, slot, tally);
      }
    }
  }

  #admitFamily(request: DecodedRequest, index: number, slot: number, tally: StreamTally): void {
    const { familyHelpStarts, familyHelpEnds, familyUnitStarts, familyUnitEnds } = request;
    const help = familyHelpStarts.at(index);
    const helpId = this.#intern(request, help, familyHelpEnds.at(index) - help);
    const unit = familyUnitStarts.at(index);
    const unitId = this.#intern(request, unit, familyUnitEnds.at(index) - unit);
    if (unitId === NO_SYMBOL || helpId === NO_SYMBOL) return;
    const type = request.familyTypes.at(index);
    const known = type > TYPE_MAX ? 0 : type;
    tally.metadata++;
    if (tally.stream.head.admitMetadata(slot, known, unitId, helpId)) tally.hasAdmitted = true;
  }

  /** Whether the series before this one was of the same metric and said the same. */
  #isRepeat(
    request: DecodedRequest,
    index: number,
    stream: number,
    type: number,
    unit: number,
    help: number,
  ): boolean {
    const start = request.labelStarts.at(index);
    // Sorted labels begin with __name__, whose bytes need not be looked at: what is compared is the
    // value of the first label, and with another first label it is not taken for the metric's name.
    const name = this.#isMetricName(request, start) ? request.labelRefs.at(start + 1) : -1;
    const repeats =
      name >= 0 &&
      name === this.#name &&
      stream === this.#stream &&
      type === this.#type &&
      unit === this.#unit &&
      help === this.#help;
    this.#name = name;
    this.#stream = stream;
    this.#type = type;
    this.#unit = unit;
    this.#help = help;
    return repeats;
  }

  #isMetricName(request: DecodedRequest, at: number): boolean {
    const ref = request.labelRefs.at(at);
    if (request.symbolLengths.at(ref) !== 8) return false;
    const start = request.symbolStarts.at(ref);
    const { view } = request;
    // "__na" and "me__"
    return (
      view.getUint32(start, true) === 0x616e_5f5f && view.getUint32(start + 4, true) === 0x5f5f_656d
    );
  }

  #intern(request: DecodedRequest, start: number, length: number): number {
    if (length > TEXT_BYTES_MAX) return NO_SYMBOL;
    const known = this.#symbols.find(request.bytes, start, length);
    if (known !== NO_SYMBOL) return known;
    const isValid = isUtf8(request.view, start, start + length);
    return isValid ? this.#symbols.intern(request.bytes, start, length) : NO_SYMBOL;
  }
}
