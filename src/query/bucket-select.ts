// A select over the blocks of a bucket while compactors work on it: a view of the bucket, the
// blocks of one resolution that hold everything once (`choose`), their series by ranges, merged
// (docs/design/0008-compactor.md, "Reading meanwhile").
//
// A block that is gone in mid-read was taken for its successor's sake: the bucket is looked at
// again, and the answer goes on behind the last series that was given, so that each series is of
// one view. A block in which damage is met is read last from then on: blocks that went into it step
// in if they are still there; what nobody else has is read from it as far as it can be.
//
// Invariant: what was given is complete as far as the bucket has it, or `warnings` names what is
// missing, or the iteration throws.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import { labelKeyOf, labelsOfKey } from '../base/model/label-key.ts';
import type { Labels } from '../base/model/labels.ts';
import type { BlockView, ViewedBlock } from '../bucket/block-view.ts';
import { type CompiledMatcher, compileMatchers } from './matcher.ts';
import { FailedBlock, type OpenRemote, openRemote, type RemoteBlock } from './open-remote.ts';
import type { Selection } from './reader.ts';
import { selectRemote } from './select-remote.ts';
import { Warnings } from './select-service.ts';
import type { SelectedSeries } from './series-batch.ts';
import type { SelectQuery } from './source.ts';

/** Looks at the bucket, one after the other, that bring no series: then the select fails. */
export const LOOKS_MAX = 10;

/** Which series of which layer. A condition on a label of a block is one on all its series. */
export interface BucketQuery extends SelectQuery {
  /** 0 for samples; 300,000 or 3,600,000 for aggregates. */
  readonly resolutionMs: number;
}

/** The blocks of one label set that hold everything once. */
export interface StreamToRead {
  readonly labels: Labels;
  /** Of two samples at one time that of the block that comes first stays. */
  readonly blocks: readonly ViewedBlock[];
}

/** What the wiring supplies. */
export interface BucketAccess {
  /** The bucket now. */
  look(): Promise<BlockView>;
  /** Which of the blocks are read; `distrusted` are ULIDs in which damage was met. */
  choose(
    blocks: readonly ViewedBlock[],
    resolutionMs: number,
    distrusted: ReadonlySet<string>,
  ): readonly StreamToRead[];
  readonly open: OpenRemote;
}

/**
 * The series of the bucket's blocks at one resolution; nothing is read before it is iterated.
 *
 * The iteration throws `store_unavailable` when the bucket cannot be read or changes faster than it
 * is read, `overloaded` when the range reaches into more than the limits allow, `bad_parameter` for
 * a matcher that is none.
 */
export function selectBucket(access: BucketAccess, query: BucketQuery): Selection {
  const warnings: string[] = [];
  const iterate = () => new BucketSelect(access, query, warnings).series();
  return { warnings, [Symbol.asyncIterator]: iterate };
}

/** How far the answer is: the last series that was given. */
interface Place {
  readonly key: Uint8Array;
  readonly streamKey: Uint8Array;
}

interface KeyedStream extends StreamToRead {
  readonly key: Uint8Array;
  /** What is left to be asked of its series. */
  readonly matchers: readonly CompiledMatcher[];
}

class BucketSelect {
  readonly #access: BucketAccess;
  readonly #query: BucketQuery;
  readonly #matchers: readonly CompiledMatcher[];
  readonly #warnings: string[];
  readonly #told = new Warnings();
  readonly #distrusted = new Set<string>();
  /** Blocks of which nothing more can be read. */
  readonly #givenUp = new Set<string>();
  #last: Place | undefined;
  #looksLeft = LOOKS_MAX;

  constructor(access: BucketAccess, query: BucketQuery, warnings: string[]) {
    this.#access = access;
    this.#query = query;
    this.#warnings = warnings;
    this.#matchers = compileMatchers(query.matchers);
  }

  async *series(): AsyncGenerator<SelectedSeries, void> {
    for (let isOver = false; !isOver; ) {
      const view = await this.#look();
      try {
        yield* this.#read(view);
        // What is under a ULID and no block cannot be read: nobody knows what is in it.
        for (const { what } of view.faults) this.#told.add(what);
        isOver = true;
      } catch (thrown) {
        const { cause } = asVarveError(thrown);
        if (!(cause instanceof FailedBlock)) throw thrown;
        await this.#judge(cause);
      }
    }
    this.#warnings.push(...this.#told.take());
  }

  /** A view in which nothing is missing that the store may have. */
  async #look(): Promise<BlockView> {
    for (;;) {
      const view = await this.#access.look();
      const unread = view.faults.find(({ isTransient }) => isTransient);
      if (unread === undefined) return view;
      this.#countLook(`block ${unread.ulid} was not given: ${unread.what}`);
    }
  }

  #countLook(why: string): void {
    if (--this.#looksLeft > 0) return;
    const what = `The bucket was looked at ${LOOKS_MAX} times in vain`;
    throw new VarveError('store_unavailable', `${what}; the last time ${why}`);
  }

  /** Gone, so the next view does without it; or damaged, which is met twice a block at most. */
  async #judge({ ulid, error: { message } }: FailedBlock): Promise<void> {
    const { blocks } = await this.#look();
    if (!blocks.some((block) => block.ulid === ulid)) {
      this.#countLook(`block ${ulid} went while it was read: ${message}`);
    } else if (!this.#distrusted.has(ulid)) {
      this.#distrusted.add(ulid);
    } else {
      this.#givenUp.add(ulid);
      this.#told.add(`block ${ulid}: ${message}; what only it has is missing from there on`);
    }
  }

  async *#read(view: BlockView): AsyncGenerator<SelectedSeries, void> {
    const streams = this.#streamsOf(view);
    const blocks = streams.flatMap((stream, i) => this.#blocksOf(stream, i));
    const sources = await openRemote(blocks, this.#access.open);
    try {
      const series = selectRemote(sources, {
        onDamaged: ({ message }) => this.#told.add(message),
        isAggregated: this.#query.resolutionMs > 0,
        isWanted: (key, stream) => this.#isWanted(key, streams.at(stream)?.key),
      });
      for await (const { key, stream, chunks } of series) {
        const { labels: streamLabels = [], key: streamKey = key } = streams.at(stream) ?? {};
        this.#last = { key, streamKey };
        this.#looksLeft = LOOKS_MAX;
        yield { labels: labelsOfKey(key), streamLabels, chunks };
      }
    } finally {
      for (const { source } of sources) source.close();
    }
  }

  /** Those that the query needs something of, in the order of their labels. */
  #streamsOf(view: BlockView): readonly KeyedStream[] {
    const { resolutionMs, minTimeMs, maxTimeMs } = this.#query;
    const readable = view.blocks.filter(({ ulid }) => !this.#givenUp.has(ulid));
    const streams = this.#access.choose(readable, resolutionMs, this.#distrusted);
    return streams
      .flatMap(({ labels, blocks: all }): KeyedStream[] => {
        const blocks = all.filter(
          (block) => block.minTimeMs <= maxTimeMs && block.maxTimeMs > minTimeMs,
        );
        const matchers = this.#matchersFor(labels);
        if (blocks.length === 0 || matchers === undefined) return [];
        return [{ labels, blocks, matchers, key: labelKeyOf(labels) }];
      })
      .sort((a, b) => Buffer.compare(a.key, b.key));
  }

  /** Undefined when the stream's labels are not as wanted; they stand for a series' own. */
  #matchersFor(labels: Labels): readonly CompiledMatcher[] | undefined {
    const left: CompiledMatcher[] = [];
    for (const matcher of this.#matchers) {
      const name = Buffer.from(matcher.name).toString();
      const label = labels.find((one) => one.name === name);
      if (label === undefined) left.push(matcher);
      else if (!matcher.matches(Buffer.from(label.value))) return undefined;
    }
    return left;
  }

  #blocksOf({ blocks, matchers }: KeyedStream, stream: number): readonly RemoteBlock[] {
    const part = { stream, matchers, range: this.#query };
    return blocks.map(({ ulid }) => {
      if (!this.#distrusted.has(ulid)) return { ...part, ulid };
      const onDamaged = ({ message }: VarveError): void => {
        this.#told.add(`block ${ulid}: ${message}`);
      };
      return { ...part, ulid, onDamaged };
    });
  }

  #isWanted(key: Uint8Array, streamKey: Uint8Array | undefined): boolean {
    const last = this.#last;
    if (last === undefined || streamKey === undefined) return true;
    return (Buffer.compare(key, last.key) || Buffer.compare(streamKey, last.streamKey)) > 0;
  }
}
