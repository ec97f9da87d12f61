// The small files of a block that is merged: meta.json, tombstones, and which others there are.
// What cannot be read is read a second time before it counts as damaged.

import { asVarveError } from '../../base/errors/varve-error.ts';
import { collect } from '../../base/runtime/file-pieces.ts';
import { type DamageKind, DamagePlace, damagedBlock, damageOf } from '../damage.ts';
import type { StoredBlock } from '../fetched-block.ts';
import { type BlockMeta, META_BYTES_MAX } from '../meta/format.ts';
import { META_FILE, TOMBSTONES_FILE } from '../paths.ts';
import { parseTombstones, TOMBSTONES_BYTES_MAX, type Tombstones } from '../tombstones/format.ts';
import { checkListedFiles, checkMeta, checkNames } from '../verify/check-files.ts';
import { Findings } from '../verify/findings.ts';
import { namesOf } from '../verify-stored.ts';

/** A block's meta.json, and its chunk segments by their names, checked against the listing. */
export interface DescribedBlock {
  readonly meta: BlockMeta;
  readonly segments: readonly string[];
}

/** Reads meta.json and compares it with the names and sizes that are there. */
export async function describeBlock(block: StoredBlock): Promise<DescribedBlock> {
  const meta = await readTwice(block, META_FILE, (bytes) => {
    const findings = new Findings();
    const read = checkMeta(() => bytes, block.ulid, findings);
    throwFirst(findings, 'format');
    if (read === undefined) throw damagedBlock(META_FILE, 0, 'it cannot be read');
    return read;
  });
  const findings = new Findings();
  const segments = checkNames(namesOf(block), findings);
  throwFirst(findings, 'missing');
  const sizes = new Map(block.files.map(({ name, sizeBytes }) => [name, sizeBytes]));
  checkListedFiles(meta, { segments, sizeOf: (name) => sizes.get(name) }, findings);
  throwFirst(findings, 'size');
  return { meta, segments };
}

/** What is deleted of the block; nothing when it has no such file. */
export async function readStoredTombstones(block: StoredBlock): Promise<Tombstones> {
  if (!block.files.some(({ name }) => name === TOMBSTONES_FILE)) return new Map();
  return readTwice(block, TOMBSTONES_FILE, (bytes) => parseTombstones(bytes, TOMBSTONES_FILE));
}

const BYTES_MAX: Readonly<Record<string, number>> = {
  [META_FILE]: META_BYTES_MAX,
  [TOMBSTONES_FILE]: TOMBSTONES_BYTES_MAX,
};

async function readTwice<T>(
  block: StoredBlock,
  name: string,
  parse: (bytes: Uint8Array) => T,
): Promise<T> {
  try {
    return parse(await readSmall(block, name));
  } catch (thrown) {
    if (asVarveError(thrown).kind !== 'damaged') throw thrown;
  }
  return parse(await readSmall(block, name));
}

async function readSmall(block: StoredBlock, name: string): Promise<Uint8Array> {
  const bytesMax = BYTES_MAX[name] ?? META_BYTES_MAX;
  const sizeBytes = block.files.find((file) => file.name === name)?.sizeBytes ?? 0;
  if (sizeBytes > bytesMax) throw damagedBlock(name, bytesMax, `it has ${sizeBytes} bytes`);
  try {
    return await collect(block.read(name), bytesMax, name);
  } catch (thrown) {
    const { code } = asVarveError(thrown);
    if (code !== 'not_found') throw thrown;
    throw damageOf(new DamagePlace({ file: name, offset: 0 }, 'the file is missing', 'missing'));
  }
}

function throwFirst(findings: Findings, kind: DamageKind): void {
  const first = findings.list().find(({ severity }) => severity === 'error');
  if (first === undefined) return;
  const { file, offset = 0, what } = first;
  throw damageOf(new DamagePlace({ file, offset }, what, kind));
}
