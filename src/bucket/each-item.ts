// A stream whose every step goes through somebody's hands: timed, or let in when there is room.

/** Runs one step of a stream; may wait before it, and may give it up by throwing. */
export type Step = <R>(run: () => Promise<R>) => Promise<R>;

/** Waits for the end of a stream that its reader left before it was over. */
export type Leave = (closed: Promise<unknown>) => Promise<unknown>;

/** The items, each asked for through `step`. */
export async function* eachItem<T>(
  items: AsyncIterable<T>,
  step: Step,
  leave: Leave = (closed) => closed,
): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]();
  let isOpen = true;
  try {
    for (;;) {
      const next = await step(() => iterator.next());
      if (next.done === true) {
        isOpen = false;
        return;
      }
      yield next.value;
    }
  } catch (thrown) {
    isOpen = false;
    // The stream has failed, or was given up and may never answer: nobody can wait for its end, and
    // what it says of it tells nothing that `thrown` does not.
    iterator.return?.().catch(() => undefined);
    throw thrown;
  } finally {
    const closed = isOpen ? iterator.return?.() : undefined;
    if (closed !== undefined) await leave(closed);
  }
}
