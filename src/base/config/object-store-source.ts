// Where the description of the bucket comes from: a file, a value, or in `serve` a default.

import { readBucketDocument } from './bucket-document.ts';
import type { ServeConfig } from './catalogue.ts';
import { type ConfigWorld, readConfigFile } from './config-world.ts';
import type { GivenByFlag } from './given.ts';
import type { Role } from './option.ts';
import type { YamlSource } from './option-type.ts';
import { Secret } from './secret.ts';

interface Parsed {
  readonly dataDir: string | undefined;
  readonly objstoreConfigFile: string | undefined;
  readonly objstoreConfig: YamlSource | undefined;
}

/** The description and what it says; both undefined when nothing is to be uploaded. */
export function objectStore(
  role: Role,
  parsed: Parsed,
  from: { readonly given: GivenByFlag; readonly world: ConfigWorld },
): Pick<ServeConfig, 'objstore' | 'bucket'> {
  const source = sourceOf(parsed, from) ?? (role === 'serve' ? localBucket(parsed) : undefined);
  if (source === undefined) return { objstore: undefined, bucket: undefined };
  return { objstore: source, bucket: readBucketDocument(source, from.world.env) };
}

function sourceOf(
  parsed: Parsed,
  { given, world }: { readonly given: GivenByFlag; readonly world: ConfigWorld },
): YamlSource | undefined {
  const path = parsed.objstoreConfigFile;
  const file = given.get('objstore.config-file');
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
