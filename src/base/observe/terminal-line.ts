// A line at the bottom of a terminal that is written over itself, while other threads log to the
// same terminal.
//
// Invariant: the line never ends, and whoever writes another one begins with CLEAR_LINE: so log
// lines stand alone, and the line comes again below them.

/** Back to the begin of the line, and nothing behind the cursor. */
export const CLEAR_LINE = '\r\x1b[K';

/** A terminal that a person looks at. */
export interface Terminal {
  readonly write: (text: string) => void;
  /** Its width now; it may change. */
  readonly columns: () => number;
}

/** See the head of the file. */
export class TerminalLine {
  readonly #terminal: Terminal;
  #isShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Shows this text, which fits; an empty one takes the line away. */
  show(text: string): void {
    if (text === '') {
      this.clear();
      return;
    }
    this.#isShown = true;
    this.#terminal.write(CLEAR_LINE + text);
  }

  clear(): void {
    if (this.#isShown) this.#terminal.write(CLEAR_LINE);
    this.#isShown = false;
  }
}
