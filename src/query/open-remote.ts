// The blocks of a bucket that a select reads, opened some at a time. What is wrong with one of
// them, then or later, is an error that names it.

import { asVarveError, VarveError } from '../base/errors/varve-error.ts';
import type { CompiledMatcher } from './matcher.ts';
import type { RemoteStreamSource } from './select-remote.ts';
import type { RemoteSource, TimeRange } from './source.ts';

/** Blocks that one select may have open; each has ranges of a few files in memory. */
export const BLOCKS_OPEN_MAX = 2000;
/** Bytes of symbols that they may hold in memory. */
export const SYMBOL_BYTES_MAX = 1024 * 1024 * 1024;
/** Blocks that are opened side by side. */
const OPENED_AT_ONCE = 8;

/** What of a block is read; see block/stream/remote-series.ts. */
export interface RemotePart {
  readonly matchers: readonly CompiledMatcher[];
  readonly range: TimeRange;
  readonly takeSymbolBytes: (bytes: number) => void;
  readonly onDamaged?: (error: VarveError) => void;
}

/** A block that is to be read. */
export interface RemoteBlock extends Omit<RemotePart, 'takeSymbolBytes'> {
  readonly ulid: string;
  /** Number of its stream. */
  readonly stream: number;
}

/** Opens a block; `blocks` are open at the same time. */
export type OpenRemote = (ulid: string, part: RemotePart, blocks: number) => Promise<RemoteSource>;

/** Which block an error is about: the cause of the error. */
export class FailedBlock {
  readonly ulid: string;
  readonly error: VarveError;

  constructor(ulid: string, error: VarveError) {
    this.ulid = ulid;
    this.error = error;
  }
}

/**
 * Opens them all, in their order.
 *
 * @throws VarveError overloaded when more would have to be open than the limits allow; with
 *   FailedBlock as its cause when a block is damaged or gone
 */
export async function openRemote(
  blocks: readonly RemoteBlock[],
  open: OpenRemote,
): Promise<RemoteStreamSource[]> {
  if (blocks.length > BLOCKS_OPEN_MAX) {
    const what = `The range reaches into ${blocks.length} blocks, at most ${BLOCKS_OPEN_MAX} can`;
    throw new VarveError('overloaded', `${what} be open at once; ask for a shorter one.`);
  }
  const takeSymbolBytes = symbolBudget();
  const opened: RemoteStreamSource[] = [];
  try {
    for (let from = 0; from < blocks.length; from += OPENED_AT_ONCE) {
      const some = blocks.slice(from, from + OPENED_AT_ONCE);
      const ends = await Promise.allSettled(
        some.map(async ({ stream, ...block }) => {
          const part = { ...block, takeSymbolBytes };
          const source = await ofBlock(block.ulid, () => open(block.ulid, part, blocks.length));
          return { stream, source: namedSource(block.ulid, source) };
        }),
      );
      for (const end of ends) if (end.status === 'fulfilled') opened.push(end.value);
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
    return opened;
  } catch (thrown) {
    for (const { source } of opened) source.close();
    throw thrown;
  }
}

function symbolBudget(): (bytes: number) => void {
  let taken = 0;
  return (bytes) => {
    taken += bytes;
    if (taken <= SYMBOL_BYTES_MAX) return;
    const what = 'The blocks that the range reaches into have too many symbols together';
    throw new VarveError('overloaded', `${what}; ask for a shorter one.`);
  };
}

function namedSource(ulid: string, source: RemoteSource): RemoteSource {
  return {
    get key() {
      return source.key;
    },
    next: () => ofBlock(ulid, () => source.next()),
    chunks: (budget) => ofBlock(ulid, () => source.chunks(budget)),
    close: () => source.close(),
  };
}

/** Runs a step of reading a block. */
async function ofBlock<T>(ulid: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    const error = asVarveError(thrown);
    const { kind, code, message } = error;
    if (kind !== 'damaged' && kind !== 'not_found' && code !== 'unsupported') throw thrown;
    const cause = new FailedBlock(ulid, error);
    throw new VarveError(code, `block ${ulid}: ${message}`, { cause });
  }
}
