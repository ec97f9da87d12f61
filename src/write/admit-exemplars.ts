// Exemplars: their labels checked and bounded, then shown to the head.
//
// As Prometheus has it (tsdb/exemplar.go, storage/remote/write_handler.go): names and values have
// at most 128 UTF-8 characters together, empty values are dropped. What a 1.0 request has wrong in
// an exemplar is dropped and counted in silence; in a 2.0 request it is refused, because that
// specification lets no answer be 2xx when a sent exemplar was not written. One that is older than
// its series' newest is dropped in both: the head remembers the newest only, so it may be one that
// is stored already, and a request that comes again must be a success.

import { cellAt } from '../base/bytes/cells.ts';
import type { SymbolTable } from '../base/bytes/symbol-table.ts';
import type { StreamTally } from './admitted.ts';
import { LabelParser } from './label-parser.ts';
import { labelsOfSlot } from './label-text.ts';
import { NOT_REFUSED, type Refusal, type RefusalCounters, refusal } from './refusals.ts';
import type { DecodedRequest } from './wire/decoded-request.ts';

/** Instead of a reason: neither written nor refused. */
const DROPPED: Refusal = 0xffff;
const LABELS = refusal('exemplar_labels');
const TIME = refusal('exemplar_time');

/** OpenMetrics: characters of all names and values of an exemplar's labels. */
const CHARACTERS_MAX = 128;
/** A character has at most four bytes. */
const BYTES_MAX = CHARACTERS_MAX * 4;
const LIMITS = { labelsMax: 64, nameBytesMax: BYTES_MAX, valueBytesMax: BYTES_MAX };

const VERDICT_ALREADY_STORED = 1;

export class ExemplarAdmission {
  /** Exemplars of this request that were left out without refusing them. */
  dropped = 0;
  readonly #symbols: SymbolTable;
  readonly #refusals: RefusalCounters;
  readonly #parser: LabelParser;
  #latestMs = 0;

  constructor(symbols: SymbolTable, refusals: RefusalCounters) {
    this.#symbols = symbols;
    this.#refusals = refusals;
    this.#parser = new LabelParser(symbols, { limits: LIMITS, needsMetricName: false });
  }

  /** A request begins whose exemplars may have times up to `latestMs`. */
  begin(latestMs: number): void {
    this.dropped = 0;
    this.#latestMs = latestMs;
  }

  /** Exemplar `at` of the request, which belongs to the series in `slot`. */
  admit(request: DecodedRequest, at: number, slot: number, tally: StreamTally): void {
    const reason = this.#decide(request, at, slot, tally);
    if (reason === NOT_REFUSED) {
      tally.exemplars++;
    } else if (request.version === 1 || reason === DROPPED) {
      this.dropped++;
    } else if (this.#refusals.add(reason, 0)) {
      this.#refusals.example(reason, labelsOfSlot(tally.stream, slot, this.#symbols));
    }
  }

  #decide(request: DecodedRequest, at: number, slot: number, tally: StreamTally): Refusal {
    const timeMs = request.exemplarTimes.at(at);
    if (!(timeMs <= this.#latestMs) || timeMs === Number.NEGATIVE_INFINITY) return TIME;
    const start = request.exemplarLabelStarts.at(at);
    const reason = this.#parser.parse(request, start, request.exemplarLabelEnds.at(at));
    const { ids, cellCount } = this.#parser.labels;
    if (reason !== NOT_REFUSED || !this.#isShort(ids, cellCount)) return LABELS;
    const low = request.exemplarLows.at(at);
    const high = request.exemplarHighs.at(at);
    const verdict = tally.stream.head.admitExemplar(slot, timeMs, low, high, ids, cellCount);
    if (verdict > VERDICT_ALREADY_STORED) return DROPPED;
    if (verdict !== VERDICT_ALREADY_STORED) tally.hasAdmitted = true;
    return NOT_REFUSED;
  }

  #isShort(ids: Uint32Array, cellCount: number): boolean {
    let bytes = 0;
    for (let i = 0; i < cellCount; i++) bytes += this.#symbols.lengthOf(cellAt(ids, i));
    if (bytes <= CHARACTERS_MAX) return true;
    if (bytes > BYTES_MAX) return false;
    let characters = 0;
    for (let i = 0; i < cellCount; i++) {
      for (const byte of this.#symbols.bytesOf(cellAt(ids, i))) {
        if ((byte & 0xc0) !== 0x80) characters++;
      }
    }
    return characters <= CHARACTERS_MAX;
  }
}
