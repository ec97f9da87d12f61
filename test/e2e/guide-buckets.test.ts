// The four bucket.yml of the guide that users follow, with nothing changed but where the server is:
// each receives blocks of a real `varve serve` on its local server, and gives them back whole.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readBucketDocument } from '../../src/base/config/bucket-document.ts';
import { Secret } from '../../src/base/config/secret.ts';
import { nodeRuntime } from '../../src/base/runtime/node-runtime.ts';
import { encodeBodyV1 } from '../../src/write/wire/encode-request.ts';
import { openBucket } from '../../storage-adapters/open-bucket.ts';
import { httpCall } from '../support/e2e/http-calls.ts';
import { Processes } from '../support/e2e/processes.ts';
import { V1_HEADERS } from '../support/e2e/recording-sender.ts';
import { VarveProcess } from '../support/e2e/varve-process.ts';
import { eachObject } from '../support/each-object.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { AZURITE, startAzure } from '../support/stores/azure-server.ts';
import { FAKE_GCS, startGcs } from '../support/stores/gcs-server.ts';
import { hasProgram } from '../support/stores/programs.ts';
import {
  MOTO,
  plainClient,
  S3_KEYS,
  startMoto,
  startVersitygw,
  VERSITYGW,
} from '../support/stores/s3-servers.ts';

const GUIDE = new URL('../../../shared/guide/prometheus-ha-guide.txt', import.meta.url).pathname;
/** What stands in the guide as the name of the bucket, and of the Azure account. */
const BUCKET = 'thanos-metrics';
const ACCOUNT = 'thanosmetrics';
/** Azurite takes any account with a key of 64 bytes. */
const ACCOUNT_KEY = Buffer.alloc(64, 7).toString('base64');

const processes = new Processes();
const dir = mkdtempSync(join(tmpdir(), 'varve-guide-'));
const endings: (() => Promise<void>)[] = [];
afterAll(async () => {
  await processes.endAll();
  for (const end of endings) await end();
  rmSync(dir, { recursive: true, force: true });
});

/** The bucket.yml below a heading of the guide, as it stands there. */
function bucketFile(heading: string): string {
  const lines = readFileSync(GUIDE, 'utf8').split('\n');
  const start = lines.indexOf('# thanos-bucket.yml', lines.indexOf(heading)) + 1;
  const end = lines.findIndex((line, at) => at > start && /^[A-Z#]/.test(line));
  return lines.slice(start, end).join('\n');
}

/** One of the four: its server, and what has to change for it. */
interface Case {
  readonly name: string;
  readonly heading: string;
  readonly program: string;
  /** Starts the server; the file with the new place, and the environment that goes with it. */
  start(file: string): Promise<{ readonly file: string; readonly env: Record<string, string> }>;
}

/** A line of the file, changed; it must have been there. */
function change(file: string, from: RegExp, to: string): string {
  expect(file).toMatch(from);
  return file.replace(from, to);
}

async function s3Bucket(server: { endpoint: string; stop: () => Promise<void> }): Promise<void> {
  endings.push(server.stop);
  const { CreateBucketCommand } = await import('@aws-sdk/client-s3');
  const client = plainClient(server.endpoint);
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
}

const CASES: readonly Case[] = [
  {
    name: 'S3',
    heading: 'S3 Configuration',
    program: MOTO,
    start: async (file) => {
      const server = await startMoto();
      await s3Bucket(server);
      const moved = change(file, /endpoint: .*/, `endpoint: "${server.endpoint}"`);
      const env = {
        AWS_ACCESS_KEY_ID: S3_KEYS.accessKey,
        AWS_SECRET_ACCESS_KEY: S3_KEYS.secretKey,
      };
      return { file: change(moved, /insecure: false/, 'insecure: true'), env };
    },
  },
  {
    name: 'MinIO',
    heading: 'MinIO Configuration',
    program: VERSITYGW,
    start: async (file) => {
      const server = await startVersitygw();
      await s3Bucket(server);
      const env = { MINIO_ACCESS_KEY: S3_KEYS.accessKey, MINIO_SECRET_KEY: S3_KEYS.secretKey };
      return { file: change(file, /endpoint: .*/, `endpoint: "${server.endpoint}"`), env };
    },
  },
  {
    name: 'GCS',
    heading: 'GCS Configuration',
    program: FAKE_GCS,
    start: async (file) => {
      const server = await startGcs(processes);
      await server.createBucket(BUCKET);
      return { file, env: { STORAGE_EMULATOR_HOST: server.host } };
    },
  },
  {
    name: 'Azure',
    heading: 'Azure Configuration',
    program: AZURITE,
    start: async (file) => {
      const server = await startAzure(processes, { account: ACCOUNT, key: ACCOUNT_KEY });
      await server.createContainer(BUCKET);
      const moved = change(file, /endpoint: ""/, `endpoint: "${server.endpoint}"`);
      return { file: moved, env: { AZURE_STORAGE_KEY: ACCOUNT_KEY } };
    },
  },
];

describe.skipIf(!existsSync(GUIDE))("the guide's bucket.yml", () => {
  test.for(CASES)('for $name takes blocks', async ({ name, heading, program, start }, context) => {
    context.skip(!hasProgram(program), `${program} is not installed`);
    const { file, env } = await start(bucketFile(heading));
    const path = join(dir, `${name}.yml`);
    writeFileSync(path, file);
    const args = [`--objstore.config-file=${path}`, '--web.enable-lifecycle'];
    const options = { dataDir: join(dir, name), args, env };
    const varve = await VarveProcess.prepare(processes, options);
    await varve.start();
    const sample = { timeMs: Date.now(), value: 42 };
    const body = encodeBodyV1([{ labels: [['__name__', 'guide']], samples: [sample] }]);
    const call = { method: 'POST', headers: V1_HEADERS, body };
    const answer = await httpCall(`${varve.writeOrigin}/api/v1/receive`, call);
    expect(answer.status).toBe(204);
    expect(await varve.flush()).toMatch(/cut, [1-9]\d* uploaded, 0 not uploaded/);
    expect(await varve.terminate()).toBe(0);
    const said = varve.process.stdout + varve.process.stderr;
    for (const secret of Object.values(env).filter((value) => value.length > 30)) {
      expect(said).not.toContain(secret);
    }
    await expectWholeBlocks(file, env);
  });
});

/** Each block has its index and chunks of the size that its meta.json says. */
async function expectWholeBlocks(file: string, env: Record<string, string>): Promise<void> {
  const source = { name: 'bucket.yml', text: new Secret(file), fillEnvironment: true };
  const world = { ...nodeRuntime(), logger: new MemoryLogger() };
  const bucket = await openBucket(readBucketDocument(source, env), world);
  const sizes = new Map<string, number>();
  for await (const { key, sizeBytes } of eachObject(bucket.list(''))) sizes.set(key, sizeBytes);
  const metas = [...sizes.keys()].filter((key) => key.endsWith('/meta.json'));
  expect(metas.length).toBeGreaterThanOrEqual(1);
  for (const key of metas) {
    const parts: Uint8Array[] = [];
    for await (const part of bucket.get(key)) parts.push(part);
    const { thanos } = JSON.parse(Buffer.concat(parts).toString()) as {
      thanos: { files: { rel_path: string; size_bytes?: number }[] };
    };
    for (const { rel_path: path, size_bytes: size } of thanos.files) {
      if (path === 'meta.json') continue;
      expect([path, sizes.get(key.replace('meta.json', path))]).toEqual([path, size]);
    }
  }
  await bucket.close();
}
