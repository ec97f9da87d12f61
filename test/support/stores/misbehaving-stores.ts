// Stores that misbehave, for campaigns: adapters in this process behind a bucket of faults, and real
// servers behind a proxy of faults.

import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketDocument } from '../../../src/base/config/bucket-document.ts';
import { MetricStore } from '../../../src/base/observe/metric-store.ts';
import { nodeRuntime } from '../../../src/base/runtime/node-runtime.ts';
import type { Bucket } from '../../../src/bucket/bucket.ts';
import { type OpenedStore, openStore, type StoreTools } from '../../../src/bucket/open-store.ts';
import { openBucket } from '../../../storage-adapters/open-bucket.ts';
import { MemoryLogger } from '../memory-logger.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { MisbehavingStore } from './fault-campaign.ts';
import { FaultyStoreProxy } from './faulty-store-proxy.ts';
import { type CallFault, ShakyBucket } from './shaky-bucket.ts';

/** A store server for a campaign. */
export interface CampaignServer {
  /** `host:port`. */
  readonly address: string;
  /** The bucket.yml with which the server is reached at an address. */
  document(address: string): BucketDocument;
  /** The status that it gives to a delete. */
  readonly deletedStatus: number;
  /** Uploads that were cut off and that it still holds parts of. */
  unfinished(): Promise<number>;
  stop(): Promise<void>;
}

/** A store that a campaign has started. */
export interface StartedStore extends MisbehavingStore {
  stop(): Promise<void>;
}

/** Quick, so that thousands of faults fit into a test; else as they are. */
const TUNING: Pick<StoreTools, 'retries' | 'timeouts' | 'limits'> = {
  retries: {
    triesMax: 5,
    firstWaitMs: 5,
    longestWaitMs: 50,
    giveUpAfterMs: 20_000,
    budget: { capacity: 200, perSuccess: 0.2, perSecond: 50 },
  },
  timeouts: { callMs: 800, stallMs: 2500 },
  limits: { concurrencyMax: 6, uploadBytesPerSecond: 0, downloadBytesPerSecond: 0 },
};

/** Share of requests that meet a fault. */
const FAULT_SHARE = 0.15;

/** Opens all that stands around an adapter; `tuning` is that of whoever looks at a calm store. */
function openCampaignStore(
  document: BucketDocument,
  open: StoreTools['open'],
  tuning: Pick<StoreTools, 'limits'> = TUNING,
): Promise<OpenedStore> {
  const tools = { metrics: new MetricStore(), logger: new MemoryLogger(), open };
  return openStore(document, nodeRuntime(), { ...tools, ...tuning });
}

/** A server behind a proxy of faults. */
export async function behindProxy(
  server: CampaignServer,
  random: SeededRandom,
): Promise<StartedStore> {
  const { address, deletedStatus } = server;
  const target = `http://${address}`;
  const proxy = new FaultyStoreProxy({ target, random, faultShare: FAULT_SHARE, deletedStatus });
  const store = await openCampaignStore(server.document(await proxy.listen()), openBucket);
  // With retries as well: a server may end a connection that was idle just when it is used again.
  const { limits } = TUNING;
  const straight = await openCampaignStore(server.document(address), openBucket, { limits });
  return {
    store,
    direct: straight.bucketFor('tool'),
    faults: () => proxy.injected,
    calm: () => proxy.calm(),
    unfinished: () => server.unfinished(),
    stop: async () => {
      await store.close();
      await straight.close();
      await proxy.close();
      await server.stop();
    },
  };
}

const FAULTS: Readonly<Record<string, readonly CallFault[]>> = {
  get: ['refused', 'throttled', 'denied', 'cut', 'cut', 'flipped', 'lost', 'stall'],
  put: ['refused', 'throttled', 'denied', 'lost', 'damaged', 'flipped', 'late', 'stall'],
  list: ['refused', 'throttled', 'denied', 'cut', 'lost', 'old', 'stall'],
  delete: ['refused', 'throttled', 'denied', 'lost', 'late', 'late', 'stall'],
};
const OTHER_FAULTS: readonly CallFault[] = ['refused', 'throttled', 'denied', 'lost', 'stall'];

/** An adapter of this process behind a bucket of faults. */
export async function behindShakyBucket(
  document: BucketDocument,
  adapter: Bucket,
  { random, unfinished }: { random: SeededRandom; unfinished: () => Promise<number> },
): Promise<StartedStore> {
  let share = FAULT_SHARE;
  const late = new Set<Promise<void>>();
  const later = (run: () => Promise<unknown>): void => {
    const doing: Promise<void> = sleep(random.between(1, 60))
      .then(run)
      .then(
        () => undefined,
        () => undefined, // refused or done: nobody is told any more
      )
      .finally(() => late.delete(doing));
    late.add(doing);
  };
  const choose = (operation: string): CallFault | undefined =>
    random.fraction() < share ? random.pick(FAULTS[operation] ?? OTHER_FAULTS) : undefined;
  const shaky = new ShakyBucket(adapter, choose, later);
  const store = await openCampaignStore(document, async () => shaky);
  return {
    store,
    direct: adapter,
    faults: () => new Map([...shaky.seen].filter(([what]) => !what.endsWith(' pass'))),
    calm: async () => {
      share = 0;
      while (late.size > 0) await Promise.all(late);
    },
    unfinished,
    stop: () => store.close(),
  };
}
