// One series of a 1.0 request.
//
//   TimeSeries { repeated Label labels = 1; repeated Sample samples = 2;
//                repeated Exemplar exemplars = 3; repeated Histogram histograms = 4 }

import { WIRE_BYTES } from '../../base/bytes/proto-reader.ts';
import { readExemplarV1 } from './exemplar-v1.ts';
import { readHistogram } from './histogram-reader.ts';
import { NOT_KNOWN } from './known-labels.ts';
import { checkLabel, gatherLabels, isPlainLabel, LABEL_TAG } from './labels-v1.ts';
import { readSample } from './sample.ts';
import type { WireState } from './wire-state.ts';

const SAMPLE_TAG = (2 << 3) | WIRE_BYTES;

/** Reads the series that fills the bytes from `start` to `end`. */
export function readSeriesV1(state: WireState, start: number, end: number): void {
  state.countSeries();
  const { request, proto } = state;
  request.sampleStarts.push(request.sampleTimes.length);
  request.histogramStarts.push(request.histogramTimes.length);
  request.exemplarStarts.push(request.exemplarTimes.length);
  const view = proto.view;
  // The labels come first and side by side, as nearly always; they are the larger part of a body.
  const { known } = state;
  let token = NOT_KNOWN;
  let at = start + known.expect(view, start, end);
  if (at > start && (at === end || view.getUint8(at) !== LABEL_TAG)) {
    token = known.token;
  } else {
    at = passPlainLabels(view, start, end);
  }
  let labelsStart = start;
  let labelsEnd = at;
  let apart = false;
  while (at < end) {
    // Tag and a length of one byte at once; for anything else the other way. These reads may look
    // beyond the series (there is slack behind the body), so `next` is compared with its end.
    const head = view.getUint16(at, true);
    let from = at + 2;
    let next = from + (head >>> 8);
    if ((head & 0x80ff) === SAMPLE_TAG && next <= end) {
      readSample(state, from, next);
      at = next;
      continue;
    }
    proto.position = at;
    const tag = proto.tag(end);
    if (tag !== LABEL_TAG) {
      readOtherField(state, tag, end);
      at = proto.position;
      continue;
    }
    next = proto.length(end);
    from = proto.position;
    checkLabel(state, from, next);
    token = NOT_KNOWN;
    if (labelsEnd === labelsStart) labelsStart = at;
    else if (labelsEnd !== at) apart = true;
    labelsEnd = next;
    at = next;
  }
  if (apart) {
    labelsStart = request.tailEnd;
    gatherLabels(state, start, end);
    labelsEnd = request.tailEnd;
  } else if (token === NOT_KNOWN && known.find(view, labelsStart, labelsEnd)) {
    token = known.token;
  }
  request.labelStarts.push(labelsStart);
  request.labelEnds.push(labelsEnd);
  request.knownLabels.push(token);
}

/** Passes over labels of the usual shape; returns where the first other field stands. */
function passPlainLabels(view: DataView, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const head = view.getUint16(at, true);
    const next = at + 2 + (head >>> 8);
    if ((head & 0x80ff) !== LABEL_TAG || next > end) return at;
    if (!isPlainLabel(view, at + 2, next)) return at;
    at = next;
  }
  return at;
}

/** Samples, exemplars, histograms and what is unknown. */
function readOtherField(state: WireState, tag: number, end: number): void {
  const { proto } = state;
  const field = tag >>> 3;
  if (field > 4) {
    proto.skip(tag, end);
    return;
  }
  proto.expect(tag, WIRE_BYTES);
  const next = proto.length(end);
  if (field === 2) readSample(state, proto.position, next);
  else if (field === 3) readExemplarV1(state, next);
  else readHistogram(state, next);
  proto.position = next;
}
