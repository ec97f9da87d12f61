// `put_user_metadata` of a bucket.yml of type S3: what is kept with every object that is put. A
// standard header becomes what it names, as in Thanos (its client minio-go), anything else user
// metadata (`x-amz-meta-…`).

import type { YamlMapping } from './yaml-reader.ts';

/** Names and values, in the order of the file. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Headers of PutObject and CreateMultipartUpload that only say how the object is kept. */
const KEPT_AS_NAMED: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'x-amz-acl',
  'x-amz-expected-bucket-owner',
  'x-amz-grant-full-control',
  'x-amz-grant-read',
  'x-amz-grant-read-acp',
  'x-amz-grant-write-acp',
  'x-amz-object-lock-legal-hold',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  'x-amz-request-payer',
  'x-amz-storage-class',
  'x-amz-tagging',
  'x-amz-website-redirect-location',
]);
const META_PREFIX = 'x-amz-meta-';
/** What HTTP allows in the name of a header. */
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** What can be signed and comes back unchanged. */
const VALUE = /^[\x20-\x7e]*$/;

/** Reads `config.put_user_metadata`, which may be missing; the names come out in lower case. */
export function readObjectHeaders(config: YamlMapping): HeaderList {
  const written = config.mapping('put_user_metadata');
  const headers = new Map<string, string>();
  for (const [key, value] of config.texts('put_user_metadata')) {
    const name = key.toLowerCase();
    if (!NAME.test(name)) throw written.error(key, 'must be the name of a header');
    if (!VALUE.test(value)) throw written.error(key, 'must be of printable ASCII characters');
    const header = headerOf(name);
    if (header === undefined) throw written.error(key, refusal(name));
    if (headers.has(header)) throw written.error(key, 'is there twice');
    headers.set(header, value.trim());
  }
  return [...headers];
}

/** The header that a name stands for; undefined for one that is not the user's to set. */
function headerOf(name: string): string | undefined {
  if (KEPT_AS_NAMED.has(name) || name.startsWith(META_PREFIX)) return name;
  return name.startsWith('x-amz-') || OF_THE_REQUEST.has(name) ? undefined : META_PREFIX + name;
}

/** Headers that say how a request is sent; nobody means them as metadata of an object. */
const OF_THE_REQUEST: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-md5',
  'expect',
  'host',
  'if-match',
  'if-none-match',
  'transfer-encoding',
  'user-agent',
]);

function refusal(name: string): string {
  if (name.startsWith('x-amz-server-side-encryption')) return 'is set by sse_config';
  if (name === 'content-md5') return 'is set by send_content_md5';
  const known = [...KEPT_AS_NAMED].filter((one) => one.startsWith('x-amz-'));
  return `cannot be set for objects; of S3's own headers these can: ${known.join(', ')}`;
}
