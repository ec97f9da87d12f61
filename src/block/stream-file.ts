// `stream.json`: which labels were lifted out of the series of a stream (DESIGN §3, Block labels).
// A directory without one is a tenant's only stream, as Thanos Receive has it.
//
// Labels stand as a list of pairs: no object of ours has a label name as a key.

import { createHash } from 'node:crypto';
import { VarveError } from '../base/errors/varve-error.ts';
import type { Label } from '../base/model/labels.ts';
import type { StreamIdentity } from '../base/model/stream-labels.ts';
import type { Disk } from '../base/runtime/disk.ts';
import { parseStreamName, streamDir, streamFile, streamName } from './paths.ts';

const STREAM_FILE_VERSION = 1;
/** Larger than any: a few labels of some KiB. */
const STREAM_FILE_BYTES_MAX = 1024 * 1024;
/** 64 bits: streams of one tenant are few, and stream.json says which one it is. */
const HASH_CHARACTERS = 16;

/** The directory name of a stream. */
export function streamNameOf(stream: StreamIdentity): string {
  if (stream.lifted.length === 0) return streamName(stream.tenant);
  const pairs = stream.lifted.map(({ name, value }) => [name, value]);
  const hash = createHash('sha256').update(JSON.stringify(pairs)).digest('hex');
  return streamName(stream.tenant, hash.slice(0, HASH_CHARACTERS));
}

/**
 * Makes the stream's directory, with its stream.json if it has lifted labels; durable on return.
 */
export function createStreamDir(disk: Disk, tsdbPath: string, stream: StreamIdentity): string {
  const dir = streamDir(tsdbPath, streamNameOf(stream));
  disk.makeDir(dir);
  if (stream.lifted.length > 0) {
    const labels = stream.lifted.map(({ name, value }) => [name, value]);
    const text = JSON.stringify({ version: STREAM_FILE_VERSION, labels }, undefined, '\t');
    disk.replaceFile(streamFile(dir), Buffer.from(`${text}\n`));
  }
  return dir;
}

/**
 * What the directory `name` is the stream of. Errors: `damaged_block` when its stream.json is
 * missing, damaged or another stream's, because its blocks' labels would be wrong.
 */
export function readStreamIdentity(disk: Disk, tsdbPath: string, name: string): StreamIdentity {
  const { tenant, hash } = parseStreamName(name);
  if (hash === undefined) return { tenant, lifted: [] };
  const path = streamFile(streamDir(tsdbPath, name));
  const sizeBytes = disk.stat(path)?.sizeBytes ?? 0;
  if (sizeBytes > STREAM_FILE_BYTES_MAX)
    throw new VarveError('damaged_block', `${path} has ${sizeBytes} bytes`);
  const lifted = parseLabels(disk.readFile(path), path);
  const stream = { tenant, lifted };
  if (streamNameOf(stream) !== name) {
    throw new VarveError('damaged_block', `${path} does not belong to the directory it is in`);
  }
  return stream;
}

function parseLabels(bytes: Uint8Array, path: string): readonly Label[] {
  const damaged = (what: string, cause?: unknown) =>
    new VarveError('damaged_block', `${path} ${what}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged('is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || !('version' in value) || !('labels' in value))
    throw damaged('has no version or labels');
  if (value.version !== STREAM_FILE_VERSION) throw damaged('has a version that is not known');
  if (!Array.isArray(value.labels)) throw damaged('has labels that are not a list');
  return value.labels.map((pair: unknown) => {
    const [name, text]: unknown[] = Array.isArray(pair) ? pair : [];
    if (typeof name !== 'string' || typeof text !== 'string') throw damaged('has a wrong label');
    return { name, value: text };
  });
}
