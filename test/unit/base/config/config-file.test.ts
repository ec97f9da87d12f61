import { describe, expect, test } from 'vitest';
import type { KnownFlag } from '../../../../src/base/config/given.ts';
import { givenByFile } from '../../../../src/base/config/given-by-file.ts';
import { complaint, load } from './loading.ts';

function withFile(text: string, env: Record<string, string> = {}) {
  return load({ argv: ['serve', '--config.file=v.yml'], files: { 'v.yml': text }, env });
}

test('every kind of value, nested or dotted', () => {
  const { config } = withFile(`
log.level: debug
tsdb:
  retention: 30d
  out-of-order.time-window: 1h
  wal-compression: false
receive:
  block-label: [cluster, replica]
  limits:
    request-size: 1MiB
    request-series: 7
  rate-limit-status: 429
label:
  region: "eu"
  zone: 1
`);
  expect(config).toMatchObject({
    logLevel: 'debug',
    tsdbRetentionMs: 30 * 86_400_000,
    tsdbOutOfOrderTimeWindowMs: 3_600_000,
    tsdbWalCompression: false,
    blockLabels: ['cluster', 'replica'],
    requestBytesMax: 1024 ** 2,
    requestSeriesMax: 7,
    rateLimitStatus: '429',
    externalLabels: [
      { name: 'region', value: 'eu' },
      { name: 'zone', value: '1' },
    ],
  });
});

test.each(['', '\n', '# only a comment\n', '---\n', 'tsdb:\n'])('%j sets nothing', (text) => {
  expect(withFile(text).config.tsdbRetentionMs).toBe(15 * 86_400_000);
});

describe('a mistake names file, line and key', () => {
  test.each<[string, string]>([
    [
      'tsdb:\n  retenton: 1d',
      'v.yml:2: key "tsdb.retenton": is unknown; did you mean tsdb.retention?',
    ],
    ['tsbd:\n  x: 1', 'v.yml:1: key "tsbd": is unknown'],
    ['tsdb:\n  retention: fortnight', 'v.yml:2: key "tsdb.retention": must be a duration'],
    ['tsdb:\n  retention:', 'v.yml:2: key "tsdb.retention": has no value'],
    ['tsdb:\n  retention: [1d]', 'must be a single value, is a list'],
    ['tsdb:\n  retention: {a: 1d}', 'must be a single value, is a mapping'],
    ['tsdb: 15d', 'v.yml:1: key "tsdb": must be a mapping, is a value'],
    ['tsdb:\n  wal-compression: maybe', 'must be true or false'],
    [
      'receive:\n  limits:\n    request-series: 0',
      'v.yml:3: key "receive.limits.request-series": must be between 1',
    ],
    [
      'tsdb: {retention: 1d}\ntsdb.retention: 2d',
      'v.yml:2: key "tsdb.retention": is given before, at v.yml:1',
    ],
    ['tsdb: {path: a}\ntsdb: {retention: 1d}', 'v.yml:2: is not valid YAML'],
    ['config: {file: x}', 'v.yml:1: key "config.file": cannot stand in the file itself'],
    ['data-dir: a\n---\ndata-dir: b', 'v.yml:2: must hold one YAML document'],
    ['- a', 'v.yml:1: must be a mapping, is a list'],
    ['a: [', 'v.yml:1: is not valid YAML'],
    ['data-dir: !!js/function x', 'v.yml:1: is not valid YAML'],
    ['data-dir: *nothing', 'v.yml:1'],
    ['label: {1a: x}', 'v.yml:1: key "label": must be a label'],
    [`data-dir: \${NOT_SET}/x`, 'v.yml:1: key "data-dir": environment variable NOT_SET is not set'],
    ['__proto__: 1', 'key "__proto__": is unknown'],
  ])('%j', (text, message) => {
    expect(complaint(() => withFile(text))).toContain(message);
  });
});

describe('hostile files cost little', () => {
  test.each<[string, string, string]>([
    ['too large', `data-dir: ${'x'.repeat(1024 * 1024)}`, 'larger than 1MiB'],
    ['nested flow', `a: ${'['.repeat(100_000)}`, 'nested too deeply'],
    ['nested blocks', '- '.repeat(100_000), 'v.yml'],
    ['many aliases', `label: &a x\n${aliases(200)}`, 'aliases'],
    ['a billion laughs', laughs(), 'v.yml'],
  ])('%s', (_name, text, message) => {
    expect(complaint(() => withFile(text))).toContain(message);
  });
});

function aliases(count: number): string {
  return `receive: {block-label: [${Array(count).fill('*a').join(', ')}]}`;
}

function laughs(): string {
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
  for (let i = 1; i < 10; i++)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join()}]`,
    );
  return lines.join('\n');
}

describe('variables', () => {
  test('are filled in as values, never as YAML', () => {
    const env = { DIR: '/x: [y', TENANT: 'team' };
    const { config } = withFile(
      `data-dir: \${DIR}\nreceive: {default-tenant-id: $(TENANT)-1, tenant-header: X-$$}`,
      env,
    );
    expect(config.dataDir).toBe('/x: [y');
    expect(config.defaultTenantId).toBe('team-1');
    expect(config.tenantHeader).toBe('X-$$');
  });

  test('a doubled dollar keeps the reference as text', () => {
    expect(withFile(`data-dir: $\${HOME}/$$(X)`).config.dataDir).toBe(`\${HOME}/$(X)`);
  });
});

describe('the bucket in the file itself', () => {
  const text = `log: {level: info}
objstore:
  config:
    type: FILESYSTEM
    config:
      directory: \${DIR}
`;

  test('is read in place, variables filled in once', () => {
    const { config } = withFile(text, { DIR: '$(NOT_AGAIN)' });
    expect(config.bucket?.config).toEqual({ directory: '$(NOT_AGAIN)' });
  });

  test('a mistake in it names the line of the file', () => {
    const wrong = text.replace('directory', 'directroy');
    expect(complaint(() => withFile(wrong, { DIR: 'x' }))).toBe(
      'v.yml:6: key "config.directroy": is unknown; did you mean directory?',
    );
    const extra = `${text}      dir: x\n`;
    expect(complaint(() => withFile(extra, { DIR: 'x' }))).toContain(
      'v.yml:7: key "config.dir": is unknown',
    );
  });

  test('may be a text as well', () => {
    const block = 'objstore:\n  config: |\n    type: FILESYSTEM\n    config: {directory: b}\n';
    expect(withFile(block).config.bucket?.config).toEqual({ directory: 'b' });
    expect(complaint(() => withFile(block.replace('FILESYSTEM', 'SWIFT')))).toContain(
      'v.yml:2: key "objstore.config":1: key "type"',
    );
  });
});

describe('a name that is a flag and the beginning of others', () => {
  const flag = (name: string, repeatable = false): [string, KnownFlag] => [
    name,
    { flag: name, isBool: false, repeatable },
  ];
  const known = new Map([flag('query', true), flag('query.timeout')]);
  const read = (text: string) => {
    const given = givenByFile('f.yml', text, { known, env: {} });
    return Object.fromEntries([...given].map(([name, { texts }]) => [name, texts]));
  };

  test('a mapping is the group', () => {
    expect(read('query: {timeout: 1m}')).toEqual({ 'query.timeout': ['1m'] });
  });

  test('any other value is the flag, and the others are written with dots', () => {
    expect(read('query: [a, b]\nquery.timeout: 1m')).toEqual({
      query: ['a', 'b'],
      'query.timeout': ['1m'],
    });
    expect(read('query: a')).toEqual({ query: ['a'] });
  });
});
