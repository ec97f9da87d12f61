import { expect, test } from 'vitest';
import { optionsOf } from '../../../../src/base/config/catalogue.ts';
import { configAsYaml, flagsAsText } from '../../../../src/base/config/print-config.ts';
import { load } from './loading.ts';

const ARGV = [
  'serve',
  '--label=b="x, y"',
  '--label=a="$(X)"',
  `--data-dir=d/$\${HOME}`,
  '--receive.block-label=cluster',
  '--receive.block-label=replica',
  '--tsdb.retention=1h30m',
  '--no-tsdb.wal-compression',
  '--http-address=[::1]:0',
  '--receive.limits.request-series=12345',
];

test('every option of the role is among the flags, as text', () => {
  const flags = flagsAsText(load({ argv: ARGV }).config);
  expect(Object.keys(flags)).toEqual(optionsOf('serve').map(({ spec }) => spec.flag));
  expect(flags).toMatchObject({
    label: 'a="$(X)", b="x, y"',
    'receive.block-label': 'cluster, replica',
    'tsdb.retention': '1h30m',
    'tsdb.wal-compression': 'false',
    'http-address': '[::1]:0',
    'config.file': '',
  });
});

test('the YAML, read as a configuration file, gives the same configuration', () => {
  const { config } = load({ argv: ARGV });
  const yaml = configAsYaml(config);
  const again = load({ argv: ['serve', '--config.file=v.yml'], files: { 'v.yml': yaml } });
  expect({ ...again.config, configFile: undefined }).toEqual(config);
  expect(configAsYaml(again.config)).toBe(yaml);
});

test('a bucket given as a value is a secret', () => {
  const bucket = '{type: FILESYSTEM, config: {directory: hunter2}}';
  const { config } = load({ argv: ['serve', `--objstore.config=${bucket}`] });
  expect(flagsAsText(config)['objstore.config']).toBe('<secret>');
  expect(configAsYaml(config)).toContain('config: <secret>');
  expect(configAsYaml(config) + JSON.stringify(flagsAsText(config))).not.toContain('hunter2');
});
