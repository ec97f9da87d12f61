// `bucket.yml` as Thanos has it (thanos docs/storage.md): `type`, `config`, `prefix`; read
// strictly. The values of `config` belong to the type; this version has FILESYSTEM.

import type { Environment } from './fill-environment.ts';
import type { YamlSource } from './option-type.ts';
import { didYouMean } from './suggest.ts';
import { readYamlMapping } from './yaml-reader.ts';

/** The bucket that a document describes; `storage-adapters/open-bucket.ts` opens it. */
export interface BucketDocument {
  readonly type: 'FILESYSTEM';
  /** Put before every key, without slashes at its ends; empty for none. */
  readonly prefix: string;
  readonly config: { readonly directory: string };
}

const TYPES = ['FILESYSTEM'] as const;
/** Types that Thanos has and this version does not. */
const OTHER_TYPES: readonly string[] = [
  'S3',
  'GCS',
  'AZURE',
  'SWIFT',
  'COS',
  'ALIYUNOSS',
  'BOS',
  'OCI',
  'OBS',
];

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
  const config = top.mapping('config');
  const directory = config.requiredString('directory');
  config.end();
  top.end();
  return { type, prefix: parts.join('/'), config: { directory } };
}
