// What a SlabArena knows of its runs: one cell per run in a few typed arrays, which only the owning
// thread sees. A run's number is its address divided by the run's units, so all slabs share them.

/** `classes` of a run that serves nobody, is part of a span, or does not exist. */
export const FREE_RUN = 0xfe;
export const SPAN_RUN = 0xfd;
export const ABSENT_RUN = 0xff;

export interface ArenaRuns {
  /** Size class, or one of the three above. */
  classes: Uint8Array;
  /** 1 when the run's memory has been used before and may hold something else than zeros. */
  dirty: Uint8Array;
  /** Blocks in use; in the first run of a span, its runs. */
  used: Uint16Array;
  /** Units that were ever handed out. */
  bumps: Uint16Array;
  /** Address of the first free block; each holds the next one's in its first four bytes. */
  freeHeads: Uint32Array;
  /** The list of runs of a class that are not full. */
  nexts: Int32Array;
  previous: Int32Array;
  count: number;
  /** Makes room for runs up to `count`, absent so far. */
  grow(count: number): void;
}

/** An empty table; `grow` makes room before a run is added. */
export function openRuns(): ArenaRuns {
  return {
    classes: new Uint8Array(0),
    dirty: new Uint8Array(0),
    used: new Uint16Array(0),
    bumps: new Uint16Array(0),
    freeHeads: new Uint32Array(0),
    nexts: new Int32Array(0),
    previous: new Int32Array(0),
    count: 0,
    grow,
  };
}

function grow(this: ArenaRuns, count: number): void {
  if (count > this.classes.length) {
    // 18 bytes per 16 KiB of memory: copying these is nothing beside what they describe.
    const room = Math.max(count, this.classes.length * 2);
    const classes = new Uint8Array(room).fill(ABSENT_RUN);
    classes.set(this.classes);
    this.classes = classes;
    this.dirty = copied(new Uint8Array(room), this.dirty);
    this.used = copied(new Uint16Array(room), this.used);
    this.bumps = copied(new Uint16Array(room), this.bumps);
    this.freeHeads = copied(new Uint32Array(room), this.freeHeads);
    this.nexts = copied(new Int32Array(room), this.nexts);
    this.previous = copied(new Int32Array(room), this.previous);
  }
  this.count = count;
}

function copied<T extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(
  into: T,
  from: T,
): T {
  into.set(from);
  return into;
}
