// Parsing YAML strictly: one document, no duplicate keys, no unknown tags, bounded in size, in
// nodes and in aliases. What comes out keeps its places, so that every later complaint can name
// file and line.

import type { Document, Node, ParsedNode } from 'yaml';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { configError } from './config-error.ts';
import type { Environment } from './fill-environment.ts';

/** A file larger than this is refused before it is parsed. */
export const YAML_BYTES_MAX = 1024 * 1024;
const ALIASES_MAX = 100;
const DEPTH_MAX = 64;

/** One parsed document: what is needed to read its nodes. */
export interface YamlFile {
  /** What messages call it: a path, or the flag that held it. */
  readonly name: string;
  readonly text: string;
  /** Undefined: references to variables stay as they are. */
  readonly env: Environment | undefined;
  /** Line of a node, from 1. */
  lineOf(node: Node | undefined): number;
  /** The node itself, or what an alias stands for. */
  resolve(node: unknown): Node | undefined;
}

/** A parsed document and its top node; undefined when it is empty. */
export interface ParsedYaml {
  readonly file: YamlFile;
  readonly top: Node | undefined;
}

/**
 * Brackets open at one time, at most; without parsing, so that the parser's recursion is bounded.
 */
function flowDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text.match(/[[\]{}]/g) ?? []) {
    depth = Math.max(0, depth + (character === '[' || character === '{' ? 1 : -1));
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function parseDocument(
  name: string,
  text: string,
  lines: LineCounter,
): Document.Parsed | undefined {
  const options = {
    lineCounter: lines,
    prettyErrors: false,
    version: '1.2',
    logLevel: 'error',
  } as const;
  let documents: Document.Parsed<ParsedNode>[];
  try {
    documents = [...parseAllDocuments(text, options)] as Document.Parsed<ParsedNode>[];
  } catch (thrown) {
    // The parser recurses over block collections; too deep a nesting ends as a RangeError.
    throw configError(name, 'is nested too deeply for a configuration', thrown);
  }
  const [document, second] = documents;
  if (second !== undefined) {
    const line = lines.linePos(second.range[0]).line;
    throw configError(`${name}:${line}`, 'must hold one YAML document, a second begins here');
  }
  const problem = document?.errors.at(0) ?? document?.warnings.at(0);
  if (problem !== undefined) {
    const line = lines.linePos(problem.pos[0]).line;
    throw configError(`${name}:${line}`, `is not valid YAML: ${problem.message}`, problem);
  }
  return document;
}

/**
 * Parses a YAML document.
 * @param name what messages call it
 * @param env fills in references to variables; undefined leaves them
 * @throws VarveError `bad_config` with name and line
 */
export function parseYaml(name: string, text: string, env: Environment | undefined): ParsedYaml {
  if (Buffer.byteLength(text) > YAML_BYTES_MAX) throw configError(name, 'is larger than 1MiB');
  if (flowDepth(text) > DEPTH_MAX) {
    throw configError(name, 'is nested too deeply for a configuration');
  }
  const lines = new LineCounter();
  const document = parseDocument(name, text, lines);
  let aliases = 0;
  const lineOf = (node: Node | undefined): number => lines.linePos(node?.range?.[0] ?? 0).line;
  const resolve = (node: unknown): Node | undefined => {
    if (!isNode(node)) return undefined;
    if (!isAlias(node)) return node;
    aliases++;
    const where = `${name}:${lineOf(node)}`;
    if (aliases > ALIASES_MAX) throw configError(where, `uses more than ${ALIASES_MAX} aliases`);
    const target = document === undefined ? undefined : node.resolve(document);
    if (target === undefined) throw configError(where, 'names an anchor that is not there');
    return target;
  };
  const file: YamlFile = { name, text, env, lineOf, resolve };
  return { file, top: resolve(document?.contents ?? undefined) };
}

/** What a node is, as a word for messages. */
export function kindOf(node: Node | undefined): string {
  if (node === undefined) return 'nothing';
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (isScalar(node) && node.value === null) return 'empty';
  return 'a value';
}
