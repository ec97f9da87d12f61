// A file of a block that lies elsewhere, on its way: bytes come from front to back, some at a time.
// Reading is as of any ByteSource, of what is at hand; the rest must be brought first, which is the
// only thing that waits. So whoever reads runs without waiting as long as there are bytes.

import type { ByteSource } from '../byte-source.ts';

/** What a step came to that may lack bytes. */
export type Step = 'ready' | 'wait' | 'end';

/** See the head of the file. */
export interface ByteFeed extends ByteSource {
  /** Are the bytes [start, start + length) at hand? Positions are not checked. */
  has(start: number, length: number): boolean;
  /**
   * Brings [start, start + length) to hand; what lies before may go. Going back costs a request of
   * its own. Throws `damaged_block` when the file has become shorter or is gone.
   */
  bring(start: number, length: number): Promise<void>;
  /** CRC-32C of the whole file, once all of it came from front to back. */
  readonly crcOfWhole: number | undefined;
  /** Fetches the rest, for the checksum; what is at hand may go. */
  drain(): Promise<void>;
  /** Fetches what stands at `offset` again: the same bytes as the first time? */
  isTheSameAgain(offset: number): Promise<boolean>;
  /** Lets go of what is at hand and under way. */
  close(): void;
}
