import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../../../src/base/config/command-line.ts';
import { loadConfig } from '../../../../src/base/config/load-config.ts';
import { ConfigReloader } from '../../../../src/base/config/reload-config.ts';
import { complaint, worldOf } from './loading.ts';

function start(files: Record<string, string>) {
  const invocation = parseCommandLine(['serve', '--config.file=v.yml', '--log.format=json'], '');
  if (invocation.kind !== 'gateway') throw new Error('not a gateway');
  const world = worldOf({}, files);
  const { config } = loadConfig('serve', invocation.given, world);
  return new ConfigReloader(config, invocation.given, world);
}

test('nothing changed', () => {
  const reloader = start({ 'v.yml': 'log.level: warn' });
  const before = reloader.current;
  expect(reloader.reload()).toMatchObject({
    applied: [],
    needRestart: [],
    notes: ['nothing changed'],
  });
  expect(reloader.current).toEqual(before);
});

test('what can change at once does, what cannot is named until a restart', () => {
  const files = { 'v.yml': 'tsdb.retention: 15d' };
  const reloader = start(files);
  files['v.yml'] = 'tsdb.retention: 30d\nhttp-address: :1\nlog.format: logfmt';
  for (let round = 0; round < 2; round++) {
    const result = reloader.reload();
    expect(result.notes).toEqual([
      ...(round === 0 ? ['applied tsdb.retention: 15d → 30d'] : []),
      'needs a restart: http-address: 0.0.0.0:10902 → 0.0.0.0:1',
    ]);
    expect(reloader.current.tsdbRetentionMs).toBe(30 * 86_400_000);
    expect(reloader.current.httpAddress.port).toBe(10_902);
    expect(reloader.current.logFormat).toBe('json');
  }
});

describe('a failed reload keeps the last good configuration', () => {
  test.each<[string, string]>([
    ['unknown key', 'log.leve: x'],
    [
      'a change that could be applied beside one that is wrong',
      'log.level: debug\ntsdb.retention: x',
    ],
    ['refused option', 'http.config: x'],
  ])('%s', (_name, text) => {
    const files = { 'v.yml': 'log.level: warn' };
    const reloader = start(files);
    const before = reloader.current;
    files['v.yml'] = text;
    complaint(() => reloader.reload());
    expect(reloader.current).toBe(before);
  });
});

test('other content of the same bucket file needs a restart, and is not shown', () => {
  const files = {
    'v.yml': 'objstore.config-file: b.yml',
    'b.yml': 'type: FILESYSTEM\nconfig: {directory: a}',
  };
  const reloader = start(files);
  files['b.yml'] = 'type: FILESYSTEM\nconfig: {directory: secret-place}';
  const result = reloader.reload();
  expect(result.needRestart.map(({ flag }) => flag)).toEqual(['objstore.config-file']);
  expect(JSON.stringify(result)).not.toContain('secret-place');
  expect(reloader.current.bucket?.config).toEqual({ directory: 'a' });
});

const RULES = '- {source_labels: [cluster], regex: eu, action: keep}';

test('other rules in the same file of relabelling rules need a restart, and are not shown', () => {
  const config = 'selector.relabel-config-file: r.yml';
  const files = { 'v.yml': config, 'r.yml': RULES };
  const reloader = start(files);
  expect(reloader.reload().needRestart).toEqual([]);
  files['r.yml'] = RULES.replace('eu', 'hunter2');
  const result = reloader.reload();
  expect(result.needRestart.map(({ flag }) => flag)).toEqual(['selector.relabel-config-file']);
  expect(JSON.stringify(result.needRestart)).not.toContain('hunter2');
  expect(reloader.current.compaction?.selector?.text.reveal()).toBe(RULES);
});
