// What verification of a log found, with its place. Findings that do no harm come in crowds (every
// series that was forgotten and came back is one): of each kind of those the first are told, the
// rest counted.

import { checkpointDir, walSegmentFile } from '../../block/paths.ts';
import type { LogPosition } from '../log.ts';

/** One inconsistency; the same shape as a block's. */
export interface WalFinding {
  /** Within the log's directory, such as `00000003`; empty for the log as a whole. */
  readonly file: string;
  readonly offset: number | undefined;
  readonly what: string;
  /** An error: data is wrong, missing or unreadable. A warning: it is odd. Info: it is normal. */
  readonly severity: 'error' | 'warning' | 'info';
}

/** Where in the log's directory something was seen. */
export interface WalPlace {
  readonly file: string;
  readonly offset: number | undefined;
}

const FINDINGS_MAX = 1000;
const INFOS_OF_A_KIND_MAX = 20;

/** The place of the record at `at`; in a checkpoint only the checkpoint is known. */
export function placeOf(at: LogPosition): WalPlace {
  if (Number.isFinite(at.offset))
    return { file: walSegmentFile('', at.segment).slice(1), offset: at.offset };
  return { file: checkpointDir('', at.segment).slice(1), offset: undefined };
}

/** Collects findings; past a thousand they are only counted. */
export class WalFindings {
  readonly #list: WalFinding[] = [];
  readonly #infos = new Map<string, number>();
  #more = 0;

  error(place: WalPlace, what: string): void {
    this.#add({ ...place, what, severity: 'error' });
  }

  warning(place: WalPlace, what: string): void {
    this.#add({ ...place, what, severity: 'warning' });
  }

  /** @param kind those of one kind are summed up after the first twenty */
  info(place: WalPlace, what: string, kind: string): void {
    const count = (this.#infos.get(kind) ?? 0) + 1;
    this.#infos.set(kind, count);
    if (count <= INFOS_OF_A_KIND_MAX) this.#add({ ...place, what, severity: 'info' });
  }

  /** All of them, in the order in which they were seen. */
  list(): readonly WalFinding[] {
    const nowhere = { file: '', offset: undefined };
    const list = [...this.#list];
    for (const [kind, count] of this.#infos) {
      const more = count - INFOS_OF_A_KIND_MAX;
      if (more > 0) list.push({ ...nowhere, what: `${more} more: ${kind}`, severity: 'info' });
    }
    if (this.#more > 0)
      list.push({ ...nowhere, what: `${this.#more} findings more`, severity: 'error' });
    return list;
  }

  #add(finding: WalFinding): void {
    if (this.#list.length < FINDINGS_MAX) this.#list.push(finding);
    else this.#more++;
  }
}
