// Local object stores for measuring requests: each started empty, with one bucket, described as a
// user would. What is not installed is left out of the run, and said.

import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { freePort, ServerProcess } from '../side-by-side/processes.ts';

const BUCKET = 'bench';
const KEY = 'bench-key';
const SECRET = 'bench-secret';
const ACCOUNT = 'bench';
const ACCOUNT_KEY = Buffer.alloc(64, 1).toString('base64');

/** A store that runs, and its bucket.yml. */
export interface RunningStore {
  readonly config: unknown;
  readonly env: Readonly<Record<string, string>>;
  readonly end: () => Promise<void>;
}

export interface StoreKind {
  readonly name: string;
  /** Undefined when it needs none. */
  readonly program: string | undefined;
  start(dir: string): Promise<RunningStore>;
}

/** Where `.ci/run` puts it, or on PATH. */
export function programPath(name: string): string | undefined {
  const peers = process.env.VARVE_PEERS ?? join(homedir(), '.cache/varve-peers');
  const path = (process.env.PATH ?? '').split(delimiter);
  const dirs = [join(peers, 'bin'), join(peers, 'node_modules/.bin'), ...path];
  return dirs.map((dir) => join(dir, name)).find((file) => existsSync(file));
}

export const STORES: readonly StoreKind[] = [
  {
    name: 'filesystem',
    program: undefined,
    start: async (dir) => ({
      config: { type: 'FILESYSTEM', config: { directory: join(dir, 'bucket') } },
      env: {},
      end: async () => undefined,
    }),
  },
  {
    name: 's3 (moto)',
    program: 'moto_server',
    start: (dir) => s3('moto_server', dir, (port) => ['-H', '127.0.0.1', '-p', String(port)]),
  },
  {
    name: 's3 (versitygw)',
    program: 'versitygw',
    start: (dir) => {
      for (const name of ['data', 'attributes']) mkdirSync(join(dir, name), { recursive: true });
      return s3('versitygw', dir, (port) => [
        ...['--port', `127.0.0.1:${port}`, '--quiet', '--access', KEY, '--secret', SECRET],
        ...['posix', '--sidecar', join(dir, 'attributes'), join(dir, 'data')],
      ]);
    },
  },
  { name: 'gcs (fake-gcs-server)', program: 'fake-gcs-server', start: gcs },
  { name: 'azure (azurite)', program: 'azurite-blob', start: azure },
];

async function s3(
  program: string,
  dir: string,
  args: (port: number) => readonly string[],
): Promise<RunningStore> {
  const port = await freePort();
  const server = await started(program, args(port), { dir, url: `http://127.0.0.1:${port}/` });
  const endpoint = `127.0.0.1:${port}`;
  const client = new S3Client({
    endpoint: `http://${endpoint}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: KEY, secretAccessKey: SECRET },
  });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  const keys = { access_key: KEY, secret_key: SECRET };
  const config = { type: 'S3', config: { bucket: BUCKET, endpoint, insecure: true, ...keys } };
  return { config, env: {}, end: () => server.end('SIGTERM') };
}

async function gcs(dir: string): Promise<RunningStore> {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const args = [
    ...['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)],
    ...['-public-host', host, '-log-level', 'error'],
  ];
  const server = await started('fake-gcs-server', args, { dir, url: `http://${host}/` });
  await fetch(`http://${host}/storage/v1/b?project=bench`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: BUCKET }),
  });
  const config = { type: 'GCS', config: { bucket: BUCKET } };
  return { config, env: { STORAGE_EMULATOR_HOST: host }, end: () => server.end('SIGTERM') };
}

async function azure(dir: string): Promise<RunningStore> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
  process.env.AZURITE_ACCOUNTS = `${ACCOUNT}:${ACCOUNT_KEY}`;
  const args = [
    ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--inMemoryPersistence'],
    ...['--skipApiVersionCheck', '--disableTelemetry', '--silent'],
  ];
  const server = await started('azurite-blob', args, { dir, url: endpoint });
  const credential = new StorageSharedKeyCredential(ACCOUNT, ACCOUNT_KEY);
  await new BlobServiceClient(endpoint, credential).createContainer(BUCKET);
  const keys = { storage_account: ACCOUNT, storage_account_key: ACCOUNT_KEY };
  const config = { type: 'AZURE', config: { container: BUCKET, endpoint, ...keys } };
  return { config, env: {}, end: () => server.end('SIGTERM') };
}

/** Starts it; ready is whoever answers at all. */
async function started(
  program: string,
  args: readonly string[],
  { dir, url }: { readonly dir: string; readonly url: string },
): Promise<ServerProcess> {
  mkdirSync(dir, { recursive: true });
  const path = programPath(program) ?? program;
  process.env.PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`;
  const server = new ServerProcess([path, ...args], join(dir, 'store.log'));
  await server.answers(url);
  return server;
}
