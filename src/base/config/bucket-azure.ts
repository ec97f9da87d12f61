// `type: AZURE` of bucket.yml, with the keys and the checks of Thanos (thanos-io/objstore,
// providers/azure). What Varve cannot do is refused by name when it is asked for.

import { readStoreHttpConfig, type StoreHttpConfig } from './bucket-http.ts';
import type { Environment } from './fill-environment.ts';
import type { YamlMapping } from './yaml-reader.ts';

/**
 * Crosses a thread as a copy, so secrets stand in it as plain text: it is never printed. Of the
 * ways to sign in the first that is given counts, as in Thanos: connection string, account key,
 * client secret, user-assigned identity, and else Azure's default ones.
 */
export interface AzureConfig {
  /** Empty when a connection string names it. */
  readonly account: string;
  readonly accountKey: string;
  readonly connectionString: string;
  readonly container: string;
  /** A container that is not there is made. */
  readonly createContainer: boolean;
  /** Of the account, without a slash at its end; empty when a connection string names it. */
  readonly serviceUrl: string;
  readonly userAssignedId: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The resource that tokens are asked for; empty for the store's own. */
  readonly msiResource: string;
  /** `pipeline_config.max_tries`, else `max_retries`: tries again after the first; 0: default. */
  readonly maxRetries: number;
  /** The same for a download that breaks. */
  readonly readerMaxRetries: number;
  /** Time for one try and waits between them; 0 for the default. */
  readonly tryTimeoutMs: number;
  readonly retryDelayMs: number;
  readonly maxRetryDelayMs: number;
  readonly http: StoreHttpConfig;
}

const DEFAULT_ENDPOINT = 'blob.core.windows.net';
const COUNT = { min: 0, max: 1000 };
const TIME = { min: 0, max: 86_400_000 };

/** Reads `config` of a bucket.yml of type AZURE. */
export function readAzureConfig(config: YamlMapping, env: Environment): AzureConfig {
  const text = (key: string): string => config.string(key) ?? '';
  const signIn = {
    account: text('storage_account'),
    accountKey: text('storage_account_key'),
    connectionString: text('storage_connection_string'),
    userAssignedId: text('user_assigned_id'),
    tenantId: text('az_tenant_id'),
    clientId: text('client_id'),
    clientSecret: text('client_secret'),
    msiResource: text('msi_resource'),
  };
  checkSignIn(config, signIn);
  refuseDataLake(config);
  const read = {
    ...signIn,
    container: config.requiredString('container'),
    createContainer: config.boolean('storage_create_container') ?? true,
    serviceUrl: serviceUrl(config, signIn),
    ...retries(config),
    http: readStoreHttpConfig(config, env),
  };
  config.end();
  return read;
}

type SignIn = Pick<
  AzureConfig,
  | 'account'
  | 'accountKey'
  | 'connectionString'
  | 'userAssignedId'
  | 'tenantId'
  | 'clientId'
  | 'clientSecret'
  | 'msiResource'
>;

function checkSignIn(config: YamlMapping, given: SignIn): void {
  const { account, accountKey, connectionString, userAssignedId, clientId } = given;
  if (accountKey !== '' && connectionString !== '') {
    throw config.error('storage_account_key', 'and storage_connection_string cannot both be set');
  }
  const others = [
    ['storage_account_key', accountKey],
    ['storage_connection_string', connectionString],
    ['client_id', clientId],
  ] as const;
  const other = others.find(([, value]) => value !== '');
  if (userAssignedId !== '' && other !== undefined) {
    throw config.error('user_assigned_id', `cannot be set together with ${other[0]}`);
  }
  const client = [given.tenantId, clientId, given.clientSecret];
  if (client.some((value) => value !== '') && client.some((value) => value === '')) {
    const key = ['az_tenant_id', 'client_id', 'client_secret'].find((name) => config.has(name));
    throw config.error(key ?? 'client_id', 'needs az_tenant_id, client_id and client_secret');
  }
  if (given.msiResource !== '' && (accountKey !== '' || connectionString !== '')) {
    throw config.error('msi_resource', 'is for signing in by a token, and a key is given');
  }
  if (connectionString !== '') checkConnectionString(config, connectionString, account);
  else if (account === '') throw config.error('storage_account', 'is required');
}

/** The form only; no part of the text but the account's name may stand in a message. */
function checkConnectionString(config: YamlMapping, text: string, account: string): void {
  const key = 'storage_connection_string';
  const value = (name: string): string | undefined =>
    text
      .split(';')
      .find((pair) => pair.trim().toLowerCase().startsWith(`${name}=`))
      ?.trim()
      .slice(name.length + 1);
  if (/^usedevelopmentstorage=true/i.test(text.trim())) return;
  const named = value('accountname');
  const signed = value('accountkey') ?? value('sharedaccesssignature');
  const placed = named ?? value('blobendpoint');
  if (signed === undefined || placed === undefined) {
    const needed = 'AccountName and AccountKey, or BlobEndpoint and SharedAccessSignature';
    throw config.error(key, `must be a connection string of Azure with ${needed}`);
  }
  if (account !== '' && named !== undefined && named !== account) {
    throw config.error(key, 'names another account than storage_account does');
  }
}

function serviceUrl(config: YamlMapping, { account, connectionString }: SignIn): string {
  const endpoint = (config.string('endpoint') ?? '').replace(/\/+$/, '');
  if (connectionString !== '') return '';
  if (!endpoint.includes('://')) {
    const suffix = endpoint === '' ? DEFAULT_ENDPOINT : endpoint;
    const url = `https://${account}.${suffix}`;
    // A path or a port would be taken for a part of the suffix and fail later, with less to see.
    if (URL.canParse(url) && new URL(url).host === `${account}.${suffix}`.toLowerCase()) return url;
    throw config.error('endpoint', 'must be a domain suffix like blob.core.windows.net, or a URL');
  }
  const known = /^https?:\/\//i.test(endpoint) && URL.canParse(endpoint);
  const url = known ? new URL(endpoint) : undefined;
  if (url === undefined || url.search !== '' || url.username !== '' || url.password !== '') {
    const example = 'http://127.0.0.1:10000/account';
    throw config.error('endpoint', `must be an http or https URL like ${example}`);
  }
  return endpoint;
}

function refuseDataLake(config: YamlMapping): void {
  const type = config.oneOf('azure_storage_account_type', ['', 'blob', 'datalake']) ?? '';
  if (type === 'datalake') {
    const why = 'Varve speaks to the Blob service only, where directories would be objects';
    throw config.error('azure_storage_account_type', `asks for Data Lake storage; ${why}`);
  }
}

/** As Thanos fills them in: the old `max_retries` stands for what is not said more closely. */
function retries(config: YamlMapping): RetrySettings {
  const pipeline = config.mapping('pipeline_config');
  const reader = config.mapping('reader_config');
  const maxRetries = config.integer('max_retries', COUNT) ?? 0;
  const read = {
    maxRetries: pipeline.integer('max_tries', COUNT) || maxRetries,
    readerMaxRetries: reader.integer('max_retry_requests', COUNT) || maxRetries,
    tryTimeoutMs: pipeline.durationMs('try_timeout', TIME) ?? 0,
    retryDelayMs: pipeline.durationMs('retry_delay', TIME) ?? 0,
    maxRetryDelayMs: pipeline.durationMs('max_retry_delay', TIME) ?? 0,
  };
  pipeline.end();
  reader.end();
  return read;
}

type RetrySettings = Pick<
  AzureConfig,
  'maxRetries' | 'readerMaxRetries' | 'tryTimeoutMs' | 'retryDelayMs' | 'maxRetryDelayMs'
>;
