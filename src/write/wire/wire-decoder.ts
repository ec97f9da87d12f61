// From the bytes of a remote-write request to columns: snappy, then protobuf.

import { SLACK_BYTES, SnappyDecoder } from '../../base/bytes/snappy-decode.ts';
import type { DecodedRequest } from './decoded-request.ts';
import { NOTHING_KNOWN } from './known-labels.ts';
import { tooMany, type WireLimits } from './limits.ts';
import { readWriteRequestV1 } from './request-v1.ts';
import { readWriteRequestV2 } from './request-v2.ts';
import { WireState } from './wire-state.ts';

/** One per engine: its buffers and columns are reused from request to request. */
export class WireDecoder {
  readonly #limits: WireLimits;
  readonly #snappy: SnappyDecoder;
  readonly #state: WireState;

  constructor(limits: WireLimits) {
    this.#limits = limits;
    this.#snappy = new SnappyDecoder(limits.decodedBytesMax);
    this.#state = new WireState(limits);
  }

  /**
   * Decodes a body as it arrived: a raw snappy block of the message that `version` names. The
   * result is valid until the next call. Throws `malformed_body`, `wrong_version` or
   * `body_too_large`; then the request is refused as a whole.
   * @param known who may know the labels of the request's series
   */
  decode(version: 1 | 2, body: Uint8Array, known = NOTHING_KNOWN): DecodedRequest {
    const limit = this.#limits.compressedBytesMax;
    if (body.length > limit) tooMany('bytes compressed', limit);
    const length = this.#snappy.decode(body);
    this.#state.known = known;
    return this.#read(version, this.#snappy.bytes, this.#snappy.view, length);
  }

  /** The same for a message that is not compressed; it is copied. For tests and tools. */
  decodeMessage(version: 1 | 2, message: Uint8Array): DecodedRequest {
    const limit = this.#limits.decodedBytesMax;
    if (message.length > limit) tooMany('bytes decompressed', limit);
    const bytes = new Uint8Array(message.length + SLACK_BYTES);
    bytes.set(message);
    this.#state.known = NOTHING_KNOWN;
    return this.#read(version, bytes, new DataView(bytes.buffer), message.length);
  }

  #read(version: 1 | 2, bytes: Uint8Array, view: DataView, length: number): DecodedRequest {
    this.#state.begin(version, bytes, view, length);
    if (version === 1) readWriteRequestV1(this.#state, length);
    else readWriteRequestV2(this.#state, length);
    return this.#state.request;
  }
}
