// What all commands of `varve bucket` have: where the bucket is, and the headings of their options.

import { BUCKET_ROLES } from './bucket-commands.ts';
import { option } from './option.ts';
import { byteSize, path, yamlContent } from './option-type.ts';

const GIB = 1024 ** 3;

/** Headings in the help. */
export const STORE_GROUP = 'Bucket';
export const SELECTION = 'Which blocks';
export const BEHAVIOUR = 'What is done';
export const OUTPUT = 'Output';

/** Where the bucket is, and how fast it may be used. */
export const STORE = {
  objstoreConfigFile: option({
    flag: 'objstore.config-file',
    roles: BUCKET_ROLES,
    group: STORE_GROUP,
    type: path('file'),
    help:
      "YAML file that describes the bucket, in Thanos's format (type, config, prefix). Also from " +
      'the environment, VARVE_OBJSTORE_CONFIG_FILE, as the gateway takes it.',
  }),
  objstoreConfig: option({
    flag: 'objstore.config',
    roles: BUCKET_ROLES,
    group: STORE_GROUP,
    type: yamlContent(),
    help: 'The same description as a value; not together with --objstore.config-file.',
  }),
  objstoreUploadBandwidth: option({
    flag: 'objstore.upload-bandwidth',
    roles: BUCKET_ROLES,
    group: STORE_GROUP,
    type: byteSize({ min: 0, max: 1024 * GIB }),
    default: '0B',
    help: 'Bytes a second that uploads to a bucket take together. 0 is no limit.',
  }),
  objstoreDownloadBandwidth: option({
    flag: 'objstore.download-bandwidth',
    roles: BUCKET_ROLES,
    group: STORE_GROUP,
    type: byteSize({ min: 0, max: 1024 * GIB }),
    default: '0B',
    help: 'Bytes a second that reads from a bucket take together. 0 is no limit.',
  }),
} as const;
