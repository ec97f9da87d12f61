// Every object key there is. The layout is Thanos's (thanos docs/storage.md): a block is a folder
// named by its ULID; whatever is Varve's own lies under varve/ and is never named meta.json.

import { assert } from '../base/errors/assert.ts';
import { isUlid } from '../base/model/ulid.ts';

/** Names of a block's files, and of the folder of what is Varve's own. */
export const META_FILE = 'meta.json';
export const INDEX_FILE = 'index';
export const CHUNKS_PREFIX = 'chunks/';
export const TOMBSTONES_FILE = 'tombstones';
export const DELETION_MARK_FILE = 'deletion-mark.json';
export const NO_COMPACT_MARK_FILE = 'no-compact-mark.json';
export const NO_DOWNSAMPLE_MARK_FILE = 'no-downsample-mark.json';
export const VARVE_PREFIX = 'varve/';

/** `<ULID>/`: everything of one block. */
export function blockPrefix(ulid: string): string {
  return `${ulid}/`;
}

/** The key of a file of a block; `file` is relative to the block, with `/` (`chunks/000001`). */
export function blockKey(ulid: string, file: string): string {
  return `${ulid}/${file}`;
}

/** The ULID of the block that a listed name (`<ULID>/`) or key belongs to, if it is one. */
export function blockOfKey(key: string): string | undefined {
  const first = key.split('/', 1)[0] ?? '';
  return isUlid(first) ? first : undefined;
}

/** Where compactors say who works on which group (docs/formats/leases.md). */
export const LEASES_PREFIX = `${VARVE_PREFIX}leases/`;
/** Where it is written down what was deleted (docs/formats/receipts.md). */
export const RECEIPTS_PREFIX = `${VARVE_PREFIX}receipts/`;

/** `<resolution in ms>@<hash of the labels>`, and what else may name something that is leased. */
const LEASE_NAME = /^[A-Za-z0-9][A-Za-z0-9@._-]{0,127}$/;
const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

/** The object that says who works on a group. */
export function leaseKey(group: string): string {
  assert(LEASE_NAME.test(group) && group !== META_FILE, 'a lease has a name fit for a key');
  return LEASES_PREFIX + group;
}

/** The object that lists deletions of a day, named by its time as a ULID. */
export function receiptKey(day: string, ulid: string): string {
  assert(DAY.test(day) && isUlid(ulid), 'a receipt is named by its day and a ULID');
  return `${RECEIPTS_PREFIX}${day}/${ulid}.json`;
}

/** What may stand for a gateway in the keys of its WAL archive. */
const ARCHIVE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const EPOCH_DIGITS = 8;
const SEQUENCE_DIGITS = 12;
const CLAIM_FILE = 'claim.json';
const ARCHIVE_KEY = /^varve\/wal\/([^/]+)\/([0-9]{8})\/(?:([0-9]{12})|claim\.json)$/;

/** Where the WAL archives of all gateways lie (docs/formats/wal-archive.md). */
export const ARCHIVES_PREFIX = `${VARVE_PREFIX}wal/`;

/** Can a gateway's archive have this name? */
export function isArchiveName(name: string): boolean {
  return ARCHIVE_NAME.test(name) && name !== META_FILE;
}

/** Everything of the archive of one gateway. */
export function archivePrefix(name: string): string {
  return `${ARCHIVES_PREFIX}${name}/`;
}

/** The object that says whose an epoch of an archive is. */
export function archiveClaimKey(name: string, epoch: number): string {
  return `${archivePrefix(name)}${digits(epoch, EPOCH_DIGITS)}/${CLAIM_FILE}`;
}

/** A piece of an archive; epochs and sequences count from 1. */
export function archivePieceKey(name: string, epoch: number, sequence: number): string {
  const file = digits(sequence, SEQUENCE_DIGITS);
  return `${archivePrefix(name)}${digits(epoch, EPOCH_DIGITS)}/${file}`;
}

/** What an archive's key names; `sequence` is undefined for a claim. */
export interface ArchiveKey {
  readonly name: string;
  readonly epoch: number;
  readonly sequence: number | undefined;
}

/** Undefined for what is no key of an archive. */
export function parseArchiveKey(key: string): ArchiveKey | undefined {
  const [, name, epoch, sequence] = ARCHIVE_KEY.exec(key) ?? [];
  if (name === undefined || epoch === undefined || !isArchiveName(name)) return undefined;
  const number = sequence === undefined ? undefined : Number(sequence);
  return { name, epoch: Number(epoch), sequence: number };
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
