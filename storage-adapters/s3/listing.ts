// Listing a bucket page by page, by either version of the request. Keys come URL-encoded, because
// XML cannot carry every one, unless the store did not understand that.

import {
  type CommonPrefix,
  ListObjectsCommand,
  ListObjectsV2Command,
  type _Object as StoreObject,
} from '@aws-sdk/client-s3';
import { VarveError } from '../../src/base/errors/varve-error.ts';
import type { CallOptions, ListedObject, RequestObserver } from '../../src/bucket/bucket.ts';
import { told } from '../told.ts';
import type { S3Requests } from './requests.ts';

/** What listing needs. */
export interface ListTools {
  readonly bucket: string;
  readonly version: 'v1' | 'v2';
  readonly requests: S3Requests;
  readonly observe: RequestObserver;
}

/** What is listed: everything below the prefix, or what stands directly under it. */
export interface ListOrder {
  readonly prefix: string;
  readonly direct: boolean;
}

interface Page {
  readonly objects: readonly ListedObject[];
  /** Ending in `/`: there is more below them. */
  readonly prefixes: readonly string[];
  /** Where the next page begins; undefined on the last. */
  readonly next: string | undefined;
}

/** The parts of an answer that both versions have. */
interface Answer {
  readonly Contents?: readonly StoreObject[] | undefined;
  readonly CommonPrefixes?: readonly CommonPrefix[] | undefined;
  readonly EncodingType?: string | undefined;
}

/** All pages, in order. */
export async function* listPages(
  tools: ListTools,
  order: ListOrder,
  options: CallOptions,
): AsyncIterable<Page> {
  let next: string | undefined;
  do {
    const from = next;
    const page: Page =
      tools.version === 'v1'
        ? await pageV1(tools, order, { from, options })
        : await pageV2(tools, order, { from, options });
    yield page;
    if (page.next !== undefined && page.next === from) {
      throw new VarveError('store_unavailable', 'the list of the object store does not go on');
    }
    next = page.next;
  } while (next !== undefined);
}

interface PagePlace {
  readonly from: string | undefined;
  readonly options: CallOptions;
}

async function pageV2(
  { bucket, requests, observe }: ListTools,
  order: ListOrder,
  { from, options }: PagePlace,
): Promise<Page> {
  const operation = 'ListObjectsV2';
  const command = new ListObjectsV2Command({
    ...asked(bucket, order),
    ...(from === undefined ? {} : { ContinuationToken: from }),
  });
  const answer = await told(observe, { class: 'list', operation }, () =>
    requests.send(command, { operation, signal: options.signal, answersBody: true }),
  );
  const next = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
  return { ...entriesOf(answer), next };
}

async function pageV1(
  { bucket, requests, observe }: ListTools,
  order: ListOrder,
  { from, options }: PagePlace,
): Promise<Page> {
  const operation = 'ListObjects';
  const command = new ListObjectsCommand({
    ...asked(bucket, order),
    ...(from === undefined ? {} : { Marker: from }),
  });
  const answer = await told(observe, { class: 'list', operation }, () =>
    requests.send(command, { operation, signal: options.signal, answersBody: true }),
  );
  const entries = entriesOf(answer);
  if (answer.IsTruncated !== true) return { ...entries, next: undefined };
  // Without a delimiter the store names no marker: the last key is it.
  const named = answer.NextMarker;
  if (named !== undefined && named !== '') return { ...entries, next: decoded(named, answer) };
  const last = answer.Contents?.at(-1)?.Key;
  return { ...entries, next: last === undefined ? undefined : decoded(last, answer) };
}

function asked(bucket: string, { prefix, direct }: ListOrder) {
  const delimiter = direct ? { Delimiter: '/' } : {};
  return { Bucket: bucket, Prefix: prefix, EncodingType: 'url' as const, ...delimiter };
}

function entriesOf(answer: Answer): Pick<Page, 'objects' | 'prefixes'> {
  const objects: ListedObject[] = [];
  for (const { Key, Size = 0, LastModified } of answer.Contents ?? []) {
    // A key that ends in a slash is what a console makes for an empty folder; no object is there.
    if (Key === undefined || Key.endsWith('/')) continue;
    const key = decoded(Key, answer);
    objects.push({ key, sizeBytes: Size, modifiedMs: LastModified?.getTime() ?? 0 });
  }
  const prefixes = (answer.CommonPrefixes ?? []).flatMap(({ Prefix }) =>
    Prefix === undefined ? [] : [decoded(Prefix, answer)],
  );
  return { objects, prefixes };
}

function decoded(text: string, { EncodingType: encoding }: Answer): string {
  if (encoding !== 'url') return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (thrown) {
    const what = 'the object store lists a key that is not encoded as it says';
    throw new VarveError('store_unavailable', what, { cause: thrown });
  }
}
