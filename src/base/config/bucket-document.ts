// `bucket.yml` as Thanos has it (thanos docs/storage.md): `type`, `config`, `prefix`; read
// strictly. The values of `config` belong to the type: each has a reader of its own beside this.
//
// What is read here crosses a thread by structured clone, so its secrets are plain strings:
// nothing prints it (the status page prints the YamlSource that it was read from, a Secret).

import { type AzureConfig, readAzureConfig } from './bucket-azure.ts';
import { type GcsConfig, readGcsConfig } from './bucket-gcs.ts';
import { readS3Config, type S3Config } from './bucket-s3.ts';
import type { Environment } from './fill-environment.ts';
import type { YamlSource } from './option-type.ts';
import { didYouMean } from './suggest.ts';
import { readYamlMapping, type YamlMapping } from './yaml-reader.ts';

/** `type: FILESYSTEM` of bucket.yml. */
export interface FilesystemConfig {
  readonly directory: string;
}

/** What `type` says, and what its `config` holds. */
type TypedConfig =
  | { readonly type: 'FILESYSTEM'; readonly config: FilesystemConfig }
  | { readonly type: 'S3'; readonly config: S3Config }
  | { readonly type: 'GCS'; readonly config: GcsConfig }
  | { readonly type: 'AZURE'; readonly config: AzureConfig };

/** The bucket that a document describes; `storage-adapters/open-bucket.ts` opens it. */
export type BucketDocument = TypedConfig & {
  /** Put before every key, without slashes at its ends; empty for none. */
  readonly prefix: string;
};

const TYPES = ['FILESYSTEM', 'S3', 'GCS', 'AZURE'] as const;
/** Types that Thanos has and this version does not. */
const OTHER_TYPES: readonly string[] = ['SWIFT', 'COS', 'ALIYUNOSS', 'BOS', 'OCI', 'OBS'];

/**
 * Reads and checks the description of a bucket.
 * @throws VarveError `bad_config` with file, line and key
 */
export function readBucketDocument(source: YamlSource, env: Environment): BucketDocument {
  const top = readYamlMapping(source, env);
  const written = top.requiredString('type');
  // Thanos compares the type without regard to case.
  const type = TYPES.find((known) => known === written.toUpperCase());
  if (type === undefined) {
    const what = OTHER_TYPES.includes(written.toUpperCase())
      ? 'is a type that this version does not have yet'
      : `must be a type of object store${didYouMean(written, TYPES)}`;
    throw top.error('type', `${what}; it has ${TYPES.join(', ')}`);
  }
  const prefix = top.string('prefix') ?? '';
  const parts = prefix.split('/').filter((part) => part !== '');
  if (parts.some((part) => part === '.' || part === '..')) {
    throw top.error('prefix', 'must not have . or .. in it');
  }
  const typed = readTyped(type, top.mapping('config'), env);
  top.end();
  return { ...typed, prefix: parts.join('/') };
}

function readTyped(
  type: (typeof TYPES)[number],
  config: YamlMapping,
  env: Environment,
): TypedConfig {
  switch (type) {
    case 'FILESYSTEM':
      return { type, config: readFilesystemConfig(config) };
    case 'S3':
      return { type, config: readS3Config(config, env) };
    case 'GCS':
      return { type, config: readGcsConfig(config, env) };
    case 'AZURE':
      return { type, config: readAzureConfig(config, env) };
  }
}

function readFilesystemConfig(config: YamlMapping): FilesystemConfig {
  const directory = config.requiredString('directory');
  config.end();
  return { directory };
}
