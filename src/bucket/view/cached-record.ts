// What was read of a meta.json or a mark as text for the cache, and back. Pure.
//
// Invariant: what does not parse is unknown, never wrong: it is read from the bucket again.

import type { Mark } from '../marks/format.ts';
import type { MetaFacts, MetaRecord } from './meta-record.ts';

/** Changes with the shape of the text: what another version of Varve wrote is unknown. */
const CACHE_VERSION = 1;

/** A meta.json as text. */
export function printMetaRecord({ facts, files }: MetaRecord): string {
  const { labels, ...rest } = facts;
  return JSON.stringify({
    v: CACHE_VERSION,
    ...rest,
    labels: labels.map(({ name, value }) => [name, value]),
    files: files.map(({ name, sizeBytes }) => [name, sizeBytes ?? null]),
  });
}

/** Undefined for a text that is none. */
export function parseMetaRecord(content: string): MetaRecord | undefined {
  const json = parseObject(content);
  if (json === undefined) return undefined;
  const { labels, files, v: _version, ...rest } = json;
  const isWhole =
    isList(labels) &&
    isList(files) &&
    isList(rest.sources) &&
    rest.sources.length > 0 &&
    typeof rest.source === 'string' &&
    NUMBERS.every((key) => Number.isSafeInteger(rest[key]));
  if (!isWhole) return undefined;
  return {
    facts: { ...(rest as Omit<MetaFacts, 'labels'>), labels: pairs(labels).map(labelOf) },
    files: pairs(files).map(([name, sizeBytes]) => ({
      name: String(name),
      sizeBytes: typeof sizeBytes === 'number' ? sizeBytes : undefined,
    })),
  };
}

/** A mark as text. */
export function printMarkRecord(mark: Mark): string {
  return JSON.stringify({ v: CACHE_VERSION, ...mark });
}

/** Undefined for a text that is none. */
export function parseMarkRecord(content: string): Mark | undefined {
  const { ulid, timeMs, details, reason } = parseObject(content) ?? {};
  const areTexts = [ulid, details, reason].every((one) => typeof one === 'string');
  if (!areTexts || typeof timeMs !== 'number') return undefined;
  return { ulid: String(ulid), timeMs, details: String(details), reason: String(reason) };
}

const NUMBERS = [
  'minTimeMs',
  'maxTimeMs',
  'resolutionMs',
  'level',
  'numSeries',
  'numSamples',
  'numChunks',
  'numTombstones',
] as const satisfies readonly (keyof MetaFacts)[];

function parseObject(content: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(content);
    if (typeof json !== 'object' || json === null) return undefined;
    const object = json as Readonly<Record<string, unknown>>;
    return object.v === CACHE_VERSION ? object : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function pairs(list: readonly unknown[]): readonly (readonly [unknown, unknown])[] {
  return list.flatMap((one) => (isList(one) ? [[one[0], one[1]] as const] : []));
}

function labelOf([name, value]: readonly [unknown, unknown]): { name: string; value: string } {
  return { name: String(name), value: String(value) };
}
