// One series of a 2.0 request.
//
//   TimeSeries { repeated uint32 labels_refs = 1; repeated Sample samples = 2;
//                repeated Histogram histograms = 3; repeated Exemplar exemplars = 4;
//                Metadata metadata = 5; int64 created_timestamp = 6 (older; now per sample) }

import { signedOf, WIRE_BYTES, WIRE_VARINT } from '../../base/bytes/proto-reader.ts';
import { readExemplarV2 } from './exemplar-v2.ts';
import { readHistogram } from './histogram-reader.ts';
import { checkPairs, readPackedRefs, readRefs } from './label-refs.ts';
import { readMetadataV2 } from './metadata-v2.ts';
import { readSample } from './sample.ts';
import type { WireState } from './wire-state.ts';

const REFS_TAG = (1 << 3) | WIRE_BYTES;
const SAMPLE_TAG = (2 << 3) | WIRE_BYTES;

/** Reads the series that fills the bytes from `start` to `end`. */
export function readSeriesV2(state: WireState, start: number, end: number): void {
  state.countSeries();
  const { request, proto } = state;
  const firstSample = request.sampleTimes.length;
  const firstHistogram = request.histogramTimes.length;
  request.sampleStarts.push(firstSample);
  request.histogramStarts.push(firstHistogram);
  request.exemplarStarts.push(request.exemplarTimes.length);
  state.metadataType = 0;
  state.metadataHelp = 0;
  state.metadataUnit = 0;
  const view = proto.view;
  let refsStart = request.labelRefs.length;
  let refsEnd = refsStart;
  let created = 0;
  let at = start;
  while (at < end) {
    // Tag and a length of one byte at once, as in 1.0 (series-v1.ts).
    const head = view.getUint16(at, true);
    const next = at + 2 + (head >>> 8);
    const tag = head & 0x80ff;
    if (tag === SAMPLE_TAG && next <= end) {
      readSample(state, at + 2, next);
      at = next;
    } else if (tag === REFS_TAG && next <= end && refsEnd === request.labelRefs.length) {
      readPackedRefs(state, at + 2, next);
      refsEnd = request.labelRefs.length;
      at = next;
    } else {
      proto.position = at;
      const slowTag = proto.tag(end);
      const field = slowTag >>> 3;
      if (field === 1) {
        refsStart = readRefs(state, slowTag, end, refsStart, refsEnd);
        refsEnd = request.labelRefs.length;
      } else if (field === 6) {
        proto.expect(slowTag, WIRE_VARINT);
        proto.varint(end);
        created = signedOf(proto.low, proto.high);
      } else {
        readOtherField(state, slowTag, end);
      }
      at = proto.position;
    }
  }
  checkPairs(refsEnd - refsStart, start);
  if (created !== 0) spreadCreated(state, created, firstSample, firstHistogram);
  request.labelStarts.push(refsStart);
  request.labelEnds.push(refsEnd);
  request.metadataTypes.push(state.metadataType);
  request.metadataHelps.push(state.metadataHelp);
  request.metadataUnits.push(state.metadataUnit);
}

/** Everything but references and created timestamp. */
function readOtherField(state: WireState, tag: number, end: number): void {
  const { proto } = state;
  const field = tag >>> 3;
  if (field > 5) {
    proto.skip(tag, end);
    return;
  }
  proto.expect(tag, WIRE_BYTES);
  const next = proto.length(end);
  if (field === 2) readSample(state, proto.position, next);
  else if (field === 3) readHistogram(state, next);
  else if (field === 4) readExemplarV2(state, next);
  else readMetadataV2(state, next);
  proto.position = next;
}

/** The older generation's start timestamp holds for all samples of the series without their own. */
function spreadCreated(
  state: WireState,
  created: number,
  firstSample: number,
  firstHistogram: number,
): void {
  const { sampleStartTimes, histogramStartTimes } = state.request;
  for (let i = firstSample; i < sampleStartTimes.length; i++) {
    if (sampleStartTimes.at(i) === 0) sampleStartTimes.set(i, created);
  }
  for (let i = firstHistogram; i < histogramStartTimes.length; i++) {
    if (histogramStartTimes.at(i) === 0) histogramStartTimes.set(i, created);
  }
}
