// What a Prometheus says of itself under /api/v1/status (prometheus docs/querying/api.md, Status):
// its answers → external labels and flags. Pure; whatever else comes is `peer_unavailable`.
//
// The configuration is printed by Prometheus itself: one key a line at the margin, everything below
// it indented. So `global:` is cut out and parsed alone, and the size of the rest does not matter.

import { isMap, isScalar, type Node } from 'yaml';
import { parseYaml } from '../../base/config/yaml-parse.ts';
import { scalarText } from '../../base/config/yaml-reader.ts';
import { printable } from '../../base/errors/printable.ts';
import { asVarveError, VarveError } from '../../base/errors/varve-error.ts';
import { type Labels, labelsOf } from '../../base/model/labels.ts';

/** What came back for a GET. */
export interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Flags by name, without dashes. */
export type PrometheusFlags = ReadonlyMap<string, string>;

const OK = 200;
const NOT_FOUND = 404;

/** The external labels in the answer of /api/v1/status/config; none when it has none. */
export function externalLabelsIn(answer: Answer): Labels {
  const data = dataOf(answer, 'status/config');
  if (typeof data !== 'object' || data === null || !('yaml' in data)) {
    throw unexpected('status/config', 'has no configuration in it');
  }
  if (typeof data.yaml !== 'string') throw unexpected('status/config', 'has no text in it');
  try {
    return labelsOf(labelPairs(globalSection(data.yaml)));
  } catch (thrown) {
    throw unexpected('status/config', asVarveError(thrown).message, thrown);
  }
}

/** The flags in the answer of /api/v1/status/flags; undefined: too old to have that path. */
export function flagsIn(answer: Answer): PrometheusFlags | undefined {
  if (answer.status === NOT_FOUND) return undefined;
  const data = dataOf(answer, 'status/flags');
  if (typeof data !== 'object' || data === null) {
    throw unexpected('status/flags', 'has no flags in it');
  }
  return new Map(Object.entries(data).map(([flag, value]) => [flag, String(value)]));
}

function dataOf({ status, body }: Answer, path: string): unknown {
  if (status !== OK) throw unexpected(path, `is ${status}: ${printable(body)}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch (thrown) {
    throw unexpected(path, `is no JSON: ${printable(body)}`, thrown);
  }
  if (typeof parsed !== 'object' || parsed === null || !('data' in parsed)) {
    throw unexpected(path, `is not an answer of Prometheus: ${printable(body)}`);
  }
  return parsed.data;
}

/** The lines of `global:`; empty when there is no such key. */
function globalSection(yaml: string): string {
  const start = /^global:/m.exec(yaml)?.index;
  if (start === undefined) return '';
  const rest = yaml.slice(start);
  const next = /\n(?=[^\s#])/.exec(rest)?.index;
  return next === undefined ? rest : rest.slice(0, next);
}

function labelPairs(section: string): readonly (readonly [string, string])[] {
  const name = 'the external labels';
  const { file, top } = parseYaml(name, section, undefined);
  const global = isMap(top) ? file.resolve(top.get('global', true)) : undefined;
  const labels = isMap(global) ? file.resolve(global.get('external_labels', true)) : undefined;
  if (!isMap(labels)) return [];
  return labels.items.map(({ key, value }) => [
    scalarText(file, isScalar(key) ? key : undefined, name),
    scalarText(file, file.resolve(value as Node), name),
  ]);
}

function unexpected(path: string, what: string, cause?: unknown): VarveError {
  return new VarveError('peer_unavailable', `the answer of /api/v1/${path} ${what}`, { cause });
}
