// Runs a few calls ahead of whoever reads their results, in order: many small requests to a store
// take as long as the slowest of each few, and memory holds only those few.

/** What a call came to. */
type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: unknown };

/**
 * `run` of each item, in the order of the items, with up to `count` calls begun before their turn.
 * A call that rejects ends the sequence when its turn comes.
 */
export async function* readAhead<Item, Result>(
  items: AsyncIterable<Item>,
  count: number,
  run: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Outcome<Result>>[] = [];
  for await (const item of items) {
    begun.push(outcomeOf(run(item)));
    if (begun.length >= count) yield await first(begun);
  }
  while (begun.length > 0) yield await first(begun);
}

/** Never rejects: a call whose turn never comes is nobody's unhandled rejection. */
function outcomeOf<T>(promise: Promise<T>): Promise<Outcome<T>> {
  return promise.then(
    (value) => ({ ok: true, value }),
    (why: unknown) => ({ ok: false, why }),
  );
}

async function first<T>(begun: Promise<Outcome<T>>[]): Promise<T> {
  const outcome = await begun.shift();
  if (outcome?.ok === true) return outcome.value;
  throw outcome?.why;
}
