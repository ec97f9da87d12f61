// Speed of the wire: snappy, and walking a request into columns, for both versions, against the
// libraries that do the same (snappy 7, snappyjs, protobufjs).
//
// The request is the one of DESIGN §4: 5,000 series of 12 labels and about 300 bytes, a sample each.
// The best of several rounds counts: other processes can only make a round slower.

import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import snappy from 'snappy';
import snappyjs from 'snappyjs';
import { SLACK_BYTES, SnappyDecoder } from '../../src/base/bytes/snappy-decode.ts';
import { compressSnappy } from '../../src/base/bytes/snappy-encode.ts';
import {
  encodeMessageV1,
  encodeMessageV2,
  type SeriesToWrite,
} from '../../src/write/wire/encode-request.ts';
import { DEFAULT_WIRE_LIMITS } from '../../src/write/wire/limits.ts';
import { readWriteRequestV1 } from '../../src/write/wire/request-v1.ts';
import { readWriteRequestV2 } from '../../src/write/wire/request-v2.ts';
import { WireDecoder } from '../../src/write/wire/wire-decoder.ts';
import { WireState } from '../../src/write/wire/wire-state.ts';

const SERIES = 5_000;
const ROUNDS = 15;
const FIRST_MS = 1_795_399_556_443;

function seriesOf(index: number): SeriesToWrite {
  const hash = Math.imul(index + 1, 2654435761) >>> 0;
  return {
    labels: [
      ['__name__', `http_request_duration_seconds_count_${index % 50}`],
      ['cluster', 'prod-eu-west-1'],
      ['container', 'checkout-service'],
      ['endpoint', `/api/v1/orders/${index % 97}`],
      ['env', 'production'],
      ['instance', `10.12.${index >> 8}.${index & 255}:9100`],
      ['job', 'kubernetes-pods'],
      ['method', 'GET'],
      ['namespace', 'shop-frontend'],
      ['pod', `checkout-service-7d9f8b6c5-${hash.toString(36)}`],
      ['replica', 'prometheus-0'],
      ['status', String(200 + (index % 5))],
    ],
    samples: [{ timeMs: FIRST_MS + (index % 1000), value: index * 1.5 + hash / 0x1_0000_0000 }],
  };
}

/** Prints MB of the decompressed body and samples a second for `run`, of which one is a request. */
function measure(name: string, bodyBytes: number, run: () => void, times = 40): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < times; i++) run();
    best = Math.min(best, performance.now() - start);
  }
  const seconds = best / 1000 / times;
  const megabytes = (bodyBytes / 1e6 / seconds).toFixed(0).padStart(6);
  const millions = (SERIES / 1e6 / seconds).toFixed(1).padStart(6);
  const nanoseconds = ((seconds * 1e9) / SERIES).toFixed(0).padStart(6);
  console.log(`${name.padEnd(34)} ${megabytes} MB/s ${millions} M/s ${nanoseconds} ns/sample`);
}

function measureSnappy(message: Uint8Array, body: Uint8Array): void {
  const decoder = new SnappyDecoder(DEFAULT_WIRE_LIMITS.decodedBytesMax);
  const script = new SnappyDecoder(DEFAULT_WIRE_LIMITS.decodedBytesMax, { scriptOnly: true });
  const { length } = message;
  measure('  snappy: Varve', length, () => decoder.decode(body));
  measure('  snappy: Varve, no WebAssembly', length, () => script.decode(body));
  measure('  snappy: snappy 7', length, () =>
    snappy.uncompressSync(body, { copyOutputData: true }),
  );
  measure('  snappy: snappyjs', length, () => snappyjs.uncompress(body), 4);
}

function measureWalk(version: 1 | 2, message: Uint8Array): void {
  const bytes = new Uint8Array(message.length + SLACK_BYTES);
  bytes.set(message);
  const view = new DataView(bytes.buffer);
  const state = new WireState(DEFAULT_WIRE_LIMITS);
  const read = version === 1 ? readWriteRequestV1 : readWriteRequestV2;
  measure('  protobuf: Varve', message.length, () => {
    state.begin(version, bytes, view, message.length);
    read(state, message.length);
  });
  const root = new protobuf.Root();
  // From dist/bench/write as from bench/write, the schemas are found where the program was started.
  root.resolvePath = (_, target) =>
    fileURLToPath(new URL(target, `file://${process.cwd()}/proto/`));
  root.loadSync(version === 1 ? 'prometheus/remote.proto' : 'io/prometheus/write/v2/types.proto', {
    keepCase: true,
  });
  const name = version === 1 ? 'prometheus.WriteRequest' : 'io.prometheus.write.v2.Request';
  const type = root.lookupType(name);
  measure('  protobuf: protobufjs', message.length, () => type.decode(message), 4);
}

function main(): void {
  const series = Array.from({ length: SERIES }, (_, index) => seriesOf(index));
  for (const version of [1, 2] as const) {
    const message = version === 1 ? encodeMessageV1(series) : encodeMessageV2(series);
    const body = compressSnappy(message);
    console.log(`remote write ${version}.0: ${message.length} bytes, ${body.length} compressed`);
    measureSnappy(message, body);
    measureWalk(version, message);
    const decoder = new WireDecoder(DEFAULT_WIRE_LIMITS);
    measure('  both: Varve', message.length, () => decoder.decode(version, body));
  }
}

main();
