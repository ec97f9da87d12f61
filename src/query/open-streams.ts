// The sources of a select: of each stream its blocks that reach into the range, the oldest first,
// and its head last. So of two samples at one time the one of the earlier block stays, as a
// compaction will have it ("earlier" is the smaller ULID).

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import { seriesFinder } from './find-series.ts';
import type { OpenedSources } from './select-service.ts';
import type {
  PostingsSource,
  SelectQuery,
  SeriesSource,
  StreamSource,
  TimeRange,
} from './source.ts';

/** Blocks that one select may have open; two files each, and a window of memory on both. */
export const BLOCKS_OPEN_MAX = 2000;
/** Bytes that the indexes of a select's blocks may hold in memory: symbols and tables. */
export const INDEX_BYTES_MAX = 1024 * 1024 * 1024;

/** A stream to be read. */
export interface StreamToRead {
  readonly dir: string;
  /** Makes the head's source; undefined when the head is not there. */
  readonly head: (() => SeriesSource) | undefined;
}

/** Of a block, before it is opened. */
export interface BlockToRead {
  readonly ulid: string;
  /** First time, inclusive, and end, exclusive. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  /** 0 for raw samples. */
  readonly resolutionMs: number;
}

/** An open block. */
export interface OpenBlock {
  readonly index: PostingsSource & { readonly heldBytes: number };
  close(): void;
}

/** What of an open block is read. */
export interface BlockPart<Block> {
  readonly block: Block;
  readonly refs: Uint32Array;
  readonly range: TimeRange;
  readonly onDamaged: (error: VarveError) => void;
}

/** What the wiring supplies. */
export interface BlockAccess<Block extends OpenBlock> {
  /** The blocks of a stream; those that cannot be read are told to whom it may concern. */
  listBlocks(dir: string): readonly BlockToRead[];
  openBlock(dir: string, ulid: string): Block;
  sourceOf(part: BlockPart<Block>): SeriesSource;
  readonly warnings: { add(warning: string): void };
}

/**
 * Opens everything that a select reads. What is damaged is left out with a warning; what cannot be
 * read just now fails the select, which may be tried again.
 *
 * @param streams in the order of their labels; a source's `stream` is the index here
 * @throws VarveError overloaded when more would have to be open than the limits allow
 */
export function openStreams<Block extends OpenBlock>(
  streams: readonly StreamToRead[],
  query: SelectQuery,
  access: BlockAccess<Block>,
): OpenedSources {
  const opening = new Opening(query, access);
  try {
    for (const [number, stream] of streams.entries()) opening.add(number, stream);
    return opening;
  } catch (thrown) {
    opening.close();
    throw thrown;
  }
}

class Opening<Block extends OpenBlock> implements OpenedSources {
  readonly sources: StreamSource[] = [];
  readonly #query: SelectQuery;
  readonly #access: BlockAccess<Block>;
  readonly #find: ReturnType<typeof seriesFinder>;
  readonly #blocks: Block[] = [];
  #indexBytes = 0;

  constructor(query: SelectQuery, access: BlockAccess<Block>) {
    this.#query = query;
    this.#access = access;
    this.#find = seriesFinder(query.matchers);
  }

  add(stream: number, { dir, head }: StreamToRead): void {
    const { listBlocks, warnings } = this.#access;
    const { minTimeMs, maxTimeMs } = this.#query;
    const blocks = listBlocks(dir)
      .filter((block) => block.minTimeMs <= maxTimeMs && block.maxTimeMs > minTimeMs)
      .toSorted((a, b) => (a.ulid < b.ulid ? -1 : 1));
    for (const { ulid, resolutionMs } of blocks) {
      if (resolutionMs === 0) this.#addBlock(stream, dir, ulid);
      else
        warnings.add(`${dir}: ${ulid} is downsampled (${resolutionMs} ms), no source of samples`);
    }
    if (head !== undefined) this.sources.push({ stream, source: head() });
    else warnings.add(`${dir}: the stream is not open; what only its log holds is missing`);
  }

  close(): void {
    for (const block of this.#blocks) block.close();
    this.#blocks.length = 0;
  }

  #addBlock(stream: number, dir: string, ulid: string): void {
    const { warnings } = this.#access;
    if (this.#blocks.length >= BLOCKS_OPEN_MAX || this.#indexBytes >= INDEX_BYTES_MAX) {
      const what = 'The range reaches into more blocks than can be open at once';
      throw new VarveError(
        'overloaded',
        `${what} (${this.#blocks.length}); ask for a shorter one.`,
      );
    }
    const warn = (error: VarveError): void => warnings.add(`${dir}, ${ulid}: ${error.message}`);
    try {
      const source = this.#open(dir, ulid, warn);
      if (source !== undefined) this.sources.push({ stream, source });
    } catch (thrown) {
      const error = asVarveError(thrown);
      // Gone since it was listed, or damaged: the rest is answered.
      if (error.kind !== 'damaged' && error.kind !== 'not_found') throw thrown;
      warn(error);
    }
  }

  /** Undefined when the block has no such series. */
  #open(
    dir: string,
    ulid: string,
    onDamaged: (error: VarveError) => void,
  ): SeriesSource | undefined {
    const block = this.#access.openBlock(dir, ulid);
    let source: SeriesSource | undefined;
    try {
      const refs = runToEnd(this.#find(block.index));
      if (refs.length === 0) return undefined;
      source = this.#access.sourceOf({ block, refs, range: this.#query, onDamaged });
      this.#blocks.push(block);
      this.#indexBytes += block.index.heldBytes;
      return source;
    } finally {
      if (source === undefined) block.close();
    }
  }
}

/** For who has nobody to wait for. */
export function runToEnd(steps: Generator<void, Uint32Array>): Uint32Array {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
