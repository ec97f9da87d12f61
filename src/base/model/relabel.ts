// Relabelling, as in Prometheus's relabel_config (prometheus model/relabel/relabel.go): rules that
// drop label sets and change their labels, one after the other. Used for few and small label sets:
// those of blocks. Pure.
//
// Patterns are RE2 and must match the whole text; their dot matches newlines.

import { createHash } from 'node:crypto';
import { RE2JS } from 're2js';
import { type Labels, labelsOf } from './labels.ts';

/** What a rule does. */
export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

/** One of RELABEL_ACTIONS. */
export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

/** One rule, checked (base/config/relabel-document.ts). */
export interface RelabelRule {
  readonly action: RelabelAction;
  readonly sourceLabels: readonly string[];
  /** Between the values of the source labels. */
  readonly separator: string;
  readonly regex: RE2JS;
  /** `$1`, `${1}` and `${name}` stand for what the pattern's groups matched. */
  readonly targetLabel: string;
  readonly replacement: string;
  /** At least 1 with `hashmod`. */
  readonly modulus: bigint;
}

/** Rules, in the order in which they are applied. */
export type RelabelRules = readonly RelabelRule[];

/** A pattern of a rule; throws what RE2JS throws for what is none. */
export function relabelPattern(pattern: string): RE2JS {
  return RE2JS.compile(pattern, RE2JS.DOTALL);
}

/** The labels after all rules; undefined when a rule drops the set. */
export function relabelled(labels: Labels, rules: RelabelRules): Labels | undefined {
  const set = new Map(labels.map(({ name, value }) => [name, value]));
  for (const rule of rules) if (!apply(rule, set)) return undefined;
  return labelsOf([...set].filter(([, value]) => value !== ''));
}

/** False: the set is dropped. */
function apply(rule: RelabelRule, set: Map<string, string>): boolean {
  const { action, regex, sourceLabels, separator, targetLabel } = rule;
  const text = sourceLabels.map((name) => set.get(name) ?? '').join(separator);
  switch (action) {
    case 'keep':
      return regex.matches(text);
    case 'drop':
      return !regex.matches(text);
    case 'keepequal':
      return (set.get(targetLabel) ?? '') === text;
    case 'dropequal':
      return (set.get(targetLabel) ?? '') !== text;
    default:
      change(rule, set, text);
      return true;
  }
}

function change(rule: RelabelRule, set: Map<string, string>, text: string): void {
  const { action, regex, replacement, targetLabel } = rule;
  const named = [...set].filter(([name]) => regex.matches(name) !== (action === 'labelkeep'));
  switch (action) {
    case 'replace':
      replace(rule, set, text);
      return;
    case 'hashmod':
      set.set(targetLabel, hashModulo(text, rule.modulus));
      return;
    case 'lowercase':
      set.set(targetLabel, text.toLowerCase());
      return;
    case 'uppercase':
      set.set(targetLabel, text.toUpperCase());
      return;
    case 'labelmap':
      for (const [name, value] of named) set.set(expanded(replacement, regex, name), value);
      return;
    default: // labeldrop, labelkeep
      for (const [name] of named) set.delete(name);
  }
}

function replace(rule: RelabelRule, set: Map<string, string>, text: string): void {
  const { regex, replacement, targetLabel } = rule;
  if (!regex.matches(text)) return;
  const target = expanded(targetLabel, regex, text);
  // Prometheus leaves a set alone where the name that comes out is none.
  if (target === '') return;
  const value = expanded(replacement, regex, text);
  if (value === '') set.delete(target);
  else set.set(target, value);
}

/** By the last eight bytes of MD5, as in Prometheus. */
function hashModulo(text: string, modulus: bigint): string {
  const digest = createHash('md5').update(text).digest();
  return String(digest.readBigUInt64BE(8) % modulus);
}

/** `$$`, `${name}` or `$name`; a `$` before anything else stands for itself. */
const REFERENCE = /\$(?:\$|\{(\w+)\}|(\w+))/g;

/** Go's Regexp.Expand: groups by number or name; one that is not there, or took no part, is ''. */
function expanded(template: string, regex: RE2JS, text: string): string {
  const matcher = regex.matcher(text);
  if (!matcher.matches()) return template;
  const names = new Set(Object.keys(regex.namedGroups()));
  return template.replace(REFERENCE, (whole, braced?: string, bare?: string) => {
    const name = braced ?? bare;
    if (name === undefined) return whole === '$$' ? '$' : whole;
    if (!/^\d+$/.test(name)) return names.has(name) ? (matcher.group(name) ?? '') : '';
    const number = Number(name);
    return number <= matcher.groupCount() ? (matcher.group(number) ?? '') : '';
  });
}
