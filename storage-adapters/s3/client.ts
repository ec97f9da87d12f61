// The AWS SDK's client, made for one bucket. It tries each request once, keeps its connections as
// http_config says, adds no checksums of its own (clones refuse them), and asks nobody "100
// Continue".

import { S3Client } from '@aws-sdk/client-s3';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ChooseProxy } from '../../src/base/http/proxy-rules.ts';
import { forwardedTo } from '../../src/base/http/proxy-tunnel.ts';
import { storeAgents } from '../../src/base/http/store-agents.ts';
import type { Disk } from '../../src/base/runtime/disk.ts';
import type { Timers } from '../../src/base/runtime/timers.ts';
import { type S3BucketOptions, s3Endpoint } from './options.ts';

/** Until a connection is there, as Go's client, which Thanos uses, has it. */
const CONNECT_TIMEOUT_MS = 30_000;

/** The SDK's own messages repeat what its errors say, and would go to the console. */
const SILENT = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Makes it; whoever made it destroys it, which closes its connections. */
export function s3Client(
  options: S3BucketOptions,
  world: { readonly disk: Disk; readonly timers: Timers },
): S3Client {
  const { region, url, pathStyle, dualstack, tls } = s3Endpoint(options);
  const agents = storeAgents(options.http, world);
  // Its warning that coming versions of the SDK want a newer Node is about no version of ours.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const requestHandler = new NodeHttpHandler({
    httpAgent: agents.http,
    httpsAgent: agents.https,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    // The SDK's would run while a body is sent; S3Requests has its own.
    requestTimeout: 0,
    socketTimeout: 0,
    // Waiting for one of max_conns_per_host is what its user asked for.
    socketAcquisitionWarningTimeout: 2 ** 31 - 1,
  });
  const client = new S3Client({
    region,
    ...(url === undefined ? {} : { endpoint: url }),
    forcePathStyle: pathStyle,
    useDualstackEndpoint: dualstack,
    useFipsEndpoint: false,
    tls,
    ...credentialsOf(options, requestHandler),
    logger: SILENT,
    // Retries, with a budget and a ledger, are put around the adapter.
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    // A bucket named like those of S3 Express would be signed in another way.
    disableS3ExpressSessionAuth: url !== undefined,
    requestHandler,
  });
  if (options.http.proxies.http !== undefined) forwardPlain(client, agents.choose);
  return client;
}

/** The parts of a request of the SDK's that say where it goes. */
interface SdkRequest {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  headers: Record<string, string>;
}

/** Has requests without TLS written for their proxy, after they were signed. */
function forwardPlain(client: S3Client, choose: ChooseProxy): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as SdkRequest;
      const { hostname, path, port } = request;
      const isPlain = request.protocol === 'http:';
      const target = { tls: false, host: hostname.replace(/^\[|\]$/g, ''), port: port ?? 80 };
      const proxy = isPlain ? choose(target) : undefined;
      if (proxy === undefined) return next(args);
      const to = forwardedTo(proxy, port === undefined ? hostname : `${hostname}:${port}`);
      const { host: _, ...headers } = to.headers; // the one that was signed stays
      Object.assign(request.headers, headers);
      const where = { protocol: to.protocol, hostname: to.hostname, port: to.port };
      Object.assign(request, where, { path: `${to.origin}${path}` });
      return next(args);
    },
    { step: 'deserialize', priority: 'low', name: 'varveForward' },
  );
}

/** Those of bucket.yml, else the SDK's chain: environment, profiles, web identity, metadata. */
function credentialsOf({ keys, stsEndpoint }: S3BucketOptions, requestHandler: NodeHttpHandler) {
  if (keys !== undefined) {
    const { accessKey, secretKey, sessionToken } = keys;
    const token = sessionToken === '' ? {} : { sessionToken };
    return { credentials: { accessKeyId: accessKey, secretAccessKey: secretKey, ...token } };
  }
  if (stsEndpoint === '') return {};
  return {
    credentials: defaultProvider({ clientConfig: { endpoint: stsEndpoint, requestHandler } }),
  };
}
