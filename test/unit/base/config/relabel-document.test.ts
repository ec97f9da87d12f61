import { expect, it } from 'vitest';
import { readRelabelRules } from '../../../../src/base/config/relabel-document.ts';
import { Secret } from '../../../../src/base/config/secret.ts';

const read = (text: string) =>
  readRelabelRules({ name: 'relabel.yml', text: new Secret(text), fillEnvironment: true });

it('has Prometheus’s defaults, and leaves $1 to the rules', () => {
  const [rule] = read('- target_label: a');
  expect(rule).toMatchObject({
    action: 'replace',
    sourceLabels: [],
    separator: ';',
    replacement: '$1',
    modulus: 0n,
  });
  expect(rule?.regex.pattern()).toBe('(.*)');
  const reference = `$${'{1}'}`;
  const written = `- {target_label: a, replacement: "${reference}"}`;
  expect(read(written)[0]?.replacement).toBe(reference);
});

it.each([
  ['a: b', /must be a list of rules/],
  ['[a]', /relabel\.yml:1: a rule must be a mapping/],
  ['[{action: nothing}]', /key "\[0\]\.action": must be one of/],
  ['[{action: keep, regx: a}]', /regx.*is unknown; did you mean regex/],
  ['[{regex: a}]', /target_label.*is required with action replace/],
  ['[{target_label: a-b}]', /target_label.*must be a label name/],
  ['[{target_label: "$"}]', /must be a label name/],
  ['[{action: hashmod, target_label: a}]', /modulus.*at least 1/],
  ['[{action: hashmod, target_label: "$1", modulus: 2}]', /must be a label name/],
  ['[{action: labeldrop, source_labels: [a]}]', /source_labels.*not allowed with action labeldrop/],
  ['[{action: keepequal, target_label: a, regex: b}]', /regex.*not allowed with action keepequal/],
  ['[{action: lowercase, target_label: a, replacement: b}]', /not allowed with action lowercase/],
  ['[{action: labelmap, replacement: a-b}]', /replacement.*must be a label name/],
  ['[{action: keep, regex: "("}]', /regex.*is not an RE2 pattern/],
  ['[{action: keep, source_labels: a}]', /source_labels.*must be a list/],
])('refuses %s', (text, says) => {
  expect(() => read(text)).toThrow(says);
});
