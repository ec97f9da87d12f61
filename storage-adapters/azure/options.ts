// `type: AZURE` of bucket.yml, as Thanos writes it (thanos docs/storage.md, Azure).

import type { AzureConfig } from '../../src/base/config/bucket-azure.ts';

/** What bucket.yml says; read and checked by base/config/bucket-azure.ts. */
export type AzureBucketOptions = AzureConfig;

/** Up to this an object is sent in one request, above it in blocks of this (Thanos has no key). */
export const BLOCK_BYTES = 64 * 1024 * 1024;
/** The store takes no more blocks than this in one object: larger objects have larger blocks. */
export const BLOCKS_MAX = 50_000;
/** The most that the store gives in one page of a listing. */
export const PAGE_OBJECTS = 5000;
