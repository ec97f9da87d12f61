// Where the description of the bucket comes from: a file, a value, or in `serve` a default.

import { type BucketDocument, readBucketDocument } from './bucket-document.ts';
import type { ServeConfig } from './catalogue.ts';
import { configError } from './config-error.ts';
import { type ConfigWorld, readConfigFile } from './config-world.ts';
import type { GivenByFlag } from './given.ts';
import type { Role } from './option.ts';
import type { YamlSource } from './option-type.ts';
import { Secret } from './secret.ts';

/** A description as a file or a value; undefined where it was not given. */
export interface StoreOptions {
  readonly objstoreConfigFile: string | undefined;
  readonly objstoreConfig: YamlSource | undefined;
}

interface Parsed extends StoreOptions {
  readonly dataDir: string | undefined;
}

interface From {
  readonly given: GivenByFlag;
  readonly world: ConfigWorld;
}

/** The description and what it says; both undefined when nothing is to be uploaded. */
export function objectStore(
  role: Role,
  parsed: Parsed,
  from: From,
): Pick<ServeConfig, 'objstore' | 'bucket'> {
  const source = sourceOf(parsed, from) ?? (role === 'serve' ? localBucket(parsed) : undefined);
  if (source === undefined) return { objstore: undefined, bucket: undefined };
  return { objstore: source, bucket: readBucketDocument(source, from.world.env) };
}

/**
 * The bucket that a tool works on, by `--<flag>.config-file` or `--<flag>.config`.
 * @throws VarveError `bad_config` when neither was given
 */
export function requiredStore(flag: string, options: StoreOptions, from: From): BucketDocument {
  const source = sourceOf(options, from, flag);
  if (source !== undefined) return readBucketDocument(source, from.world.env);
  throw configError(`--${flag}.config-file`, 'is needed: it describes the bucket');
}

function sourceOf(
  parsed: StoreOptions,
  { given, world }: From,
  flag = 'objstore',
): YamlSource | undefined {
  const path = parsed.objstoreConfigFile;
  const file = given.get(`${flag}.config-file`);
  if (path !== undefined && file !== undefined) {
    const text = readConfigFile(world, file, path);
    return { name: path, text: new Secret(text), fillEnvironment: true };
  }
  const value = parsed.objstoreConfig;
  // As in Thanos, an empty value is none.
  return value === undefined || value.text.reveal().trim() === '' ? undefined : value;
}

function localBucket(parsed: Parsed): YamlSource {
  const directory = JSON.stringify(`${parsed.dataDir}/bucket`);
  return {
    name: 'the default bucket',
    text: new Secret(`type: FILESYSTEM\nconfig: {directory: ${directory}}\n`),
    fillEnvironment: false,
  };
}
