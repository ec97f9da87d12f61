// Local servers that speak S3: moto (in memory, checks little) and versitygw (files, checks keys
// and checksums). Each on a free port, with keys of its own.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { httpCall } from '../e2e/http-calls.ts';
import { Processes } from '../e2e/processes.ts';
import { freePorts, waitFor } from '../e2e/waiting.ts';
import { requireProgram } from './programs.ts';

export const MOTO = 'moto_server';
export const VERSITYGW = 'versitygw';

/** The keys that both servers are used with. */
export const S3_KEYS = { accessKey: 'varve-test', secretKey: 'varve-test-secret' } as const;

/** A running server. */
export interface S3Server {
  /** host:port. */
  readonly endpoint: string;
  /** Ends it and removes what it stored. */
  readonly stop: () => Promise<void>;
}

/** Starts moto; it keeps everything in memory. */
export async function startMoto(): Promise<S3Server> {
  const args = (port: number) => ['-H', '127.0.0.1', '-p', String(port)];
  return start(MOTO, args, async () => undefined);
}

/** Starts versitygw on a directory of its own. */
export async function startVersitygw(): Promise<S3Server> {
  const dir = mkdtempSync(join(tmpdir(), 'varve-versitygw-'));
  for (const name of ['data', 'sidecar']) mkdirSync(join(dir, name));
  const args = (port: number) => [
    ...['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive'],
    ...['--access', S3_KEYS.accessKey, '--secret', S3_KEYS.secretKey],
    // Beside the data: not every file system of a test machine has extended attributes.
    ...['posix', '--sidecar', join(dir, 'sidecar'), join(dir, 'data')],
  ];
  return start(VERSITYGW, args, async () => rmSync(dir, { recursive: true, force: true }));
}

async function start(
  name: string,
  args: (port: number) => readonly string[],
  cleanUp: () => Promise<void>,
): Promise<S3Server> {
  const processes = new Processes();
  const [port = 0] = await freePorts(1);
  const endpoint = `127.0.0.1:${port}`;
  // HOME: a program of pyenv's finds its Python there.
  const env = { HOME: homedir() };
  const server = processes.start(name, requireProgram(name), { args: args(port), env });
  const stop = async () => {
    await processes.endAll();
    await cleanUp();
  };
  try {
    // Any answer will do: one without keys is refused.
    await waitFor(`${name} answers`, async () => (await httpCall(`http://${endpoint}/`)).status, {
      limitMs: 60_000,
      explain: () => server.lastWords(),
    });
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { endpoint, stop };
}

/** A client of the SDK's own, for looking at what an adapter did. */
export function plainClient(endpoint: string): S3Client {
  // As our adapter has it: the warning is about coming versions of the SDK.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  return new S3Client({
    endpoint: `http://${endpoint}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: S3_KEYS.accessKey, secretAccessKey: S3_KEYS.secretKey },
  });
}

let bucketsMade = 0;

/** Makes a bucket that nobody else uses; its name. */
export async function makeBucket(endpoint: string): Promise<string> {
  bucketsMade++;
  const bucket = `varve-${process.pid}-${bucketsMade}`;
  const client = plainClient(endpoint);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return bucket;
}
