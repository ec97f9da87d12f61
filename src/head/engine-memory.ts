// The memory that all heads of an engine share, so that a small tenant costs what it uses.

import { Epochs } from '../base/bytes/epochs.ts';
import { Hash32 } from '../base/bytes/hash32.ts';
import { PagedRecords } from '../base/bytes/paged-records.ts';
import { SlabArena } from '../base/bytes/slab-arena.ts';
import { SymbolTable } from '../base/bytes/symbol-table.ts';
import type { Random } from '../base/runtime/random.ts';
import { AppenderCache } from './appender-cache.ts';
import { CHUNK_SHAPE } from './chunk-record.ts';
import { PAIR_SHAPE } from './pair-record.ts';

/** What EngineMemory needs to know; the seed keeps senders from choosing labels that collide. */
export interface EngineMemoryOptions {
  readonly random: Pick<Random, 'u32'>;
}

/** Appenders of histogram chunks that are kept; some 10 KiB each. */
const APPENDERS_MAX = 1024;

/** One per engine thread. */
export class EngineMemory {
  readonly epochs = new Epochs();
  readonly hash: Hash32;
  readonly arena: SlabArena;
  readonly symbols: SymbolTable;
  readonly chunks: PagedRecords;
  readonly pairs: PagedRecords;
  readonly appenders = new AppenderCache(APPENDERS_MAX);

  constructor(options: EngineMemoryOptions) {
    this.hash = new Hash32(options.random.u32(), options.random.u32());
    this.arena = new SlabArena(this.epochs);
    this.symbols = new SymbolTable(this.arena, this.epochs, this.hash);
    this.chunks = new PagedRecords(CHUNK_SHAPE, this.epochs);
    this.pairs = new PagedRecords(PAIR_SHAPE, this.epochs);
  }

  /** Bytes reserved by all of it (pages not touched yet cost address space only). */
  get sizeBytes(): number {
    return (
      this.arena.sizeBytes + this.symbols.sizeBytes + this.chunks.sizeBytes + this.pairs.sizeBytes
    );
  }
}
