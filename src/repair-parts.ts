// What compact/repair works with, made of the pieces of block/ and bucket/: `varve bucket verify
// --repair` wires them here, as merge-parts.ts does for merges.

import { VarveError } from './base/errors/varve-error.ts';
import type { UlidMaker } from './base/model/ulid.ts';
import type { Clock } from './base/runtime/clock.ts';
import type { Disk } from './base/runtime/disk.ts';
import type { Random } from './base/runtime/random.ts';
import type { Timers } from './base/runtime/timers.ts';
import type { StoredBlock } from './block/fetched-block.ts';
import { printMeta } from './block/meta/print.ts';
import { SalvagedBlock } from './block/salvage/salvaged-block.ts';
import { verifyStored } from './block/verify-stored.ts';
import { listBlock } from './bucket/block-listing.ts';
import { blockBytes } from './bucket/block-record.ts';
import type { Bucket } from './bucket/bucket.ts';
import { deleteBlock } from './bucket/delete-block.ts';
import { blockKey } from './bucket/layout.ts';
import { AloneLeases } from './compact/lease/alone-leases.ts';
import { LEASE_TIMES } from './compact/lease/lease.ts';
import { Leases } from './compact/lease/leases.ts';
import { probeConditions } from './compact/lease/probe.ts';
import { ProbedLeases } from './compact/lease/probed-leases.ts';
import { segmentBytesFor } from './compact/merge/merge-sizes.ts';
import { type RepairOutcome, repairBlock } from './compact/repair/repair-block.ts';
import {
  type DamagedBlock,
  type Repaired,
  repairInBucket,
} from './compact/repair/repair-in-bucket.ts';
import { resultParts } from './merge-parts.ts';

/** The world of repairs. */
export interface RepairsWorld {
  readonly bucket: Bucket;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly ulids: UlidMaker;
  /** For repairs alone. */
  readonly workDir: string;
  readonly signal: AbortSignal;
  readonly replicaLabels: readonly string[];
  /** Nothing is written, and no lease is taken. */
  readonly isDry: boolean;
  /** Names this process in leases. */
  readonly holder: string;
  /** Sets the deletion mark of a block. */
  readonly mark: (ulid: string, reason: string, details: string) => Promise<unknown>;
  /** For what a person should know. */
  readonly err: (line: string) => void;
}

/** What repairs one block after the other; they share what was found out about the store. */
export function repairer(world: RepairsWorld): (damaged: DamagedBlock) => Promise<Repaired> {
  const { bucket, clock, err, holder, random, timers, ulids } = world;
  const leases = new ProbedLeases({
    probe: () => probeConditions(bucket, random),
    leases: new Leases({ bucket, clock, timers, times: LEASE_TIMES }, holder),
    alone: new AloneLeases(),
    onAlone: err,
  });
  return async (damaged) => {
    const { ulid } = damaged.meta;
    if (world.isDry) return repair(world, ulid, { ulid: ulids.next(), signal: world.signal });
    return repairInBucket(damaged, {
      ...world,
      leases,
      newUlid: () => ulids.next(),
      repair: (of, made, signal) => repair(world, of, { ulid: made, signal }),
      wrongWith: (made) => wrongWith(world, made),
      deleteBlock: (made) => deleteBlock(bucket, made),
      onRenewalFailed: (message) => err(`the lease was not renewed, tried again: ${message}`),
    });
  };
}

async function repair(
  world: RepairsWorld,
  of: string,
  { signal, ulid }: { readonly signal: AbortSignal; readonly ulid: string },
): Promise<RepairOutcome> {
  const { bucket, disk, isDry, workDir } = world;
  const listing = await listBlock(bucket, of, { signal });
  if (listing.moreFiles > 0)
    return { kind: 'refused', what: `it has ${listing.moreFiles} files too many` };
  const parts = resultParts(ulid, { bucket, disk, workDir: `${workDir}/made`, signal });
  return repairBlock(ulid, {
    ...parts,
    ...(isDry ? { sending: NOWHERE } : {}),
    segmentBytes: segmentBytesFor(blockBytes(listing)),
    open: () => SalvagedBlock.open(stored(world, listing, signal), at(world, 'damaged')),
  });
}

/** A block that is only looked at while it is made. */
const NOWHERE: ReturnType<typeof resultParts>['sending'] = {
  send: async () => undefined,
  sendMeta: async (meta) => printMeta(meta).length,
  takeBack: async () => undefined,
};

async function wrongWith(world: RepairsWorld, ulid: string): Promise<string | undefined> {
  const { bucket, signal } = world;
  const listing = await listBlock(bucket, ulid, { signal });
  const { findings, meta } = await verifyStored(stored(world, listing, signal), at(world, 'made'));
  const first = findings.find(({ severity }) => severity === 'error');
  if (first !== undefined) return `${first.file}: ${first.what}`;
  return meta === undefined ? 'it has no meta.json' : undefined;
}

/** An empty directory for what is fetched. */
function at({ disk, workDir }: RepairsWorld, name: string) {
  const dir = `${workDir}/${name}-fetched`;
  disk.removeTree(dir);
  disk.makeDir(dir);
  return { disk, workDir: dir };
}

function stored(
  { bucket }: RepairsWorld,
  { files, ulid }: Pick<StoredBlock, 'files' | 'ulid'>,
  signal: AbortSignal,
): StoredBlock {
  if (files.length === 0) throw new VarveError('not_found', `block ${ulid} is gone`);
  return {
    ulid,
    files,
    read: (name) => bucket.get(blockKey(ulid, name), undefined, { signal }),
  };
}
