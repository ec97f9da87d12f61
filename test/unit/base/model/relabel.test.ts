import { expect, it } from 'vitest';
import { readRelabelRules } from '../../../../src/base/config/relabel-document.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { labelsOf } from '../../../../src/base/model/labels.ts';
import { relabelled } from '../../../../src/base/model/relabel.ts';

const INPUT = { a: 'foo', b: 'bar', c: 'baz' };

/** The labels after the rules; null when the set is dropped. */
function after(
  rules: string,
  input: Record<string, string> = INPUT,
): Record<string, string> | null {
  const source = { name: 'r', text: new Secret(rules), fillEnvironment: true };
  const labels = relabelled(labelsOf(Object.entries(input)), readRelabelRules(source));
  return labels === undefined
    ? null
    : Object.fromEntries(labels.map(({ name, value }) => [name, value]));
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: references of the rules' own
/** What Prometheus makes of them (model/relabel/relabel.go). */
it.each<[string, string, Record<string, string> | null]>([
  ['no rules', '', INPUT],
  [
    'replace by a group',
    '[{source_labels: [a], regex: f(.*), target_label: d, replacement: "ch${1}-ch$1"}]',
    { ...INPUT, d: 'choo-choo' },
  ],
  [
    'replace, joined',
    '[{source_labels: [a, b], regex: "f(.*);(.*)r", target_label: a, replacement: "b${1}${2}m"}]',
    { ...INPUT, a: 'boobam' },
  ],
  [
    'another separator',
    '[{source_labels: [a, b], separator: "", target_label: d}]',
    { ...INPUT, d: 'foobar' },
  ],
  [
    'a pattern matches the whole',
    '[{source_labels: [a], regex: o, target_label: d, replacement: x}]',
    INPUT,
  ],
  [
    'an empty replacement removes',
    '[{source_labels: [a], target_label: b, replacement: ""}]',
    { a: 'foo', c: 'baz' },
  ],
  [
    'a group in the name',
    '[{source_labels: [a], regex: (f).*, target_label: "${1}_x", replacement: y}]',
    { ...INPUT, f_x: 'y' },
  ],
  [
    'a named group',
    '[{source_labels: [a], regex: "(?P<x>fo).*", target_label: d, replacement: "$x-${x}y-$$-$9"}]',
    { ...INPUT, d: 'fo-foy-$-' },
  ],
  [
    'the longest name of a reference',
    '[{source_labels: [a], target_label: d, replacement: "$1x"}]',
    INPUT,
  ],
  ['without sources', '[{target_label: d, replacement: static}]', { ...INPUT, d: 'static' }],
  ['keep', '[{action: keep, source_labels: [a], regex: f..}]', INPUT],
  ['keep, not', '[{action: keep, source_labels: [a], regex: no}]', null],
  ['drop', '[{action: drop, source_labels: [a], regex: f.*o}]', null],
  ['drop, not', '[{action: Drop, source_labels: [a], regex: f}]', INPUT],
  ['keepequal', '[{action: keepequal, source_labels: [a], target_label: b}]', null],
  ['dropequal', '[{action: dropequal, source_labels: [a], target_label: b}]', INPUT],
  [
    'labelmap',
    '[{action: labelmap, regex: (a|b), replacement: x_$1}]',
    { ...INPUT, x_a: 'foo', x_b: 'bar' },
  ],
  ['labeldrop', '[{action: labeldrop, regex: a|b}]', { c: 'baz' }],
  ['labelkeep', '[{action: labelkeep, regex: a|b}]', { a: 'foo', b: 'bar' }],
  [
    'uppercase',
    '[{action: uppercase, source_labels: [a], target_label: a}]',
    { ...INPUT, a: 'FOO' },
  ],
  [
    'lowercase',
    '[{action: lowercase, source_labels: [a], target_label: d}]',
    { ...INPUT, d: 'foo' },
  ],
  [
    'hashmod, as in Prometheus’s own test',
    '[{action: hashmod, source_labels: [c], target_label: d, modulus: 1000}]',
    { ...INPUT, d: '976' },
  ],
  [
    'one after the other',
    '[{action: labeldrop, regex: a}, {action: keep, source_labels: [a], regex: .+}]',
    null,
  ],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: references of the rules' own
])('%s', (_, rules, expected) => {
  expect(after(rules)).toEqual(expected);
});

it('matches across lines', () => {
  expect(after('[{action: keep, source_labels: [a], regex: x.y}]', { a: 'x\ny' })).not.toBeNull();
});
