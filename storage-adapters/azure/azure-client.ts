// Azure's client library, made from bucket.yml: how it signs in, and our transport under it.
//
// The library writes and signs requests and reads answers; sockets, time limits and signals are
// ours (base/http/store-http.ts), so that http_config holds and a request that is given up ends
// with its reason. The library's own second tries are off.

import { Readable } from 'node:stream';
import type {
  ContainerClient,
  HttpRequestBody,
  IHttpClient,
  StoragePipelineOptions,
  StorageSharedKeyCredential,
  WebResource,
} from '@azure/storage-blob';
import { assert } from '../../src/base/errors/assert.ts';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import {
  answerText,
  objectBody,
  type StoreHttpAnswer,
  type StoreTransport,
} from '../../src/base/http/store-http.ts';
import type { AzureBucketOptions } from './options.ts';

/** Loads the library and makes its client; asks nothing of the store yet. */
export async function azureContainer(
  options: AzureBucketOptions,
  transport: StoreTransport,
): Promise<ContainerClient> {
  const library = await import('@azure/storage-blob');
  const { container, connectionString, msiResource } = options;
  const pipeline: StoragePipelineOptions = {
    httpClient: throughTransport(transport),
    retryOptions: { maxTries: 1 },
    userAgentOptions: { userAgentPrefix: 'varve' },
    ...(msiResource === '' ? {} : { audience: `${msiResource.replace(/\/+$/, '')}/.default` }),
  };
  try {
    if (connectionString !== '') {
      return new library.ContainerClient(connectionString, container, pipeline);
    }
    const url = `${options.serviceUrl}/${encodeURIComponent(container)}`;
    const { account, accountKey } = options;
    const credential =
      accountKey === ''
        ? await tokenCredential(options)
        : new library.StorageSharedKeyCredential(account, accountKey);
    return new library.ContainerClient(url, credential as StorageSharedKeyCredential, pipeline);
  } catch {
    // The library's complaint may quote the connection string.
    const what = 'its connection string or credentials are not of the form that Azure knows';
    throw new VarveError('bad_config', `azure:${container}: ${what}`);
  }
}

/** The ways to get a token, in Thanos's order. */
async function tokenCredential(options: AzureBucketOptions) {
  const identity = await import('@azure/identity');
  const { tenantId, clientId, clientSecret, userAssignedId } = options;
  if (clientSecret !== '') {
    return new identity.ClientSecretCredential(tenantId, clientId, clientSecret);
  }
  if (userAssignedId !== '') return new identity.ManagedIdentityCredential(userAssignedId);
  return new identity.DefaultAzureCredential();
}

/** Our transport as the library's HTTP client. */
export function throughTransport(transport: StoreTransport): IHttpClient {
  return {
    sendRequest: async (request) => {
      const body = bodyOf(request.body);
      const headers = { ...request.headers.rawHeaders() };
      if (Buffer.isBuffer(body) && !request.headers.contains('content-length')) {
        headers['content-length'] = String(body.length);
      }
      const answer = await transport.send({
        method: request.method,
        url: request.url,
        headers,
        body: Buffer.isBuffer(body) ? one(body) : body,
        signal: signalOf(request),
      });
      const answerHeaders = request.headers.clone();
      for (const name of answerHeaders.headerNames()) answerHeaders.remove(name);
      for (const [name, value] of Object.entries(answer.headers)) answerHeaders.set(name, value);
      const { status } = answer;
      const streamed = request.streamResponseStatusCodes;
      const asStream = streamed?.has(status) === true || streamed?.has(Number.POSITIVE_INFINITY);
      const read = asStream
        ? { readableStreamBody: streamOf(answer) }
        : { bodyAsText: await answerText(answer) };
      return { request, status, headers: answerHeaders, ...read };
    },
  };
}

/** A stream that was destroyed before its first byte was read has to end the connection too. */
function streamOf(answer: StoreHttpAnswer): Readable {
  const stream = Readable.from(objectBody(answer), { objectMode: false });
  return stream.once('close', () => answer.discard());
}

/** What the library gives to be sent: a text it wrote itself, or a stream of ours. */
function bodyOf(
  given: HttpRequestBody | undefined,
): Buffer | AsyncIterable<Uint8Array> | undefined {
  const body: unknown = typeof given === 'function' ? given() : given;
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return Buffer.from(body);
  if (Buffer.isBuffer(body)) return body;
  assert(body instanceof Readable, 'a body is a text, bytes or a stream');
  return body as AsyncIterable<Uint8Array>;
}

async function* one(bytes: Buffer): AsyncIterable<Uint8Array> {
  yield bytes;
}

function signalOf({ abortSignal }: WebResource): AbortSignal | undefined {
  return abortSignal instanceof AbortSignal ? abortSignal : undefined;
}
