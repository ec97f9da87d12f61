import { describe, expect, test } from 'vitest';
import { complaint, load } from './loading.ts';

const DAY_MS = 86_400_000;

describe('defaults', () => {
  test('serve keeps everything below its data directory', () => {
    const { config, warnings } = load({ argv: ['serve', '--data-dir=/d a$(X)'] });
    expect(config).toMatchObject({
      role: 'serve',
      dataDir: '/d a$(X)',
      tsdbPath: '/d a$(X)/tsdb',
      bucket: { type: 'FILESYSTEM', prefix: '', config: { directory: '/d a$(X)/bucket' } },
    });
    expect(warnings).toEqual([]);
  });

  test("receive has Thanos's directory and uploads nothing", () => {
    const { config, warnings } = load({ argv: ['receive'] });
    expect(config).toMatchObject({ role: 'receive', tsdbPath: './data', bucket: undefined });
    expect(config.dataDir).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  test("the limits are the design's", () => {
    expect(load({}).config).toMatchObject({
      requestBytesMax: 16 * 1024 ** 2,
      requestDecodedBytesMax: 64 * 1024 ** 2,
      requestSeriesMax: 200_000,
      requestSamplesMax: 1_000_000,
      seriesLabelsMax: 128,
      labelNameBytesMax: 1024,
      labelValueBytesMax: 8192,
      tenantStreamsMax: 64,
      tsdbTooFarInFutureTimeWindowMs: 600_000,
      tsdbOutOfOrderTimeWindowMs: DAY_MS,
      tsdbRetentionMs: 15 * DAY_MS,
      tenantSamplesPerSecondMax: 0,
      rateLimitStatus: '503',
      tenantHeader: 'THANOS-TENANT',
      externalLabels: [],
    });
  });
});

describe('precedence', () => {
  const files = { 'v.yml': 'tsdb: {retention: 1d}' };
  const env = { VARVE_TSDB_RETENTION: '2d', VARVE_CONFIG_FILE: 'v.yml' };
  test.each<[string, Parameters<typeof load>[0], number]>([
    ['the file over the default', { argv: ['serve', '--config.file=v.yml'], files }, 1],
    ['the environment over the file', { env, files }, 2],
    ['a flag over all', { argv: ['serve', '--tsdb.retention=3d'], env, files }, 3],
    ['an empty variable is not set', { env: { ...env, VARVE_TSDB_RETENTION: '' }, files }, 1],
  ])('%s', (_name, sources, days) => {
    expect(load(sources).config.tsdbRetentionMs).toBe(days * DAY_MS);
  });

  test('a bucket given by a flag takes the place of one in the file, file or value', () => {
    const bucket = 'type: FILESYSTEM\nconfig: {directory: by-flag}';
    const sources = {
      argv: ['serve', '--config.file=v.yml', `--objstore.config=${bucket}`],
      files: { 'v.yml': 'objstore: {config-file: b.yml}' },
    };
    expect(load(sources).config.bucket?.config).toEqual({ directory: 'by-flag' });
  });
});

describe('environment', () => {
  test('lists and labels are split', () => {
    const env = {
      VARVE_RECEIVE_BLOCK_LABEL: 'cluster, replica',
      VARVE_LABEL: 'a="1,2",b="3"',
      VARVE_WEB_ENABLE_LIFECYCLE: 'true',
    };
    const { config } = load({ env });
    expect(config.blockLabels).toEqual(['cluster', 'replica']);
    expect(config.externalLabels).toEqual([
      { name: 'a', value: '1,2' },
      { name: 'b', value: '3' },
    ]);
    expect(config.webEnableLifecycle).toBe(true);
  });

  test('a variable that sets no option is a warning with a suggestion', () => {
    const { warnings } = load({ env: { VARVE_TSDB_RETENTON: '1d', VARVEX: '1', PATH: 'x' } });
    expect(warnings).toEqual([
      'environment variable VARVE_TSDB_RETENTON sets no option; did you mean VARVE_TSDB_RETENTION?',
    ]);
  });

  test('what Kubernetes sets for a service named varve is not taken for options', () => {
    const env = {
      VARVE_SERVICE_HOST: '10.0.0.1',
      VARVE_SERVICE_PORT: '19291',
      VARVE_SERVICE_PORT_REMOTE_WRITE: '19291',
      VARVE_PORT: 'tcp://10.0.0.1:19291',
      VARVE_PORT_19291_TCP: 'tcp://10.0.0.1:19291',
      VARVE_PORT_19291_TCP_PROTO: 'tcp',
      VARVE_PORT_19291_TCP_ADDR: '10.0.0.1',
      VARVE_RECEIVE_PORT_19291_TCP_PORT: '19291',
    };
    expect(load({ env }).warnings).toEqual([]);
  });

  test('a wrong value names the variable', () => {
    expect(complaint(() => load({ env: { VARVE_TSDB_RETENTION: '15' } }))).toBe(
      'environment variable VARVE_TSDB_RETENTION: must be a duration such as 15d, 2h, 1h30m or 500ms',
    );
  });
});

describe("Thanos's flags", () => {
  test('ignored: the start goes on and says why', () => {
    const argv = ['receive', '--receive.local-endpoint=127.0.0.1:10907', '--tsdb.no-lockfile'];
    expect(load({ argv }).warnings).toEqual([
      expect.stringMatching(/^--receive.local-endpoint is ignored: Varve never forwards/),
      expect.stringMatching(/^--tsdb.no-lockfile is ignored: Varve always locks/),
    ]);
  });

  test.each<[string, string]>([
    ['--receive.hashrings-file=h.json', 'Varve has no hashring'],
    ['--receive.replication-factor=3', 'Varve has no hashring'],
    ['--remote-write.server-tls-cert=c.pem', 'no TLS'],
    ['--http.config=web.yml', 'no TLS'],
    ['--receive.tenant-certificate-field=organization', 'no client certificates'],
    ['--receive.split-tenant-label-name=t', 'one tenant'],
    ['--receive.relabel-config=[]', 'write_relabel_configs'],
    ['--receive.limits-config-file=l.yml', '--receive.limits.request-size'],
    ['--tsdb.max-block-duration=4h', 'windows of 2h'],
    ['--no-receive.otlp-enable-target-info', 'OTLP'],
  ])('refused: %s names the way out', (flag, way) => {
    const message = complaint(() => load({ argv: ['receive', flag] }));
    expect(message).toContain(`${flag.replace(/=.*/, '').replace('--no-', '--')}: is refused: `);
    expect(message).toContain(way);
  });

  test.each([
    '--receive.replication-factor=1',
    '--remote-write.server-tls-cert=',
    '--tsdb.min-block-duration=2h',
    '--receive.tenant-certificate-field=',
    '--receive.otlp-enable-target-info',
    '--tsdb.max-retention-bytes=0',
  ])('%s means what Varve does anyway, and passes silently', (flag) => {
    expect(load({ argv: ['receive', flag] }).warnings).toEqual([]);
  });

  test('refused in the file too, with its line', () => {
    const files = { 'v.yml': 'log: {level: warn}\nhttp:\n  config: web.yml\n' };
    const message = complaint(() => load({ argv: ['serve', '--config.file=v.yml'], files }));
    expect(message).toMatch(/^v\.yml:3: key "http\.config": is refused: /);
  });
});

describe('options that do not go together', () => {
  test.each<[string[], string]>([
    [['--http-address=:1', '--remote-write.address=:1'], '--remote-write.address: is 0.0.0.0:1'],
    [
      ['--receive.limits.in-flight-size=1MiB'],
      '--receive.limits.in-flight-size: must be at least receive.limits.request-size (16MiB)',
    ],
    [['--label=tenant_id="x"'], '--label: tenant_id is the label that holds the tenant'],
    [['--label=a="x"', '--receive.block-label=a'], '--label: a is lifted out'],
    [['--receive.block-label=tenant_id'], '--receive.block-label: tenant_id is the label'],
    [['--receive.block-label=a', '--receive.block-label=a'], 'the same thing twice'],
    [['--receive.default-tenant-id=varve'], '--receive.default-tenant-id: must be a tenant name'],
    [['--receive.default-tenant-id=..'], 'not beginning with a dot'],
    [['--receive.tenant-header=a b'], 'the name of an HTTP header'],
    [['--objstore.config=x', '--objstore.config-file=y'], 'cannot be given together'],
    [['--objstore.config-file=nowhere.yml'], '--objstore.config-file: cannot read nowhere.yml'],
    [['--config.file=nowhere.yml'], '--config.file: cannot read nowhere.yml'],
    [['--log.level=loud'], '--log.level: must be debug or info or warn or error'],
    [['--receive.limits.request-size=16'], 'a size with its unit'],
    [['--receive.limits.request-size=2GiB'], 'must be between 1KiB and 1GiB'],
  ])('%j', (flags, message) => {
    expect(complaint(() => load({ argv: ['serve', ...flags] }))).toContain(message);
  });

  test('a shared bucket without labels that tell gateways apart is a warning', () => {
    const bucket = '--objstore.config={type: FILESYSTEM, config: {directory: b}}';
    expect(load({ argv: ['receive', bucket] }).warnings).toEqual([
      expect.stringContaining('no --label'),
    ]);
    expect(load({ argv: ['receive', bucket, '--label=receive="a"'] }).warnings).toEqual([]);
  });
});

describe('compaction in serve', () => {
  test('works below the data directory, and has the defaults of varve compact', () => {
    const { compaction } = load({ argv: ['serve', '--data-dir=/d'] }).config;
    expect(compaction).toMatchObject({
      workDir: '/d/compact',
      waitIntervalMs: 300_000,
      deleteDelayMs: 2 * DAY_MS,
      retentionRawMs: 0,
      replicaLabels: [],
      selector: undefined,
    });
  });

  test('is there unless it is turned off, and never in receive', () => {
    const off = load({ argv: ['serve', '--no-compact.enabled'] });
    expect(off.config.compaction).toBeUndefined();
    expect(load({ argv: ['receive'] }).config.compaction).toBeUndefined();
    const flag = '--retention.resolution-raw=30d';
    expect(complaint(() => load({ argv: ['receive', flag] }))).toContain('a flag of varve serve');
    for (const other of ['--wait', '--dry-run', '--output=json'])
      expect(complaint(() => load({ argv: ['serve', other] }))).toContain('varve serve');
  });

  test('a retention is a warning while it is off', () => {
    const argv = ['serve', '--no-compact.enabled', '--retention.resolution-raw=30d'];
    expect(load({ argv }).warnings).toEqual([
      expect.stringMatching(/^--retention.resolution-raw: has no effect: .*--no-compact.enabled/),
    ]);
  });

  test('a replica label that its blocks do not have is a warning with the way out', () => {
    const flag = '--deduplication.replica-label=replica';
    expect(load({ argv: ['serve', flag] }).warnings).toEqual([
      expect.stringMatching(
        /^--deduplication.replica-label: replica is no label .*block-label=repl/,
      ),
    ]);
    const lifted = ['serve', flag, '--receive.block-label=replica'];
    expect(load({ argv: lifted }).warnings).toEqual([]);
  });

  test('what compaction refuses and warns of, and flags of thanos compact without effect', () => {
    const mixed = ['--receive.tenant-label-name=t', '--deduplication.replica-label=t'];
    expect(complaint(() => load({ argv: ['serve', ...mixed] }))).toContain(
      'tenants would be mixed',
    );
    const flags = ['--retention.resolution-raw=1d', '--block-files-concurrency=2'];
    expect(load({ argv: ['serve', ...flags] }).warnings).toEqual([
      expect.stringContaining('--block-files-concurrency is ignored'),
      expect.stringContaining('--retention.resolution-raw: 1d is less than the 40h'),
    ]);
  });
});
