// Decodes zstd frames (RFC 8878) into one buffer that is reused: what Prometheus compresses WAL
// records with, when told to.
//
// Of our own because the library for Node 20 trusts the frame: it allocates what it says, loops as
// long as it says, and takes a wrong one for a right one (docs/design/0005-own-zstd-decoder.md).
// Invariant: the buffer grows with what was decoded, never by what the frame announces; nothing is
// decoded beyond the limit; each block costs at most 128 KiB of output. The frame's own checksum is
// not looked at: the log's checksum covers every stored byte.

import { OutOfBytes } from './byte-reader.ts';
import { littleEndian, ZstdLiterals } from './zstd-literals.ts';
import { ZstdSequences } from './zstd-sequences.ts';

const MAGIC = 0xfd2fb528;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const BLOCK_BYTES_MAX = 128 * 1024;

const BLOCK_RAW = 0;
const BLOCK_REPEATED = 1;
const BLOCK_COMPRESSED = 2;

/** A buffer larger than this is given back with the next frame. */
const RETAINED_BYTES_MAX = 4 * 1024 * 1024;

interface FrameHeader {
  /** Where the first block begins. */
  readonly end: number;
  readonly contentBytes: number | undefined;
  readonly hasChecksum: boolean;
}

/** Decodes one frame after the other. */
export class ZstdDecoder {
  readonly #decodedBytesMax: number;
  readonly #literals = new ZstdLiterals(BLOCK_BYTES_MAX);
  readonly #sequences = new ZstdSequences();
  #out = new Uint8Array(BLOCK_BYTES_MAX);
  #length = 0;
  /** The last three distances. */
  readonly #recent = new Int32Array(3);

  /** @param decodedBytesMax a frame that holds more is refused */
  constructor(decodedBytesMax: number) {
    this.#decodedBytesMax = decodedBytesMax;
  }

  /**
   * What the one frame that is `input` holds; valid until the next call. Throws OutOfBytes when it
   * is damaged, wants a dictionary, or holds more than the limit.
   */
  decode(input: Uint8Array): Uint8Array {
    if (this.#out.length > RETAINED_BYTES_MAX) this.#out = new Uint8Array(BLOCK_BYTES_MAX);
    this.#length = 0;
    this.#recent.set([1, 4, 8]);
    this.#literals.reset();
    this.#sequences.reset();
    const { contentBytes, end, hasChecksum } = readFrameHeader(input);
    if (contentBytes !== undefined && contentBytes > this.#decodedBytesMax)
      throw this.#tooLarge(`${contentBytes} bytes`, 0);
    const framed = this.#decodeBlocks(input, end) + (hasChecksum ? CHECKSUM_BYTES : 0);
    if (framed !== input.length) throw damaged('is not as long as it says', framed);
    if (contentBytes !== undefined && contentBytes !== this.#length)
      throw damaged(`holds ${this.#length} bytes, not ${contentBytes}`, framed);
    return this.#out.subarray(0, this.#length);
  }

  /** Decodes all blocks; returns where they end. */
  #decodeBlocks(input: Uint8Array, start: number): number {
    let at = start;
    for (let isLast = false; !isLast; ) {
      if (at + BLOCK_HEADER_BYTES > input.length) throw damaged('ends early', at);
      const header = littleEndian(input, at, BLOCK_HEADER_BYTES);
      isLast = (header & 1) === 1;
      const type = (header >> 1) & 3;
      const size = header >> 3;
      at += BLOCK_HEADER_BYTES;
      if (size > BLOCK_BYTES_MAX) throw damaged('has a block of more than 128 KiB', at);
      const stored = type === BLOCK_REPEATED ? 1 : size;
      if (at + stored > input.length) throw damaged('ends early', at);
      this.#decodeBlock(type, size, { bytes: input, start: at, end: at + stored });
      at += stored;
    }
    return at;
  }

  #decodeBlock(
    type: number,
    size: number,
    { bytes, start, end }: { bytes: Uint8Array; start: number; end: number },
  ): void {
    if (type === BLOCK_COMPRESSED) {
      this.#decodeCompressed(bytes, start, end);
      return;
    }
    if (type !== BLOCK_RAW && type !== BLOCK_REPEATED) throw damaged('has a reserved block', start);
    this.#reserve(size, start);
    const to = this.#length;
    if (type === BLOCK_RAW) this.#out.set(bytes.subarray(start, end), to);
    else this.#out.fill(bytes[start]!, to, to + size);
    this.#length += size;
  }

  #decodeCompressed(block: Uint8Array, start: number, end: number): void {
    const literals = this.#literals;
    const sequences = this.#sequences;
    const begin = this.#length;
    sequences.open(block, literals.read(block, start, end), end);
    let literalsUsed = 0;
    while (sequences.next()) {
      const { literalLength, matchLength } = sequences;
      const produced = this.#length - begin + literalLength + matchLength;
      if (produced > BLOCK_BYTES_MAX) throw damaged('has a block of more than 128 KiB', start);
      if (literalsUsed + literalLength > literals.length)
        throw damaged('uses more literals than there are', start);
      this.#reserve(literalLength + matchLength, start);
      this.#putLiterals(literalsUsed, literalLength);
      literalsUsed += literalLength;
      this.#repeat(this.#distance(sequences.offsetValue, literalLength, start), matchLength);
    }
    const rest = literals.length - literalsUsed;
    if (this.#length - begin + rest > BLOCK_BYTES_MAX)
      throw damaged('has a block of more than 128 KiB', start);
    this.#reserve(rest, start);
    this.#putLiterals(literalsUsed, rest);
  }

  #putLiterals(from: number, count: number): void {
    const out = this.#out;
    const { bytes } = this.#literals;
    let to = this.#length;
    if (count > 32) out.set(bytes.subarray(from, from + count), to);
    else for (let i = from; i < from + count; i++) out[to++] = bytes[i]!;
    this.#length += count;
  }

  /** The distance that a coded offset means, and what it makes of the last three. */
  #distance(offsetValue: number, literalLength: number, at: number): number {
    const recent = this.#recent;
    // Without literals the last distance would be pointless: the codes mean the next ones.
    const code = offsetValue > 3 ? 4 : offsetValue - (literalLength === 0 ? 0 : 1);
    let distance = recent[0]!;
    if (code === 0) return this.#checked(distance, at);
    if (offsetValue > 3) distance = offsetValue - 3;
    else if (code === 3) distance = recent[0]! - 1;
    else distance = recent[code]!;
    if (code !== 1) recent[2] = recent[1]!;
    recent[1] = recent[0]!;
    recent[0] = distance;
    return this.#checked(distance, at);
  }

  #checked(distance: number, at: number): number {
    if (distance < 1 || distance > this.#length) throw damaged('repeats what is not there', at);
    return distance;
  }

  /** Appends `count` bytes that stand `distance` before the end; they may overlap. */
  #repeat(distance: number, count: number): void {
    const out = this.#out;
    let to = this.#length;
    this.#length += count;
    if (distance >= count && count > 32) {
      out.copyWithin(to, to - distance, to - distance + count);
      return;
    }
    for (const end = to + count; to < end; to++) out[to] = out[to - distance]!;
  }

  /** Room for `count` more bytes. */
  #reserve(count: number, at: number): void {
    const needed = this.#length + count;
    if (needed > this.#decodedBytesMax) throw this.#tooLarge('more', at);
    if (needed <= this.#out.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#out.length * 2));
    grown.set(this.#out.subarray(0, this.#length));
    this.#out = grown;
  }

  #tooLarge(what: string, at: number): OutOfBytes {
    return damaged(`holds ${what}, over the limit of ${this.#decodedBytesMax} bytes`, at);
  }
}

/** Bytes of the content's size, and of the dictionary's number, by the two flags. */
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;

function readFrameHeader(input: Uint8Array): FrameHeader {
  if (input.length <= MAGIC_BYTES || littleEndian(input, 0, MAGIC_BYTES) !== MAGIC)
    throw damaged('does not begin as one', 0);
  const flags = input[MAGIC_BYTES]!;
  const isSingleSegment = (flags & 0x20) !== 0;
  if ((flags & 0x08) !== 0) throw damaged('uses a reserved bit', MAGIC_BYTES);
  let at = MAGIC_BYTES + 1 + (isSingleSegment ? 0 : 1);
  const dictionaryBytes = DICTIONARY_BYTES[(flags & 3) as 0 | 1 | 2 | 3];
  const sizeFlag = (flags >> 6) as 0 | 1 | 2 | 3;
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : CONTENT_SIZE_BYTES[sizeFlag];
  const end = at + dictionaryBytes + sizeBytes;
  if (end > input.length) throw damaged('ends within its header', at);
  if (littleEndian(input, at, dictionaryBytes) !== 0) throw damaged('wants a dictionary', at);
  at += dictionaryBytes;
  // Eight bytes may be rounded: then they are beyond every limit.
  const size = littleEndian(input, at, sizeBytes) + (sizeFlag === 1 ? 256 : 0);
  const contentBytes = sizeBytes === 0 ? undefined : size;
  return { end, contentBytes, hasChecksum: (flags & 0x04) !== 0 };
}

function damaged(what: string, at: number): OutOfBytes {
  return new OutOfBytes(`a zstd frame ${what}`, at);
}
