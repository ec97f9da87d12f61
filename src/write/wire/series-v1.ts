// One series of a 1.0 request.
//
//   TimeSeries { repeated Label labels = 1; repeated Sample samples = 2;
//                repeated Exemplar exemplars = 3; repeated Histogram histograms = 4 }

import { failProto, WIRE_BYTES } from '../../base/bytes/proto-reader.ts';
import { readExemplarV1 } from './exemplar-v1.ts';
import { readHistogram } from './histogram-reader.ts';
import { checkLabel, gatherLabels, LABEL_TAG } from './labels-v1.ts';
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
  let labelsStart = start;
  let labelsEnd = start;
  let apart = false;
  let at = start;
  while (at < end) {
    // Tag and a length of one byte at once; for anything else the other way. These reads may look
    // beyond the series (there is slack behind the body), so `next` is compared with its end.
    const head = view.getUint16(at, true);
    let tag = head & 0x80ff;
    let from = at + 2;
    let next = from + (head >>> 8);
    if (tag !== LABEL_TAG && tag !== SAMPLE_TAG) {
      proto.position = at;
      tag = proto.tag(end);
      if (tag !== LABEL_TAG && tag !== SAMPLE_TAG) {
        readOtherField(state, tag, end);
        at = proto.position;
        continue;
      }
      next = proto.length(end);
      from = proto.position;
    } else if (next > end) {
      failProto(at, 'has a length that reaches beyond what holds it');
    }
    if (tag === LABEL_TAG) {
      checkLabel(state, from, next);
      if (labelsEnd === labelsStart) labelsStart = at;
      else if (labelsEnd !== at) apart = true;
      labelsEnd = next;
    } else {
      readSample(state, from, next);
    }
    at = next;
  }
  if (apart) {
    labelsStart = request.tailEnd;
    gatherLabels(state, start, end);
    labelsEnd = request.tailEnd;
  }
  request.labelStarts.push(labelsStart);
  request.labelEnds.push(labelsEnd);
}

/** Exemplars, histograms and what is unknown. */
function readOtherField(state: WireState, tag: number, end: number): void {
  const { proto } = state;
  const field = tag >>> 3;
  if (field > 4) {
    proto.skip(tag, end);
    return;
  }
  proto.expect(tag, WIRE_BYTES);
  const next = proto.length(end);
  if (field === 3) readExemplarV1(state, next);
  else readHistogram(state, next);
}
