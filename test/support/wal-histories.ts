// What `sync` acknowledged is replayed, whatever happens: random histories of appends, syncs, ends of
// segments, failing writes and syncs, full disks, kills and power losses, over several lives of the
// process. The oracle is a list of numbers.

import { expect } from 'vitest';
import { PAGE_BYTES } from '../../src/wal/format.ts';
import { comparePositions } from '../../src/wal/log.ts';
import { cutTornEnd } from '../../src/wal/repair.ts';
import { WalLog } from '../../src/wal/wal-log.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryDisk } from './memory-disk.ts';
import { SeededRandom } from './seeded-random.ts';
import { opaqueRecord, replayOpaque } from './wal-records.ts';

const DIR = '/tenant/wal';
const LIVES = 4;

type Operation = 'write' | 'sync' | 'open' | 'syncDir' | 'truncate' | 'remove';

interface History {
  /** In the order of appending, over all lives. */
  readonly acknowledged: number[];
  /** Told to their callers as not stored. */
  readonly refused: Set<number>;
  nextId: number;
}

/** One life of a process on `disk`, until it is killed in the middle of things. */
async function live(
  disk: MemoryDisk,
  history: History,
  { random, faults }: { random: SeededRandom; faults: readonly Operation[] },
): Promise<() => void> {
  let waiting: number[] = [];
  const dropped: number[] = [];
  let alive = true;
  const log = new WalLog({
    disk,
    dir: DIR,
    clock: new ManualClock(),
    segmentBytesMax: 4 * PAGE_BYTES,
    compression: random.fraction() < 0.3 ? 'snappy' : 'none',
    onLoss: (loss) => {
      if (!alive) return;
      expect(loss.recordCount).toBe(waiting.length);
      dropped.push(...waiting);
      waiting = [];
    },
  });
  const syncs: Promise<void>[] = [];
  for (let step = random.between(5, 40); step > 0; step--) {
    const chance = random.fraction();
    if (chance < 0.6) {
      const isBig = random.fraction() < 0.2;
      const sizeBytes = random.between(5, isBig ? 3 * PAGE_BYTES : 300);
      log.append(opaqueRecord(history.nextId, sizeBytes));
      waiting.push(history.nextId++);
    } else if (chance < 0.7) log.nextSegment();
    else if (chance < 0.75) orderFault(disk, random, faults);
    else {
      const newest = history.nextId;
      const done = log.sync().then(
        () => {
          if (!alive) return;
          history.acknowledged.push(...waiting.filter((id) => id < newest));
          waiting = waiting.filter((id) => id >= newest);
        },
        () => {
          if (!alive) return;
          for (const id of dropped) if (id < newest) history.refused.add(id);
        },
      );
      syncs.push(done);
      if (random.fraction() < 0.6) await done;
    }
  }
  if (random.fraction() < 0.5) await Promise.all(syncs);
  disk.faults.clear();
  return () => {
    alive = false;
  };
}

function orderFault(disk: MemoryDisk, random: SeededRandom, faults: readonly Operation[]): void {
  disk.faults.add({
    operation: faults[random.between(0, faults.length)]!,
    path: /wal/,
    code: random.fraction() < 0.5 ? 'disk_full' : 'disk_failed',
    nth: random.between(1, 4),
    bytesTaken: random.between(0, 50),
  });
}

async function check(disk: MemoryDisk, history: History): Promise<Set<number>> {
  const { ids, positions, records, report } = await replayOpaque(disk, DIR);
  const found = new Set(ids);
  expect(ids.length, 'each record once').toBe(found.size);
  expect(
    [...ids].sort((a, b) => a - b),
    'in the order of appending',
  ).toEqual(ids);
  expect(
    history.acknowledged.filter((id) => !found.has(id)),
    'acknowledged and lost',
  ).toEqual([]);
  for (const [i, record] of records.entries()) {
    expect(Buffer.compare(record, opaqueRecord(ids[i]!, record.length))).toBe(0);
    if (i > 0) expect(comparePositions(positions[i - 1]!, positions[i]!)).toBeLessThan(0);
  }
  if (report.torn !== undefined) cutTornEnd(disk, report.torn);
  return found;
}

/** Runs the history of each seed from `from` on; names the seed that breaks the promise. */
export async function runWalHistories(
  seeds: { readonly from: number; readonly count: number },
  isPowerLoss: boolean,
): Promise<void> {
  for (let seed = seeds.from; seed < seeds.from + seeds.count; seed++) {
    await withSeed(seed, () => run(seed, isPowerLoss));
  }
}

async function run(seed: number, isPowerLoss: boolean): Promise<void> {
  const random = new SeededRandom(seed);
  const history: History = { acknowledged: [], refused: new Set(), nextId: 0 };
  // After a power loss what was cut off may be back: a refusal does not promise absence then.
  const mild = ['write', 'sync', 'open', 'syncDir'] as const;
  const faults = isPowerLoss ? ([...mild, 'truncate', 'remove'] as const) : mild;
  let disk = new MemoryDisk();
  for (let life = 0; life < LIVES; life++) {
    const die = await live(disk, history, { random, faults });
    die();
    disk = isPowerLoss ? disk.crash(random) : disk.kill();
    const found = await check(disk, history);
    if (!isPowerLoss) {
      expect(
        [...history.refused].filter((id) => found.has(id)),
        'refused and kept',
      ).toEqual([]);
    }
  }
}

async function withSeed(seed: number, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    throw new Error(`seed ${seed}`, { cause: thrown });
  }
}
