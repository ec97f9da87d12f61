// Each type of store through a proxy that the environment names, as bucket.yml and HTTP_PROXY have
// it: real servers, called by names that only the proxy knows.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readBucketDocument } from '../../src/base/config/bucket-document.ts';
import { Secret } from '../../src/base/config/secret.ts';
import { collect } from '../../src/base/runtime/file-pieces.ts';
import { nodeRuntime } from '../../src/base/runtime/node-runtime.ts';
import { bytesSource } from '../../src/bucket/put-sources.ts';
import { openBucket } from '../../storage-adapters/open-bucket.ts';
import { Processes } from '../support/e2e/processes.ts';
import { eachObject } from '../support/each-object.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import {
  AZURITE,
  AZURITE_ACCOUNT,
  AZURITE_KEY,
  startAzure,
} from '../support/stores/azure-server.ts';
import { FAKE_GCS, startGcs } from '../support/stores/gcs-server.ts';
import { hasProgram } from '../support/stores/programs.ts';
import { type RunningProxy, startProxy } from '../support/stores/proxy-server.ts';
import { makeBucket, S3_KEYS, startVersitygw, VERSITYGW } from '../support/stores/s3-servers.ts';
import { HAS_OPENSSL, passedOnTo, startTls } from '../support/stores/tls-server.ts';

/** A store's description under the name that the proxy knows it by, and its real port. */
interface Named {
  readonly text: string;
  readonly name: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}

const NAME = 'store.example:9000';
/** A name with dots would be an account's host to Azure; an address is not looked up either. */
const ADDRESS = '10.255.0.1:9000';
const processes = new Processes();
const stops: (() => Promise<void>)[] = [];

async function s3(): Promise<Named> {
  const server = await startVersitygw();
  stops.push(() => server.stop());
  const bucket = await makeBucket(server.endpoint);
  const keys = { access_key: S3_KEYS.accessKey, secret_key: S3_KEYS.secretKey };
  const config = { bucket, endpoint: NAME, insecure: true, ...keys };
  return { text: stringify({ type: 'S3', config }), name: NAME, port: portOf(server.endpoint) };
}

/** The same, over TLS. */
async function s3OverTls(): Promise<Named> {
  const { port, text } = await s3();
  const front = await startTls('store.example', passedOnTo(port));
  stops.push(() => front.close());
  const overTls = text.replace('insecure: true', 'http_config: {insecure_skip_verify: true}');
  return { text: overTls, name: NAME, port: front.port };
}

async function gcs(): Promise<Named> {
  const server = await startGcs(processes);
  await server.createBucket('proxied');
  const text = stringify({ type: 'GCS', config: { bucket: 'proxied' } });
  const env = { STORAGE_EMULATOR_HOST: NAME };
  return { text, name: NAME, port: portOf(server.host), env };
}

async function azure(): Promise<Named> {
  const server = await startAzure(processes);
  const keys = { storage_account: AZURITE_ACCOUNT, storage_account_key: AZURITE_KEY };
  const endpoint = `http://${ADDRESS}/${AZURITE_ACCOUNT}`;
  const config = { ...keys, container: 'proxied', endpoint };
  return {
    text: stringify({ type: 'AZURE', config }),
    name: ADDRESS,
    port: portOf(server.endpoint),
  };
}

function portOf(endpoint: string): number {
  return Number(/:(\d+)(\/|$)/.exec(endpoint)?.[1]);
}

describe.each([
  { type: 'S3', program: VERSITYGW, start: s3 },
  ...(HAS_OPENSSL ? [{ type: 'S3 over TLS', program: VERSITYGW, start: s3OverTls }] : []),
  { type: 'GCS', program: FAKE_GCS, start: gcs },
  { type: 'AZURE', program: AZURITE, start: azure },
])('$type through a proxy', ({ program, start }) => {
  describe.skipIf(!hasProgram(program))('running', () => {
    let named: Named;
    let proxy: RunningProxy;
    beforeAll(async () => {
      named = await start();
      proxy = await startProxy({ places: new Map([[named.name, named.port]]) });
      stops.push(() => proxy.close());
    });
    afterAll(async () => {
      for (const stop of stops.splice(0)) await stop();
      await processes.endAll();
    });

    it('puts, lists, reads and deletes, every request by way of it', async () => {
      const url = `http://127.0.0.1:${proxy.port}`;
      const env = { HTTP_PROXY: url, HTTPS_PROXY: url, ...named.env };
      const source = { name: 'bucket.yml', text: new Secret(named.text), fillEnvironment: false };
      const world = { ...nodeRuntime(), logger: new MemoryLogger() };
      const opened = await openBucket(readBucketDocument(source, env), world);
      let requests = 0;
      const bucket = opened.observedBy(() => requests++);
      await bucket.put('a/b', bytesSource(Buffer.from('hello')));
      const keys: string[] = [];
      for await (const { key } of eachObject(bucket.list('a/'))) keys.push(key);
      expect(keys).toEqual(['a/b']);
      const range = { offset: 1, length: 3 };
      const bytes = await collect(bucket.get('a/b', range), 9, 'a/b');
      expect(Buffer.from(bytes).toString()).toBe('ell');
      await bucket.delete('a/b');
      expect(await bucket.exists('a/b')).toBe(false);
      await bucket.close();
      expect(requests).toBeGreaterThanOrEqual(5);
      const tunnels = proxy.seen.filter((one) => one === `CONNECT ${named.name}`);
      const forwarded = proxy.seen.filter((one) => one.includes(` http://${named.name}/`));
      expect(tunnels.length + forwarded.length).toBe(proxy.seen.length);
      if (tunnels.length === 0) expect(forwarded.length).toBeGreaterThanOrEqual(requests);
    });
  });
});
