// The directories of the simulated disk. Each has the names that are seen, the names that are on
// the device, and between them the changes since it was last synced. A rename is one change: after
// a power loss it has happened or not, even between two directories (as on any journaling file
// system); only if just one of them was synced may a node have two names or none of the old ones.

import type { Random } from '../../src/base/runtime/random.ts';
import type { MemoryFile } from './memory-file.ts';

/** What a name stands for. */
export type MemoryNode = MemoryFile | MemoryDir;

/** One name given, taken or replaced. */
export interface Edit {
  readonly dir: MemoryDir;
  readonly name: string;
  readonly node: MemoryNode | undefined;
}

/** Edits that happen together. */
type Change = readonly Edit[];

/** Changes names, in one change. */
export function changeNames(edits: Change): void {
  for (const { dir, name, node } of edits) dir.edit(name, node, edits);
}

/** A directory. */
export class MemoryDir {
  readonly #seen = new Map<string, MemoryNode>();
  readonly #onDevice = new Map<string, MemoryNode>();
  #unsynced: Change[] = [];

  get names(): ReadonlyMap<string, MemoryNode> {
    return this.#seen;
  }

  /** Part of `changeNames`. */
  edit(name: string, node: MemoryNode | undefined, change: Change): void {
    put(this.#seen, name, node);
    this.#unsynced.push(change);
  }

  /** Makes the names durable. */
  sync(): void {
    this.#reachDevice(() => true);
    this.#unsynced = [];
  }

  /** The tree after a power loss; see `MemoryDisk.crash`. */
  afterCrash(random: Random | undefined): MemoryDir {
    return new Crash(random).dir(this);
  }

  /** Used by Crash: the names that survive when the changes that `survives` says have. */
  surviving(survives: (change: Change) => boolean): ReadonlyMap<string, MemoryNode> {
    this.#reachDevice(survives);
    return this.#onDevice;
  }

  #reachDevice(survives: (change: Change) => boolean): void {
    for (const change of new Set(this.#unsynced)) {
      if (!survives(change)) continue;
      for (const { dir, name, node } of change) if (dir === this) put(this.#onDevice, name, node);
    }
  }
}

/** One power loss: decides once for every change, and rebuilds every node once. */
class Crash {
  readonly #random: Random | undefined;
  readonly #decided = new Map<Change, boolean>();
  readonly #rebuilt = new Map<MemoryNode, MemoryNode>();

  constructor(random: Random | undefined) {
    this.#random = random;
  }

  dir(before: MemoryDir): MemoryDir {
    const after = new MemoryDir();
    this.#rebuilt.set(before, after);
    const names = before.surviving((change) => this.#survives(change));
    const edits = [...names].map(([name, node]) => ({ dir: after, name, node: this.#node(node) }));
    changeNames(edits);
    after.sync();
    return after;
  }

  #node(before: MemoryNode): MemoryNode {
    const done = this.#rebuilt.get(before);
    if (done !== undefined) return done;
    if (before instanceof MemoryDir) return this.dir(before);
    const file = before.afterCrash(this.#random);
    this.#rebuilt.set(before, file);
    return file;
  }

  #survives(change: Change): boolean {
    const random = this.#random;
    if (random === undefined) return false;
    const decided = this.#decided.get(change) ?? random.u32() % 2 === 0;
    this.#decided.set(change, decided);
    return decided;
  }
}

function put(names: Map<string, MemoryNode>, name: string, node: MemoryNode | undefined): void {
  if (node === undefined) names.delete(name);
  else names.set(name, node);
}
