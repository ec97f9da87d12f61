// What is wrong with a block, as a list: verifying goes on after each thing it finds.

import { asVarveError } from '../../base/errors/varve-error.ts';
import { placeOfDamage } from '../damage.ts';

/** One inconsistency. */
export interface Finding {
  /** Within what was verified, such as `index` or `chunks/000001`. */
  readonly file: string;
  /** The byte where it was seen; undefined when it concerns the file as a whole. */
  readonly offset: number | undefined;
  /** Half a sentence: what is there and should not be, or the other way round. */
  readonly what: string;
  /** An error makes data wrong or unreadable; a warning does not; info is nothing unusual. */
  readonly severity: 'error' | 'warning' | 'info';
}

/** Findings kept of one block; of a thoroughly broken one there would be millions. */
const FINDINGS_MAX = 1000;

/** Collects findings. */
export class Findings {
  readonly #list: Finding[] = [];
  #more = 0;

  error(file: string, offset: number | undefined, what: string): void {
    this.#add({ file, offset, what, severity: 'error' });
  }

  warning(file: string, offset: number | undefined, what: string): void {
    this.#add({ file, offset, what, severity: 'warning' });
  }

  info(file: string, offset: number | undefined, what: string): void {
    this.#add({ file, offset, what, severity: 'info' });
  }

  /** Runs `read`; damage that it throws becomes an error, in `file` unless it says where. */
  attempt<T>(file: string, offset: number | undefined, read: () => T): T | undefined {
    try {
      return read();
    } catch (thrown) {
      const error = asVarveError(thrown);
      const isFinding =
        error.kind === 'damaged' || error.kind === 'not_found' || error.code === 'unsupported';
      if (!isFinding) throw thrown; // the disk's failure or our bug, not the block's fault
      const place = placeOfDamage(error);
      const what = error.kind === 'not_found' ? 'the file is missing' : error.message;
      this.error(place?.file ?? file, place?.offset ?? offset, place?.what ?? what);
      return undefined;
    }
  }

  /** All findings, in the order in which they were seen. */
  list(): readonly Finding[] {
    if (this.#more === 0) return this.#list;
    const what = `${this.#more} findings more`;
    return [...this.#list, { file: '', offset: undefined, what, severity: 'error' }];
  }

  #add(finding: Finding): void {
    if (this.#list.length < FINDINGS_MAX) this.#list.push(finding);
    else this.#more++;
  }
}
