// Listings of a container, a page a request, in byte order.
//
// Blobs that consist of blocks only, which no list named yet, are no objects and are not listed;
// `unfinishedUploads` finds them, as what a second listing has more than the first.

import type { ContainerClient } from '@azure/storage-blob';
import type { CallOptions, ListedObject, UnfinishedUpload } from '../../src/bucket/bucket.ts';
import { byKey } from '../by-key.ts';
import { type AzureCall, type AzureCalls, aborting } from './azure-calls.ts';

/** What is listed, and how many objects a page. */
export interface AzureListing {
  readonly calls: AzureCalls;
  readonly container: ContainerClient;
  readonly pageObjects: number;
}

/** All objects whose key begins with `prefix`; with `unfinished`, what is to become one too. */
export async function* listObjects(
  { calls, container, pageObjects }: AzureListing,
  prefix: string,
  { signal, unfinished = false }: CallOptions & { readonly unfinished?: boolean },
): AsyncIterable<readonly ListedObject[]> {
  const page = (settings: PageSettings) =>
    container
      .listBlobsFlat({ prefix, includeUncommitedBlobs: unfinished, ...aborting(signal) })
      .byPage({ ...settings, maxPageSize: pageObjects });
  for await (const { segment } of eachPage(page, calls, listCall(prefix, signal))) {
    signal?.throwIfAborted();
    yield segment.blobItems.flatMap(({ name, properties }) => {
      // Tools make such objects to show a folder; no key ends so.
      if (name.endsWith('/')) return [];
      const sizeBytes = properties.contentLength ?? 0;
      return [{ key: name, sizeBytes, modifiedMs: properties.lastModified?.getTime() ?? 0 }];
    });
  }
}

/** What stands directly under `prefix`. */
export async function* listNames(
  { calls, container, pageObjects }: AzureListing,
  prefix: string,
  { signal }: CallOptions,
): AsyncIterable<string> {
  const page = (settings: PageSettings) =>
    container
      .listBlobsByHierarchy('/', { prefix, ...aborting(signal) })
      .byPage({ ...settings, maxPageSize: pageObjects });
  for await (const { segment } of eachPage(page, calls, listCall(prefix, signal))) {
    const found = [...segment.blobItems, ...(segment.blobPrefixes ?? [])];
    const names = found.map(({ name }) => name.slice(prefix.length));
    for (const name of names.filter((one) => one !== '').sort(byKey)) {
      signal?.throwIfAborted();
      yield name;
    }
  }
}

/** Blobs below `prefix` that have blocks and were never made an object. */
export async function* unfinishedUploads(
  listing: AzureListing,
  prefix: string,
  options: CallOptions,
): AsyncIterable<UnfinishedUpload> {
  const finished = eachObject(listObjects(listing, prefix, options))[Symbol.asyncIterator]();
  try {
    let next = await finished.next();
    const all = eachObject(listObjects(listing, prefix, { ...options, unfinished: true }));
    for await (const { key, modifiedMs } of all) {
      while (next.done !== true && byKey(next.value.key, key) < 0) next = await finished.next();
      if (next.done === true || next.value.key !== key)
        yield { key, id: '', sinceMs: modifiedMs === 0 ? undefined : modifiedMs };
    }
  } finally {
    await finished.return?.();
  }
}

/** Two listings side by side are read object by object. */
async function* eachObject(
  pages: AsyncIterable<readonly ListedObject[]>,
): AsyncIterable<ListedObject> {
  for await (const page of pages) yield* page;
}

function listCall(prefix: string, signal: AbortSignal | undefined): AzureCall {
  return { name: { class: 'list', operation: 'List Blobs' }, key: prefix, signal };
}

/** Where a page begins; nothing for the first. */
interface PageSettings {
  readonly continuationToken?: string;
}

/** One request a page: the SDK's own iteration would hide where one ends. */
async function* eachPage<T extends PageSettings>(
  open: (settings: PageSettings) => AsyncIterableIterator<T>,
  calls: AzureCalls,
  call: AzureCall,
): AsyncIterable<T> {
  for (let settings: PageSettings = {}; ; ) {
    const at = settings;
    const page = await calls.send(call, () => open(at).next());
    if (page.done === true) return;
    yield page.value;
    const { continuationToken = '' } = page.value;
    if (continuationToken === '') return;
    settings = { continuationToken };
  }
}
