// `--selector.relabel-config`: a YAML list of relabelling rules, with Prometheus's keys, defaults
// and checks (prometheus model/relabel/relabel.go). `$1` and `${1}` belong to the rules: variables
// of the environment are not filled in.

import { isMap, isSeq } from 'yaml';
import { printable } from '../errors/printable.ts';
import {
  RELABEL_ACTIONS,
  type RelabelAction,
  type RelabelRule,
  type RelabelRules,
  relabelPattern,
} from '../model/relabel.ts';
import { configError } from './config-error.ts';
import type { YamlSource } from './option-type.ts';
import { kindOf, parseYaml } from './yaml-parse.ts';
import { YamlMapping } from './yaml-reader.ts';

const DEFAULT_REGEX = '(.*)';
const DEFAULT_REPLACEMENT = '$1';
const PATTERN_CHARACTERS_MAX = 64 * 1024;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** A name with references to groups of the pattern in it. */
const NAME_TEMPLATE = /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))(?:\w|\$(?:\{\w+\}|\w+))*$/;

/** Actions that write to `target_label`, or compare with it. */
const WITH_TARGET: ReadonlySet<RelabelAction> = new Set<RelabelAction>([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);

/** The keys that an action may have; others may have all. */
const ALLOWED_KEYS: Readonly<Partial<Record<RelabelAction, readonly string[]>>> = {
  labeldrop: ['regex'],
  labelkeep: ['regex'],
  keepequal: ['source_labels', 'target_label'],
  dropequal: ['source_labels', 'target_label'],
};
const KEYS = ['source_labels', 'separator', 'regex', 'modulus', 'target_label', 'replacement'];

/**
 * Reads and checks relabelling rules; an empty document is none.
 * @throws VarveError `bad_config` with file, line and key
 */
export function readRelabelRules(source: YamlSource): RelabelRules {
  const { file, top } = parseYaml(source.name, source.text.reveal(), undefined);
  if (top === undefined) return [];
  if (!isSeq(top)) throw configError(source.name, `must be a list of rules, is ${kindOf(top)}`);
  return top.items.map((item, index) => {
    const node = file.resolve(item);
    if (isMap(node)) return readRule(new YamlMapping(file, node, `[${index}]`));
    const where = `${source.name}:${file.lineOf(node)}`;
    throw configError(where, `a rule must be a mapping, is ${kindOf(node)}`);
  });
}

function readRule(rule: YamlMapping): RelabelRule {
  const action = actionOf(rule);
  for (const key of KEYS) {
    if (rule.has(key) && ALLOWED_KEYS[action]?.includes(key) === false)
      throw rule.error(key, `is not allowed with action ${action}`);
  }
  const targetLabel = rule.string('target_label') ?? '';
  const replacement = rule.string('replacement') ?? DEFAULT_REPLACEMENT;
  checkTarget(rule, action, targetLabel);
  if ((action === 'lowercase' || action === 'uppercase') && replacement !== DEFAULT_REPLACEMENT)
    throw rule.error('replacement', `is not allowed with action ${action}`);
  if (action === 'labelmap' && !NAME_TEMPLATE.test(replacement))
    throw rule.error('replacement', 'must be a label name, with references to groups such as $1');
  const modulus = rule.integer('modulus', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 0;
  if (action === 'hashmod' && modulus === 0)
    throw rule.error('modulus', 'must be at least 1 with action hashmod');
  const read: RelabelRule = {
    action,
    sourceLabels: rule.strings('source_labels') ?? [],
    separator: rule.string('separator') ?? ';',
    regex: pattern(rule),
    targetLabel,
    replacement,
    modulus: BigInt(modulus),
  };
  rule.end();
  return read;
}

/** Prometheus takes an action in any case. */
function actionOf(rule: YamlMapping): RelabelAction {
  const written = rule.string('action') ?? 'replace';
  const action = RELABEL_ACTIONS.find((known) => known === written.toLowerCase());
  if (action !== undefined) return action;
  throw rule.error('action', `must be one of ${RELABEL_ACTIONS.join(', ')}`);
}

function checkTarget(rule: YamlMapping, action: RelabelAction, target: string): void {
  if (!WITH_TARGET.has(action)) return;
  if (target === '') throw rule.error('target_label', `is required with action ${action}`);
  const allowed = action === 'replace' ? NAME_TEMPLATE : LABEL_NAME;
  if (!allowed.test(target)) throw rule.error('target_label', 'must be a label name');
}

function pattern(rule: YamlMapping): RelabelRule['regex'] {
  const written = rule.string('regex') ?? DEFAULT_REGEX;
  if (written.length > PATTERN_CHARACTERS_MAX)
    throw rule.error('regex', `has more than ${PATTERN_CHARACTERS_MAX} characters`);
  try {
    return relabelPattern(written);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw rule.error('regex', `is not an RE2 pattern: ${printable(why)}`);
  }
}
