// A piece of the WAL archive, and the claim of an epoch: docs/formats/wal-archive.md. Pure.
//
// Invariant: nothing of a piece is believed before its checksum was compared: the header's has it
// beside it, each part's stands in the header, that of all of it at the end.

import { z } from 'zod';
import { crc32c } from '../../base/bytes/crc32c.ts';
import { VarveError } from '../../base/errors/varve-error.ts';

/** Begins every piece. */
const MAGIC = Buffer.from('VARVEWAL');
/** Magic, length and CRC32C of the header. */
export const PREAMBLE_BYTES = 16;
/** CRC32C of all before it. */
export const TRAILER_BYTES = 4;
/** Larger than any: streams by the thousand, each with its blocks. */
const HEADER_BYTES_MAX = 64 * 1024 * 1024;

const COUNT = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const TIME = z.number().int();
/** A checkpoint's number; -1 before the first one. */
const BASE = z.number().int().min(-1);
const PAIR = z.tuple([z.string(), z.string()]);

const BLOCK = z.strictObject({
  ulid: z.string().length(26),
  minTimeMs: TIME,
  maxTimeMs: TIME,
  segment: COUNT,
  offset: COUNT,
  uploaded: z.boolean(),
});

const PART = z.strictObject({
  /** Of the file `segment` of this checkpoint; of a segment of the log when there is none. */
  checkpoint: COUNT.optional(),
  segment: COUNT,
  from: COUNT,
  to: COUNT,
  crc32c: COUNT.max(0xffff_ffff),
});

const STREAM = z.strictObject({
  name: z.string().min(1),
  labels: z.array(PAIR),
  streamFile: z.string().optional(),
  origin: z.string(),
  base: BASE,
  checkpoint: z.strictObject({ number: COUNT, sizes: z.array(COUNT) }).optional(),
  foreignUploaded: z.boolean(),
  blocks: z.array(BLOCK),
  parts: z.array(PART),
});

const HEADER = z.strictObject({
  version: z.literal(1),
  name: z.string(),
  epoch: COUNT,
  sequence: COUNT,
  instance: z.string(),
  writer: z.string(),
  /** Whose logs they are (../log-id.ts); pieces of before do not say. */
  log: z.string().optional(),
  createdMs: TIME,
  streams: z.array(STREAM),
});

const CLAIM = z.strictObject({
  version: z.literal(1),
  instance: z.string(),
  createdMs: TIME,
  takesOver: z.strictObject({ epoch: COUNT, sequence: COUNT }).optional(),
});

/** A block that was cut from a stream's log, and whether the bucket is known to have it. */
export type ArchivedBlock = Readonly<z.infer<typeof BLOCK>>;
/** A range of bytes of a file of a log. */
export type PiecePart = Readonly<z.infer<typeof PART>>;
/** What a piece has of one stream. */
export type PieceStream = Readonly<z.infer<typeof STREAM>>;
/** What a piece says of itself. */
export type PieceHeader = Readonly<z.infer<typeof HEADER>>;
/** Whose an epoch of an archive is, and which piece was the last one that it goes on from. */
export type Claim = Readonly<z.infer<typeof CLAIM>>;

/** Preamble and header, as a piece begins. */
export function printPieceHead(header: PieceHeader): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const preamble = Buffer.alloc(PREAMBLE_BYTES);
  MAGIC.copy(preamble);
  preamble.writeUInt32BE(json.length, MAGIC.length);
  preamble.writeUInt32BE(crc32c(json), MAGIC.length + 4);
  return Buffer.concat([preamble, json]);
}

/** The end of a piece: `crc` is the CRC32C of all before it. */
export function printTrailer(crc: number): Uint8Array {
  const bytes = Buffer.alloc(TRAILER_BYTES);
  bytes.writeUInt32BE(crc);
  return bytes;
}

/** The CRC32C that a piece ends with. */
export function parseTrailer(bytes: Uint8Array): number {
  return Buffer.from(bytes).readUInt32BE();
}

/** The header's length and CRC32C. Throws `damaged_object`; `key` names the piece. */
export function parsePreamble(
  bytes: Uint8Array,
  key: string,
): { readonly headerBytes: number; readonly crc: number } {
  const from = Buffer.from(bytes);
  if (from.length < PREAMBLE_BYTES || !from.subarray(0, MAGIC.length).equals(MAGIC))
    throw damaged(key, 'does not begin as a piece of a WAL archive');
  const headerBytes = from.readUInt32BE(MAGIC.length);
  if (headerBytes > HEADER_BYTES_MAX) throw damaged(key, `has a header of ${headerBytes} bytes`);
  return { headerBytes, crc: from.readUInt32BE(MAGIC.length + 4) };
}

/** The header, whose checksum the preamble gave. Throws `damaged_object`. */
export function parseHeader(bytes: Uint8Array, crc: number, key: string): PieceHeader {
  if (crc32c(bytes) !== crc) throw damaged(key, 'has a header of another CRC32C');
  return parsed(HEADER, bytes, key);
}

/** The bytes of a claim. */
export function printClaim(claim: Claim): Uint8Array {
  return Buffer.from(`${JSON.stringify(claim)}\n`);
}

/** Throws `damaged_object`. */
export function parseClaim(bytes: Uint8Array, key: string): Claim {
  return parsed(CLAIM, bytes, key);
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array, key: string): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged(key, 'has no JSON where it should', cause);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw damaged(key, `is wrong at ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? '?'}`);
}

function damaged(key: string, what: string, cause?: unknown): VarveError {
  return new VarveError('damaged_object', `${key} ${what}`, { cause });
}
