import { describe, expect, test } from 'vitest';
import { externalLabelsIn, flagsIn } from '../../../../src/bucket/sidecar/prometheus-answers.ts';

const answer = (data: unknown, status = 200) => ({
  status,
  body: Buffer.from(JSON.stringify({ status: 'success', data })),
});
const labels = (yaml: string) =>
  externalLabelsIn(answer({ yaml })).map(({ name, value }) => `${name}=${value}`);

const SCRAPES = '\nscrape_configs:\n- job_name: x\n  global:\n    external_labels: {no: "1"}\n';

describe('external labels', () => {
  test.each([
    [
      `global:\n  scrape_interval: 1s\n  external_labels:\n    b: "2"\n    a: x y${SCRAPES}`,
      'a=x y,b=2',
    ],
    [`global:\n  external_labels:\n    n: "007"\n    empty: ""${SCRAPES}`, 'empty=,n=007'],
    [`global:\n  external_labels:\n    quoted: 'it''s: "#1"'\n`, 'quoted=it\'s: "#1"'],
    [`global:\n  external_labels:\n    dollar: \${HOME}\nrule_files: []\n`, `dollar=\${HOME}`],
    [`global:\n  external_labels: {}${SCRAPES}`, ''],
    [`global:\n  scrape_interval: 1s${SCRAPES}`, ''],
    [`# nothing${SCRAPES}`, ''],
    ['', ''],
  ])('%j', (yaml, wanted) => {
    expect(labels(yaml).join()).toBe(wanted);
  });

  test('are found in a configuration of many megabytes', () => {
    const rest = `${'- job_name: a\n  honor_labels: true\n'.repeat(200_000)}`;
    const yaml = `global:\n  external_labels:\n    a: b\nscrape_configs:\n${rest}`;
    expect(yaml.length).toBeGreaterThan(6_000_000);
    expect(labels(yaml)).toEqual(['a=b']);
  });

  test.each([
    ['status 503', answer({ yaml: '' }, 503)],
    ['status 404', { status: 404, body: Buffer.from('nobody') }],
    ['no JSON', { status: 200, body: Buffer.from('<html>') }],
    ['no object', { status: 200, body: Buffer.from('7') }],
    ['null', { status: 200, body: Buffer.from('null') }],
    ['no data', { status: 200, body: Buffer.from('{"status":"error"}') }],
    ['no yaml', answer({})],
    ['yaml that is none', answer({ yaml: 7 })],
    ['broken YAML', answer({ yaml: 'global:\n  external_labels: {a: [' })],
    ['a label that is a list', answer({ yaml: 'global:\n  external_labels:\n    a: [1]\n' })],
    ['a label twice', answer({ yaml: 'global:\n  external_labels:\n    a: "1"\n    a: "2"\n' })],
  ])('%s is no answer', (_name, given) => {
    expect(() => externalLabelsIn(given)).toThrow(
      expect.objectContaining({ code: 'peer_unavailable' }),
    );
  });
});

describe('flags', () => {
  test('are texts by name', () => {
    expect([...(flagsIn(answer({ 'web.x': 'true', n: 7 })) ?? [])]).toEqual([
      ['web.x', 'true'],
      ['n', '7'],
    ]);
  });

  test('are undefined where the path does not exist, and an error where it fails', () => {
    expect(flagsIn({ status: 404, body: Buffer.from('404') })).toBeUndefined();
    expect(() => flagsIn(answer({}, 500))).toThrow(/status\/flags is 500/);
    expect(() => flagsIn(answer(null))).toThrow(/no flags/);
  });
});
