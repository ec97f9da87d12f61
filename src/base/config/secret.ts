// A value that must not be seen: it prints as `<secret>` wherever it is printed, JSON-ed, inspected
// or joined into a text by mistake. Only `reveal` gives it, so every use can be found by that name.

/** What is shown in place of a secret, as Prometheus shows it. */
export const SECRET_SHOWN = '<secret>';

/** Holds a secret. Copies made for another thread (structured clone) are empty: pass `reveal()`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; never hand it to a log, an error or an answer. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SECRET_SHOWN;
  }

  toJSON(): string {
    return SECRET_SHOWN;
  }

  /** What `console.log` and `util.inspect` show. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return SECRET_SHOWN;
  }
}
