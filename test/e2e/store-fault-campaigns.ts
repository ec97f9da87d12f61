// The stores of the fault campaigns, each with the server that is run for it.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { stringify } from 'yaml';
import { type BucketDocument, readBucketDocument } from '../../src/base/config/bucket-document.ts';
import { Secret } from '../../src/base/config/secret.ts';
import { NodeClock } from '../../src/base/runtime/node-clock.ts';
import { nodeRuntime } from '../../src/base/runtime/node-runtime.ts';
import { FilesystemBucket } from '../../storage-adapters/filesystem/filesystem-bucket.ts';
import { MemoryBucket } from '../../storage-adapters/memory/memory-bucket.ts';
import { Processes } from '../support/e2e/processes.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import {
  AZURITE,
  AZURITE_ACCOUNT,
  AZURITE_KEY,
  startAzure,
} from '../support/stores/azure-server.ts';
import { CampaignBlocks } from '../support/stores/campaign-blocks.ts';
import { type CampaignResult, runCampaign, total } from '../support/stores/fault-campaign.ts';
import { FAKE_GCS, startGcs } from '../support/stores/gcs-server.ts';
import {
  behindProxy,
  behindShakyBucket,
  type CampaignServer,
  type StartedStore,
} from '../support/stores/misbehaving-stores.ts';
import { hasProgram } from '../support/stores/programs.ts';
import {
  MOTO,
  makeBucket,
  plainClient,
  S3_KEYS,
  type S3Server,
  startMoto,
  startVersitygw,
  VERSITYGW,
} from '../support/stores/s3-servers.ts';

const MIB = 1024 * 1024;
/** Uploads at once. */
const WORKERS = 6;
const BUCKET = 'campaign';

/** A store on which a campaign can be run. */
export interface CampaignStore {
  readonly name: string;
  readonly isThere: () => boolean;
  /** So slow that its campaign is run with the long tests only. */
  readonly isSlow?: boolean;
  readonly start: (random: SeededRandom) => Promise<StartedStore>;
}

const always = (): boolean => true;

export const CAMPAIGN_STORES: readonly CampaignStore[] = [
  { name: 'memory', isThere: always, start: onMemory },
  { name: 'filesystem', isThere: always, start: onFilesystem },
  { name: 'S3 on moto', isThere: () => hasProgram(MOTO), isSlow: true, start: onS3(startMoto) },
  { name: 'S3 on versitygw', isThere: () => hasProgram(VERSITYGW), start: onS3(startVersitygw) },
  { name: 'GCS', isThere: () => hasProgram(FAKE_GCS), start: onGcs },
  { name: 'Azure', isThere: () => hasProgram(AZURITE), start: onAzure },
];

/** Runs one, and prints what it met and what came of it. */
export async function campaignOn(
  { name, start }: CampaignStore,
  { seed, faultsWanted }: { readonly seed: number; readonly faultsWanted: number },
): Promise<CampaignResult> {
  const random = new SeededRandom(seed);
  const world = await start(random);
  try {
    const blocks = new CampaignBlocks(random, { sizeBytes: 6 * MIB, oneOf: 40 });
    const result = await runCampaign(world, { blocks, random, faultsWanted, workers: WORKERS });
    process.stdout.write(`${report(name, seed, result)}\n`);
    return result;
  } finally {
    await world.stop();
  }
}

function report(name: string, seed: number, result: CampaignResult): string {
  const list = (counts: ReadonlyMap<string, number>): string =>
    [...counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, count]) => `${count} ${what}`)
      .join(', ');
  const { uploaded, givenUp, faults, failures, lost, falselyWhole, orphans } = result;
  return (
    `${name}, seed ${seed}: ${total(faults)} faults (${list(faults)}); ` +
    `${uploaded} blocks uploaded, ${givenUp} given up, rounds that failed: ${list(failures)}; ` +
    `${lost.length} files lost, ${falselyWhole.length} taken for whole that are not, ` +
    `${orphans.length} orphans, ${result.unfinished} unfinished uploads`
  );
}

const NOWHERE: BucketDocument = {
  type: 'FILESYSTEM',
  prefix: '',
  config: { directory: 'in memory' },
};

function onMemory(random: SeededRandom): Promise<StartedStore> {
  const adapter = new MemoryBucket(new NodeClock());
  return behindShakyBucket(NOWHERE, adapter, { random, unfinished: async () => 0 });
}

async function onFilesystem(random: SeededRandom): Promise<StartedStore> {
  const directory = mkdtempSync(join(tmpdir(), 'varve-campaign-'));
  const adapter = new FilesystemBucket({ directory }, nodeRuntime());
  const unfinished = async (): Promise<number> =>
    readdirSync(directory, { recursive: true }).filter((path) => String(path).includes('.varve-'))
      .length;
  const document = { ...NOWHERE, config: { directory } } as BucketDocument;
  const started = await behindShakyBucket(document, adapter, { random, unfinished });
  const stop = async (): Promise<void> => {
    await started.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { ...started, stop };
}

function onS3(startServer: () => Promise<S3Server>) {
  return async (random: SeededRandom): Promise<StartedStore> => {
    const { endpoint: address, stop } = await startServer();
    const bucket = await makeBucket(address);
    const keys = { access_key: S3_KEYS.accessKey, secret_key: S3_KEYS.secretKey };
    const config = { bucket, insecure: true, part_size: 5 * MIB, ...keys };
    const client = plainClient(address);
    const server: CampaignServer = {
      address,
      document: (endpoint) => documentOf({ type: 'S3', config: { ...config, endpoint } }),
      deletedStatus: 204,
      unfinished: async () => {
        const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
        return Uploads?.length ?? 0;
      },
      stop: async () => {
        client.destroy();
        await stop();
      },
    };
    return behindProxy(server, random);
  };
}

async function onGcs(random: SeededRandom): Promise<StartedStore> {
  const processes = new Processes();
  const { host: address, createBucket } = await startGcs(processes);
  await createBucket(BUCKET);
  const config = { bucket: BUCKET, chunk_size_bytes: 2 * MIB };
  const server: CampaignServer = {
    address,
    document: (host) => documentOf({ type: 'GCS', config }, { STORAGE_EMULATOR_HOST: host }),
    deletedStatus: 204,
    // Nothing of an upload that was cut off can be listed, and nothing is billed.
    unfinished: async () => 0,
    stop: () => processes.endAll(),
  };
  return behindProxy(server, random);
}

async function onAzure(random: SeededRandom): Promise<StartedStore> {
  const processes = new Processes();
  const { endpoint } = await startAzure(processes);
  const { host: address } = new URL(endpoint);
  const keys = { storage_account: AZURITE_ACCOUNT, storage_account_key: AZURITE_KEY };
  const server: CampaignServer = {
    address,
    document: (host) => {
      const where = { container: BUCKET, endpoint: `http://${host}/${AZURITE_ACCOUNT}` };
      return documentOf({ type: 'AZURE', config: { ...keys, ...where } });
    },
    deletedStatus: 202,
    unfinished: async () => 0,
    stop: () => processes.endAll(),
  };
  return behindProxy(server, random);
}

function documentOf(yaml: object, env: Readonly<Record<string, string>> = {}): BucketDocument {
  const source = { name: 'bucket.yml', text: new Secret(stringify(yaml)), fillEnvironment: false };
  return readBucketDocument(source, env);
}
