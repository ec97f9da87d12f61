// A listing object by object, for whoever reads few of them or two listings side by side.

import type { ListedObject } from './bucket.ts';

/** The objects of a listing's pages, in their order. */
export async function* eachObject(
  pages: AsyncIterable<readonly ListedObject[]>,
): AsyncIterable<ListedObject> {
  for await (const page of pages) yield* page;
}
