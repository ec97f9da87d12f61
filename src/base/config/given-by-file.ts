// Options from `--config.file`: YAML whose keys are the flags, split at any of their dots. `tsdb:
// {retention: 15d}` and `tsdb.retention: 15d` are the same key. Where a flag is also the beginning
// of others (`query` and `query.timeout`), a mapping is the group and any other value is the flag
// itself; the others can then be written with dots. Unknown keys, keys given twice and wrong types
// are errors with file and line.

import type { Node, Pair, YAMLMap } from 'yaml';
import { isCollection, isMap, isScalar, isSeq } from 'yaml';
import { configError } from './config-error.ts';
import type { Environment } from './fill-environment.ts';
import type { Given, GivenByFlag, KnownFlag } from './given.ts';
import { didYouMean } from './suggest.ts';
import { kindOf, parseYaml, type YamlFile } from './yaml-parse.ts';
import { scalarText } from './yaml-reader.ts';

interface Walk {
  readonly file: YamlFile;
  readonly known: ReadonlyMap<string, KnownFlag>;
  readonly given: Map<string, Given>;
}

/**
 * The options in a configuration file.
 * @param name the file as messages call it
 */
export function givenByFile(
  name: string,
  content: string,
  from: { readonly known: ReadonlyMap<string, KnownFlag>; readonly env: Environment },
): GivenByFlag {
  const { file, top } = parseYaml(name, content, from.env);
  const given = new Map<string, Given>();
  if (top === undefined || (isScalar(top) && top.value === null)) return given;
  if (!isMap(top)) {
    throw configError(`${name}:${file.lineOf(top)}`, `must be a mapping, is ${kindOf(top)}`);
  }
  walk({ file, known: from.known, given }, top, '');
  return given;
}

function walk(state: Walk, mapping: YAMLMap, prefix: string): void {
  for (const pair of mapping.items as Pair[]) {
    const keyNode = pair.key as Node;
    const key = isScalar(keyNode) ? String(keyNode.source ?? keyNode.value) : '?';
    const full = prefix === '' ? key : `${prefix}.${key}`;
    const where = `${state.file.name}:${state.file.lineOf(keyNode)}: key ${JSON.stringify(full)}`;
    const value = state.file.resolve(pair.value);
    const flag = state.known.get(full);
    const isGroup = [...state.known.keys()].some((name) => name.startsWith(`${full}.`));
    if (flag !== undefined && !(isMap(value) && isGroup)) take(state, flag, { value, where });
    else if (!isGroup) throw unknownKey(state, full, where);
    else if (isMap(value)) walk(state, value, full);
    else if (!(isScalar(value) && value.value === null)) {
      throw configError(where, `must be a mapping, is ${kindOf(value)}`);
    }
  }
}

function unknownKey(state: Walk, full: string, where: string): Error {
  return configError(where, `is unknown${didYouMean(full, state.known.keys())}`);
}

function take(
  state: Walk,
  flag: KnownFlag,
  at: { readonly value: Node | undefined; readonly where: string },
): void {
  const before = state.given.get(flag.flag);
  if (before !== undefined) throw configError(at.where, `is given before, at ${before.where}`);
  if (flag.flag === 'config.file') throw configError(at.where, 'cannot stand in the file itself');
  const taken: Given = {
    texts: textsOf(state, flag, at),
    where: at.where,
    documentName: isCollection(at.value) ? state.file.name : at.where,
  };
  state.given.set(flag.flag, taken);
}

function textsOf(
  state: Walk,
  flag: KnownFlag,
  { value, where }: { readonly value: Node | undefined; readonly where: string },
): readonly string[] {
  if (flag.yamlMapping === 'document') return [documentText(state, value, where)];
  if (flag.yamlMapping === 'labels' && isMap(value)) return labelTexts(state, value, where);
  if (!flag.repeatable) return [scalarText(state.file, value, where)];
  const items = isSeq(value) ? value.items : [value];
  return items.map((item) => scalarText(state.file, state.file.resolve(item), where));
}

function labelTexts(state: Walk, mapping: YAMLMap, where: string): readonly string[] {
  return (mapping.items as Pair[]).map((pair) => {
    const name = isScalar(pair.key) ? String(pair.key.value) : '?';
    const value = scalarText(state.file, state.file.resolve(pair.value), where);
    return `${name}=${JSON.stringify(value)}`;
  });
}

/**
 * A document written in place is handed on as its own lines at their own places, so that messages
 * about what is inside name the right line of this file. Variables are filled in by whoever reads
 * it.
 */
function documentText(state: Walk, value: Node | undefined, where: string): string {
  if (!isCollection(value)) return scalarText({ ...state.file, env: undefined }, value, where);
  const [start, end] = value.range ?? [0, 0];
  const before = state.file.text.slice(0, start);
  const lineStart = before.lastIndexOf('\n') + 1;
  const blankLines = '\n'.repeat(before.split('\n').length - 1);
  return blankLines + ' '.repeat(start - lineStart) + state.file.text.slice(start, end);
}
