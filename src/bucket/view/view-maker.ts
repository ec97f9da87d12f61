// Makes views of a bucket, one after the other: one flat listing each, and one request for each
// meta.json and mark that is new or has changed since.
//
// Invariants: a listing that fails fails the view, as some blocks would not have been seen. What is
// wrong with one block is a fault of this block and harms no other. A block of which the store did
// not give meta.json or a mark is left out and named.

import { VarveError } from '../../base/errors/varve-error.ts';
import type { Clock } from '../../base/runtime/clock.ts';
import { listBlock, listBlocks } from '../block-listing.ts';
import { type BlockListing, isPartial } from '../block-record.ts';
import type { BlockFault, BlockMarks, BlockView, ViewedBlock } from '../block-view.ts';
import type { BucketReader, CallOptions } from '../bucket.ts';
import {
  DELETION_MARK_FILE,
  INDEX_FILE,
  META_FILE,
  NO_COMPACT_MARK_FILE,
  NO_DOWNSAMPLE_MARK_FILE,
} from '../layout.ts';
import { isMarkFile, type Mark } from '../marks/format.ts';
import { wrongWithFiles } from './check-files.ts';
import { KnownObjects } from './known-objects.ts';
import {
  type ReadAccess,
  type ReadObject,
  readObjects,
  type WantedObject,
} from './read-objects.ts';
import type { ViewCache } from './view-cache.ts';

/**
 * The reason in the marks of a block whose mark cannot be read, whatever it may say: the block is
 * read, but neither compacted nor downsampled; and its deletion mark counts as none, since a block
 * is never deleted by what nobody can read.
 */
export const UNREADABLE_MARK = 'unreadable';

/** What a view is made of. */
export interface ViewWorld {
  readonly bucket: BucketReader;
  readonly parseMeta: ReadAccess['parseMeta'];
  /** Undefined: what was read is known to this process only. */
  readonly cache: ViewCache | undefined;
  readonly clock: Clock;
}

/** What one listing showed. */
interface Listed {
  readonly takenMs: number;
  readonly blocks: readonly BlockListing[];
  readonly misspelt: readonly string[];
}

/** What stands under a ULID that has a meta.json. */
interface Viewed {
  /** Undefined: meta.json or a mark was not read. */
  readonly block: ViewedBlock | undefined;
  /** Nobody is to read it. */
  readonly isBroken: boolean;
  readonly wrong: readonly BlockFault[];
}

/** What is known of an object, or why nothing is. */
type Find = (ulid: string, name: string) => ReadObject | undefined;

/** See the head of the file. */
export class ViewMaker {
  readonly #world: ViewWorld;
  readonly #known: KnownObjects;

  constructor(world: ViewWorld) {
    const { bucket, cache, clock } = world;
    this.#world = world;
    this.#known = new KnownObjects(bucket.name, cache, clock);
  }

  /** Looks at the bucket now. Throws what the listing throws, and the signal's reason. */
  async take(options: CallOptions = {}): Promise<BlockView> {
    this.#known.load();
    const listed = await this.#list(options);
    const found = await this.#readNew(listed, options.signal);
    const find: Find = (ulid, name) => found.get(ulid)?.get(name);
    const blocks: ViewedBlock[] = [];
    const broken: ViewedBlock[] = [];
    const faults: BlockFault[] = listed.misspelt.map(misspelt);
    for (const listing of listed.blocks) {
      if (isPartial(listing)) continue;
      const { block, isBroken, wrong } = this.#viewed(listing, find);
      if (block !== undefined) (isBroken ? broken : blocks).push(block);
      faults.push(...wrong);
    }
    const partial = listed.blocks.filter(isPartial);
    return { takenMs: listed.takenMs, blocks, partial, broken, faults: faults.sort(byUlid) };
  }

  /** One block as it is listed now; undefined when it is none, or something is wrong with it. */
  async takeOne(ulid: string, options: CallOptions = {}): Promise<ViewedBlock | undefined> {
    this.#known.load();
    const takenMs = this.#world.clock.nowMs();
    const listing = await listBlock(this.#world.bucket, ulid, options);
    if (isPartial(listing)) return undefined;
    const listed = { takenMs, blocks: [listing], misspelt: [] };
    const found = await this.#read(listed, options.signal);
    const find: Find = (_ulid, name) => found.get(ulid)?.get(name);
    const { block, isBroken, wrong } = this.#viewed(listing, find);
    const unread = wrong.find(({ isTransient }) => isTransient);
    if (unread !== undefined) throw new VarveError('store_unavailable', unread.what);
    return isBroken ? undefined : block;
  }

  async #list(options: CallOptions): Promise<Listed> {
    const takenMs = this.#world.clock.nowMs();
    const blocks: BlockListing[] = [];
    const misspelt: string[] = [];
    const onMisspelt = (folder: string): void => void misspelt.push(folder);
    const { bucket } = this.#world;
    for await (const one of listBlocks(bucket, { ...options, onMisspelt })) blocks.push(one);
    return { takenMs, blocks, misspelt };
  }

  /** All that is known of the listed blocks, which are all that there are. */
  async #readNew(
    listed: Listed,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, ReadObject>>> {
    const found = await this.#read(listed, signal);
    this.#known.keepOnly((ulid, name) => found.get(ulid)?.has(name) === true);
    return found;
  }

  /** All that is known of some blocks, after reading what was not. */
  async #read(
    { blocks, takenMs }: Listed,
    signal: AbortSignal | undefined,
  ): Promise<Map<string, Map<string, ReadObject>>> {
    const found = new Map<string, Map<string, ReadObject>>();
    const wanted: WantedObject[] = [];
    for (const listing of blocks) {
      const ofBlock = new Map<string, ReadObject>();
      found.set(listing.ulid, ofBlock);
      if (isPartial(listing)) continue;
      for (const file of listing.files) {
        if (file.name !== META_FILE && !isMarkFile(file.name)) continue;
        const read = this.#known.find(listing.ulid, file);
        if (read === undefined) wanted.push({ ulid: listing.ulid, file });
        else ofBlock.set(file.name, read);
      }
    }
    const { bucket, parseMeta } = this.#world;
    try {
      await readObjects({ bucket, parseMeta, signal }, wanted, (one, read) => {
        found.get(one.ulid)?.set(one.file.name, this.#known.note(one, read, takenMs));
      });
    } finally {
      this.#known.save();
    }
    return found;
  }

  #viewed(listing: BlockListing, find: Find): Viewed {
    const { ulid } = listing;
    const fault = (what: string, isTransient = false): BlockFault => ({ ulid, what, isTransient });
    const meta = find(ulid, META_FILE);
    const marks = listing.files
      .filter(({ name }) => isMarkFile(name))
      .map(({ name }) => find(ulid, name));
    const wrong = [meta, ...marks].flatMap((one) =>
      one?.kind === 'damaged' || one?.kind === 'unread'
        ? [fault(one.what, one.kind === 'unread')]
        : [],
    );
    if (meta?.kind !== 'meta' || wrong.some((one) => one.isTransient))
      return { block: undefined, isBroken: true, wrong };
    const { facts } = meta.record;
    const block = { ulid, ...facts, ...sizes(listing), marks: marksOf(listing, find) };
    const wrongFiles = wrongWithFiles(listing, meta.record);
    if (wrongFiles === undefined) return { block, isBroken: false, wrong };
    return { block, isBroken: true, wrong: [...wrong, fault(wrongFiles)] };
  }
}

function sizes({
  files,
}: BlockListing): Pick<ViewedBlock, 'sizeBytes' | 'indexBytes' | 'fileCount' | 'uploadedMs'> {
  let [sizeBytes, indexBytes, fileCount, uploadedMs] = [0, 0, 0, 0];
  for (const file of files) {
    if (file.name === META_FILE) uploadedMs = file.modifiedMs;
    if (file.name === META_FILE || isMarkFile(file.name)) continue;
    if (file.name === INDEX_FILE) indexBytes = file.sizeBytes;
    sizeBytes += file.sizeBytes;
    fileCount++;
  }
  return { sizeBytes, indexBytes, fileCount, uploadedMs };
}

function marksOf({ ulid, files }: BlockListing, find: Find): BlockMarks {
  const unreadable = files.find(
    ({ name }) => isMarkFile(name) && find(ulid, name)?.kind === 'damaged',
  );
  const instead: Mark | undefined = unreadable && {
    ulid,
    timeMs: unreadable.modifiedMs,
    details: `${unreadable.name} cannot be read`,
    reason: UNREADABLE_MARK,
  };
  const markOf = (name: string): Mark | undefined => {
    const read = find(ulid, name);
    return read?.kind === 'mark' ? read.mark : undefined;
  };
  return {
    deletion: markOf(DELETION_MARK_FILE),
    noCompact: markOf(NO_COMPACT_MARK_FILE) ?? instead,
    noDownsample: markOf(NO_DOWNSAMPLE_MARK_FILE) ?? instead,
  };
}

function misspelt(ulid: string): BlockFault {
  const what = `folder ${ulid}: a ULID in lower case, which nobody takes for a block`;
  return { ulid, what, isTransient: false };
}

function byUlid(a: BlockFault, b: BlockFault): number {
  if (a.ulid === b.ulid) return 0;
  return a.ulid < b.ulid ? -1 : 1;
}
