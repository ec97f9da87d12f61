import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../../../src/base/config/command-line.ts';
import { loadSidecarConfig } from '../../../../src/base/config/load-config.ts';
import { configAsYaml, flagsAsText } from '../../../../src/base/config/print-config.ts';
import { complaint, worldOf } from './loading.ts';

const BUCKET = '--objstore.config={type: FILESYSTEM, config: {directory: b}}';

function load(flags: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const invocation = parseCommandLine(['sidecar', ...flags], 'test');
  if (invocation.kind !== 'sidecar') throw new Error(invocation.kind);
  return loadSidecarConfig(invocation.given, worldOf({ VARVE_MIN_TIME: '-2w' }, files));
}

describe('the configuration of varve sidecar', () => {
  test('defaults are those of Thanos, the bucket must be given', () => {
    const { config, warnings } = load([BUCKET]);
    expect(config).toMatchObject({
      role: 'sidecar',
      prometheusUrl: 'http://localhost:9090',
      prometheusReadyTimeoutMs: 600_000,
      prometheusGetConfigIntervalMs: 30_000,
      prometheusGetConfigTimeoutMs: 30_000,
      tsdbPath: './data',
      dataDir: undefined,
      uploadCompacted: false,
      minTime: { kind: 'from-now', offsetMs: -14 * 86_400_000 },
      bucket: { type: 'FILESYSTEM', config: { directory: 'b' } },
    });
    expect(warnings).toEqual([]);
    expect(complaint(() => load([]))).toMatch(/objstore.config-file: is needed: .*no StoreAPI/);
  });

  test('secrets are not shown', () => {
    const client = '--prometheus.http-client={basic_auth: {username: u, password: hush}}';
    const { config } = load([BUCKET, client]);
    expect(config.httpClient.basicAuth?.password?.reveal()).toBe('hush');
    expect(flagsAsText(config)['prometheus.http-client']).toBe('<secret>');
    expect(configAsYaml(config)).not.toContain('hush');
  });

  test('the client document may be a file; both are too much', () => {
    const files = { 'c.yml': 'bearer_token: t' };
    const file = '--prometheus.http-client-file=c.yml';
    expect(load([BUCKET, file], files).config.httpClient.bearerToken?.reveal()).toBe('t');
    const both = [BUCKET, file, '--prometheus.http-client={}'];
    expect(complaint(() => load(both, files))).toContain('cannot be given together');
  });

  test.each([
    ['/prom', '/prom'],
    ['/prom', '/prom/state'],
    ['prom/', './prom/../prom/x'],
  ])('with --tsdb.path=%s, --data-dir=%s lies in it and is refused', (tsdb, data) => {
    const flags = [BUCKET, `--tsdb.path=${tsdb}`, `--data-dir=${data}`];
    expect(complaint(() => load(flags))).toMatch(/--data-dir: must not lie in .*only read/);
  });

  test('a directory beside it is fine', () => {
    const flags = [BUCKET, '--tsdb.path=/prom', '--data-dir=/prom-state'];
    expect(load(flags).config.dataDir).toBe('/prom-state');
  });

  test.each([
    ['--prometheus.url=localhost:9090', '--prometheus.url: must be the URL'],
    ['--prometheus.url=http://u:p@localhost:9090', 'credentials go into'],
    ['--reloader.config-file=x', 'is refused: this version does not watch'],
    ['--http.config=x', 'is refused: this version speaks no TLS'],
    ['--grpc-server-tls-cert=x', 'is refused'],
  ])('%s is refused with the way out', (flag, message) => {
    expect(complaint(() => load([BUCKET, flag]))).toContain(message);
  });

  test('flags without effect are named, harmless values pass', () => {
    const flags = ['--grpc-address=:1', '--shipper.meta-file-name=x', '--reloader.rule-dir='];
    const { warnings } = load([BUCKET, ...flags, '--shipper.ignore-unequal-block-size']);
    expect(warnings.join('\n')).toMatch(
      /--grpc-address is ignored.*\n.*meta-file-name is ignored.*\n.*ignore-unequal-block-size: a/,
    );
    expect(load([BUCKET, '--shipper.meta-file-name=thanos.shipper.json']).warnings).toEqual([]);
  });
});
