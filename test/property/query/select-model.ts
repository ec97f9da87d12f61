// What a reader must find, in a few lines: samples in Maps, those of blocks before those of the
// head, those of the block with the smaller ULID before all others.

import type { Matcher, SelectQuery } from '../../../src/query/source.ts';
import type { Content } from '../../support/select-reading.ts';

export class SelectModel {
  /** What is published and in no stored block. */
  readonly head: Content = new Map();
  readonly blocks = new Map<string, Content>();

  publish(labels: string, timeMs: number, value: string): void {
    put(this.head, labels, timeMs, value);
  }

  /** The samples of the head in [minTimeMs, maxTimeMs). */
  headRange(minTimeMs: number, maxTimeMs: number): Content {
    const content: Content = new Map();
    for (const [labels, timeMs, value] of samplesOf(this.head))
      if (timeMs >= minTimeMs && timeMs < maxTimeMs) put(content, labels, timeMs, value);
    return content;
  }

  forget(content: Content): void {
    for (const [labels, timeMs] of samplesOf(content)) this.head.get(labels)?.delete(timeMs);
  }

  /** All that a query finds. */
  read(query: SelectQuery): Content {
    const content: Content = new Map();
    const ulids = [...this.blocks.keys()].sort().reverse();
    for (const source of [this.head, ...ulids.map((ulid) => this.blocks.get(ulid)!)])
      for (const [labels, timeMs, value] of samplesOf(source))
        if (isInRange(query, timeMs) && isWanted(query.matchers, labels))
          put(content, labels, timeMs, value);
    return content;
  }
}

export function samplesOf(content: Content): [labels: string, timeMs: number, value: string][] {
  return [...content].flatMap(([labels, samples]) =>
    [...samples].map(([timeMs, value]): [string, number, string] => [labels, timeMs, value]),
  );
}

function put(content: Content, labels: string, timeMs: number, value: string): void {
  const samples = content.get(labels) ?? new Map<number, string>();
  content.set(labels, samples.set(timeMs, value));
}

export function isInRange(query: SelectQuery, timeMs: number): boolean {
  return timeMs >= query.minTimeMs && timeMs <= query.maxTimeMs;
}

/** JavaScript's own patterns mean the same where the tests use them. */
function isWanted(matchers: readonly Matcher[], labels: string): boolean {
  const parts = labels.split('|');
  return matchers.every(({ type, name, value }) => {
    const at = parts.findIndex((part, i) => i % 2 === 0 && part === name);
    const own = at < 0 ? '' : parts[at + 1]!;
    const isEqual = type.endsWith('~')
      ? new RegExp(`^(?:${value})$`, 's').test(own)
      : own === value;
    return isEqual === type.startsWith('=');
  });
}
