// A listing object by object.

import type { ListedObject } from '../../src/bucket/bucket.ts';

/** The objects of a listing's pages, in their order. */
export async function* eachObject(
  pages: AsyncIterable<readonly ListedObject[]>,
): AsyncIterable<ListedObject> {
  for await (const page of pages) yield* page;
}
