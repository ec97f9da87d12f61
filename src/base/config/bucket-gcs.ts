// `type: GCS` of bucket.yml, with the keys of Thanos (thanos-io/objstore, providers/gcs). What
// Varve cannot do is refused by name when it is asked for.

import { readStoreHttpConfig, type StoreHttpConfig } from './bucket-http.ts';
import { configError } from './config-error.ts';
import type { Environment } from './fill-environment.ts';
import type { YamlMapping } from './yaml-reader.ts';

/** Crosses a thread as a copy, so secrets stand in it as plain text: it is never printed. */
export interface GcsConfig {
  readonly bucket: string;
  /** Credentials as JSON; empty for Google's default ones. */
  readonly serviceAccount: string;
  /** No credentials at all, for public buckets. */
  readonly noAuth: boolean;
  /** The server that `STORAGE_EMULATOR_HOST` names; empty for Google's own. No credentials then. */
  readonly emulatorUrl: string;
  /** An object above this goes in a resumable upload, in requests of at most this. */
  readonly chunkSizeBytes: number;
  /** Attempts for one call, the first included; 0 for the default. */
  readonly maxRetries: number;
  readonly http: StoreHttpConfig;
}

/** Google takes chunks of a multiple of this only. */
const CHUNK_STEP_BYTES = 256 * 1024;
const CHUNK_BYTES_DEFAULT = 64 * 1024 * 1024;
/** The largest object there is in the store. */
const CHUNK_BYTES_MAX = 5 * 1024 ** 4;

/** Reads `config` of a bucket.yml of type GCS. */
export function readGcsConfig(config: YamlMapping, env: Environment): GcsConfig {
  const bucket = config.requiredString('bucket');
  const serviceAccount = (config.string('service_account') ?? '').trim();
  if (serviceAccount !== '') checkCredentials(config, serviceAccount);
  if (config.boolean('use_grpc') === true) {
    throw config.error(
      'use_grpc',
      'asks for gRPC, which Varve does not speak to GCS; leave it out',
    );
  }
  if ((config.integer('grpc_conn_pool_size', { min: 0, max: 10_000 }) ?? 0) !== 0) {
    throw config.error('grpc_conn_pool_size', 'is for gRPC, which Varve does not speak to GCS');
  }
  const noAuth = config.boolean('no_auth') ?? false;
  if (noAuth && serviceAccount !== '') {
    throw config.error('no_auth', 'contradicts service_account; leave one of them out');
  }
  const read = {
    bucket,
    serviceAccount,
    noAuth,
    emulatorUrl: emulatorUrl(env.STORAGE_EMULATOR_HOST ?? ''),
    chunkSizeBytes: chunkSize(config),
    maxRetries: config.integer('max_retries', { min: 0, max: 1000 }) ?? 0,
    http: readStoreHttpConfig(config, env),
  };
  config.end();
  return read;
}

/** Host and port, or a URL of which they are taken: as Google's clients read the variable. */
function emulatorUrl(written: string): string {
  if (written === '') return '';
  const text = written.includes('://') ? written : `http://${written}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol)) return url.origin;
  const where = 'environment variable STORAGE_EMULATOR_HOST';
  throw configError(where, 'must be a host and port, or an http or https URL');
}

/** Rounded up to what Google takes, as its Go client does. */
function chunkSize(config: YamlMapping): number {
  const range = { min: 0, max: CHUNK_BYTES_MAX };
  const written = config.integer('chunk_size_bytes', range) ?? 0;
  if (written === 0) return CHUNK_BYTES_DEFAULT;
  return Math.ceil(written / CHUNK_STEP_BYTES) * CHUNK_STEP_BYTES;
}

/** Only the form is looked at; no part of the text may stand in a message. */
function checkCredentials(config: YamlMapping, text: string): void {
  const credentials = parseObject(text);
  if (credentials === undefined) {
    throw config.error('service_account', 'must be credentials as a JSON object');
  }
  if (typeof credentials.type !== 'string') {
    throw config.error('service_account', 'has no "type", as credentials of Google have');
  }
  if (credentials.type !== 'service_account') return;
  for (const name of ['client_email', 'private_key']) {
    if (typeof credentials[name] !== 'string') {
      throw config.error('service_account', `is of type service_account and has no "${name}"`);
    }
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    // The parser's complaint quotes the text, which is a secret.
    return undefined;
  }
}
