// Are the files of a block there that its meta.json names, and as large as it says? By the listing
// alone: each view asks, since a file may be lost long after the meta.json was read. Pure.

import { compareUtf8 } from '../../base/model/labels.ts';
import type { BlockListing, StoredFile } from '../block-record.ts';
import { CHUNKS_PREFIX, INDEX_FILE, META_FILE } from '../layout.ts';
import type { MetaRecord } from './meta-record.ts';

/** What contradicts meta.json, one sentence; undefined when nothing does. */
export function wrongWithFiles(listing: BlockListing, record: MetaRecord): string | undefined {
  if (listing.moreFiles > 0)
    return `block ${listing.ulid} has ${listing.files.length + listing.moreFiles} files`;
  const wrong = record.files.length === 0 ? unnamed(listing, record) : named(listing, record);
  const [first, ...rest] = wrong;
  if (first === undefined) return undefined;
  const more = rest.length === 0 ? '' : `, and ${rest.length} more of its files are wrong`;
  return `block ${listing.ulid}: ${first}${more}`;
}

/** Both lists are in byte order: one walk over both. */
function named({ files }: BlockListing, record: MetaRecord): readonly string[] {
  const wrong: string[] = [];
  const listed = files[Symbol.iterator]();
  let there = nextFile(listed);
  let hasIndex = false;
  for (const { name, sizeBytes } of record.files) {
    while (there !== undefined && compareUtf8(there.name, name) < 0) there = nextFile(listed);
    hasIndex ||= name === INDEX_FILE;
    if (there?.name !== name) wrong.push(`its file ${name} is missing`);
    else if (sizeBytes !== undefined && there.sizeBytes !== sizeBytes)
      wrong.push(`its file ${name} has ${there.sizeBytes} bytes, ${META_FILE} says ${sizeBytes}`);
  }
  return hasIndex ? wrong : [...wrong, ...withoutIndex(files)];
}

/** A block whose maker named no files. */
function unnamed({ files }: BlockListing, { facts }: MetaRecord): readonly string[] {
  const hasChunks = files.some(({ name }) => name.startsWith(CHUNKS_PREFIX));
  const isShort = facts.numChunks > 0 && !hasChunks;
  return [...withoutIndex(files), ...(isShort ? ['it has no file of chunks'] : [])];
}

function withoutIndex(files: readonly StoredFile[]): readonly string[] {
  const hasIndex = files.some(({ name }) => name === INDEX_FILE);
  return hasIndex ? [] : [`its file ${INDEX_FILE} is missing`];
}

function nextFile(files: Iterator<StoredFile>): StoredFile | undefined {
  const next = files.next();
  return next.done === true ? undefined : next.value;
}
