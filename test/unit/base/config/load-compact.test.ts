import { describe, expect, test } from 'vitest';
import { loadCompactConfig } from '../../../../src/base/config/load-config.ts';
import { configAsYaml, flagsAsText } from '../../../../src/base/config/print-config.ts';
import { roleCommand } from '../../../../src/base/config/role-command.ts';
import { complaint, worldOf } from './loading.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BUCKET = '--objstore.config={type: FILESYSTEM, config: {directory: b}}';

interface World {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

/** What was given on a command line, without regard to whether a command takes it. */
function givenBy(flags: readonly string[]) {
  const text = { description: 'test', version: 'test' };
  const { command, given } = roleCommand('varve compact', 'compact', text);
  command.exitOverride().parse([...flags], { from: 'user' });
  return given;
}

function load(flags: readonly string[], { env = {}, files = {} }: World = {}) {
  return loadCompactConfig(givenBy(flags), worldOf(env, files));
}

describe('the configuration of varve compact', () => {
  test('defaults are those of Thanos, the bucket must be given', () => {
    const { config, warnings } = load([BUCKET]);
    expect(config).toMatchObject({
      role: 'compact',
      dataDir: './data',
      httpAddress: { host: '0.0.0.0', port: 10_902 },
      wait: false,
      dryRun: false,
      output: 'table',
      bucket: { type: 'FILESYSTEM', config: { directory: 'b' } },
    });
    expect(config.compaction).toMatchObject({
      workDir: './data',
      waitIntervalMs: 300_000,
      progressIntervalMs: 300_000,
      consistencyDelayMs: 1_800_000,
      deleteDelayMs: 2 * DAY_MS,
      retentionRawMs: 0,
      retention5mMs: 0,
      retention1hMs: 0,
      compactConcurrency: 1,
      downsampleConcurrency: 1,
      compactionLevelMax: 4,
      indexBytesMax: 64 * 2 ** 30,
      maxDiskBytes: 0,
      replicaLabels: [],
      deduplicationFunc: 'one-to-one',
      isDownsamplingDisabled: false,
      selector: undefined,
      minTime: { kind: 'at', timeMs: Date.parse('0000-01-01T00:00:00Z') },
      maxTime: { kind: 'at', timeMs: Date.parse('9999-12-31T23:59:59Z') },
    });
    expect(warnings).toEqual([]);
    expect(complaint(() => load([]))).toContain('--objstore.config-file: is needed');
  });

  test("a command line of Thanos's passes, and what has no effect is named", () => {
    const { config, warnings } = load([
      BUCKET,
      '--data-dir=/var/thanos/compact',
      '--wait',
      '--retention.resolution-raw=30d',
      '--retention.resolution-5m=90d',
      '--retention.resolution-1h=1y',
      '--compact.enable-vertical-compaction',
      '--compact.skip-block-with-out-of-order-chunks',
      '--deduplication.func=penalty',
      '--deduplication.replica-label=replica',
      '--deduplication.replica-label=prometheus_replica, receive_replica',
      '--compact.cleanup-interval=5m',
      '--debug.max-compaction-level=3',
      '--web.disable',
    ]);
    expect(config.compaction).toMatchObject({
      retentionRawMs: 30 * DAY_MS,
      retention5mMs: 90 * DAY_MS,
      retention1hMs: 365 * DAY_MS,
      replicaLabels: ['replica', 'prometheus_replica', 'receive_replica'],
      deduplicationFunc: 'penalty',
      compactionLevelMax: 3,
    });
    expect(warnings).toEqual([
      '--compact.cleanup-interval is ignored: deletions are jobs of the plan, and every round ' +
        'begins with them.',
      expect.stringMatching(/^--debug.max-compaction-level: .*; 1h blocks are made only of what/),
    ]);
  });

  test('file, environment and flags give the same options', () => {
    const file = [
      'retention: {resolution-raw: 1d, resolution-5m: 20d}',
      'deduplication: {replica-label: [a, b]}',
      'compact: {concurrency: 2, max-disk: 10GiB}',
    ].join('\n');
    const env = { VARVE_CONFIG_FILE: 'v.yml', VARVE_RETENTION_RESOLUTION_RAW: '50d' };
    const flags = [BUCKET, '--compact.concurrency=3', '--deduplication.func='];
    expect(load(flags, { env, files: { 'v.yml': file } }).config.compaction).toMatchObject({
      retentionRawMs: 50 * DAY_MS,
      retention5mMs: 20 * DAY_MS,
      replicaLabels: ['a', 'b'],
      compactConcurrency: 3,
      maxDiskBytes: 10 * 2 ** 30,
      deduplicationFunc: 'one-to-one',
    });
  });

  test('what is printed, read as a file, gives the same; the bucket is a secret', () => {
    const flags = ['--objstore.config-file=b.yml', '--min-time=-30d', '--wait'];
    const bucket = 'type: FILESYSTEM\nconfig: {directory: hunter2}';
    const { config } = load(flags, { files: { 'b.yml': bucket } });
    const yaml = configAsYaml(config);
    const files = { 'b.yml': bucket, 'v.yml': yaml };
    const again = load(['--config.file=v.yml'], { files });
    expect({ ...again.config, configFile: undefined }).toEqual(config);
    expect(yaml + JSON.stringify(flagsAsText(config))).not.toContain('hunter2');
  });
});

describe('relabelling rules', () => {
  const rules = '- {source_labels: [a], regex: $1, action: keep}';

  test('come from a file, a value, or a list in the configuration file', () => {
    const files = { 'r.yml': rules };
    const byFile = load([BUCKET, '--selector.relabel-config-file=r.yml'], { files });
    expect(byFile.config.compaction.selector).toMatchObject({
      name: 'r.yml',
      fillEnvironment: false,
    });
    expect(byFile.config.compaction.selector?.text.reveal()).toBe(rules);
    const byValue = load([BUCKET, `--selector.relabel-config=${rules}`]).config.compaction;
    expect(byValue.selector?.text.reveal()).toBe(rules);
    expect(byValue.selector).toMatchObject({ name: '--selector.relabel-config' });
    const list = { 'v.yml': `selector:\n  relabel-config:\n    ${rules}\n    ${rules}\n` };
    const { selector } = load([BUCKET, '--config.file=v.yml'], { files: list }).config.compaction;
    // At its own lines, so that a complaint names the right one.
    expect(selector?.text.reveal().trimEnd()).toBe(`\n\n    ${rules}\n    ${rules}`);
    expect(selector).toMatchObject({ name: 'v.yml', fillEnvironment: false });
  });

  test('are checked at the start; what is wrong is named with its line', () => {
    const files = { 'v.yml': 'selector:\n  relabel-config:\n    - {action: keep, regex: "("}\n' };
    const inFile = complaint(() => load([BUCKET, '--config.file=v.yml'], { files }));
    expect(inFile).toMatch(/^v\.yml:3: .*regex/);
    const flag = '--selector.relabel-config=- {action: hold}';
    expect(complaint(() => load([BUCKET, flag]))).toMatch(/^--selector.relabel-config:1: .*action/);
  });

  test('file and value exclude each other, a file that is not there is named, empty is none', () => {
    const both = ['--selector.relabel-config-file=r.yml', '--selector.relabel-config=[]'];
    expect(complaint(() => load([BUCKET, ...both]))).toContain('cannot be given together');
    const missing = '--selector.relabel-config-file=r.yml';
    expect(complaint(() => load([BUCKET, missing]))).toContain('cannot read r.yml');
    expect(load([BUCKET, '--selector.relabel-config=']).config.compaction.selector).toBe(undefined);
  });
});

describe('options that do not go together', () => {
  test.each<[string[], string]>([
    [
      ['--deduplication.func=penalty'],
      '--deduplication.func: penalty wants --deduplication.replica-label',
    ],
    [['--deduplication.func=max'], '--deduplication.func: must be one-to-one or penalty'],
    [
      ['--deduplication.replica-label=a,tenant_id'],
      '--deduplication.replica-label: tenant_id is the label that holds the tenant',
    ],
    [['--deduplication.replica-label=a,a'], 'must not name the same thing twice'],
    [['--deduplication.replica-label=a-b'], 'must be a label name'],
    [
      ['--min-time=2026-02-01T00:00:00Z', '--max-time=2026-01-01T00:00:00Z'],
      '--min-time: is later than max-time',
    ],
    [['--min-time=-1d', '--max-time=-2d'], '--min-time: is later than max-time'],
    [['--data-dir=./b/x'], '--data-dir: must not lie in the directory of the bucket (b)'],
    [['--data-dir=b'], '--data-dir: must not lie in the directory of the bucket (b)'],
    [['--compact.concurrency=0'], 'must be between 1 and 64'],
    [['--compact.block-max-index-size=65GiB'], 'must be between 1MiB and 64GiB'],
    [['--debug.max-compaction-level=5'], 'must be between 1 and 4'],
    [['--http.config=web.yml'], '--http.config: is refused: this version speaks no TLS'],
    [['--compact.dedup-func=penalty'], 'is refused: it has become --deduplication.func'],
  ])('%j is refused', (flags, message) => {
    expect(complaint(() => load([BUCKET, ...flags]))).toContain(message);
  });

  test.each([
    ['--min-time=-2d', '--max-time=-1d'],
    ['--min-time=-1d', '--max-time=2026-01-01T00:00:00Z'],
    ['--data-dir=b-work'],
    ['--retention.resolution-raw=40h'],
    ['--retention.resolution-raw=30d', '--retention.resolution-5m=30d'],
    [
      '--retention.resolution-raw=1h',
      '--retention.resolution-5m=1h',
      '--retention.resolution-1h=1h',
    ],
    ['--downsampling.disable'],
    ['--wait', '--wait-interval=1m'],
    ['--dry-run', '--output=json'],
    ['--hash-func=SHA256', '--block-discovery-strategy=recursive', '--http.config='],
  ])('%s %s %s passes without a word', (...flags) => {
    expect(load([BUCKET, ...flags]).warnings).toEqual([]);
  });
});

describe('periods that Thanos refuses, or that are seldom meant, are warned of', () => {
  const raw = '--retention.resolution-raw';
  const five = '--retention.resolution-5m';
  const hour = '--retention.resolution-1h';
  test.each<[string[], (string | RegExp)[]]>([
    [[`${raw}=1d`], [/^--retention.resolution-raw: 1d is less than the 40h .* nothing is lost/]],
    [[`${raw}=39h59m`, `${five}=1y`], [/^--retention.resolution-raw: 1d15h59m is less than/]],
    [
      [`${raw}=1d`, `${five}=1d`],
      [/^--retention.resolution-raw: 1d is less/, /5m: 1d is less/],
    ],
    [[`${five}=9d`, `${hour}=9d`, `${raw}=9d`], []],
    [
      [`${raw}=30d`, `${five}=9d`],
      [/5m: 9d is less than the 10d/, /5m: 9d is shorter than .*30d/],
    ],
    [[`${hour}=1y`], [/^--retention.resolution-1h: 1y is shorter than .*raw \(for ever\), so/]],
    [[`${raw}=30d`, '--downsampling.disable'], [/^--downsampling.disable: .* by age alone/]],
    [['--delete-delay=0s'], [/^--delete-delay: a block is deleted as soon as it was marked/]],
    [['--debug.max-compaction-level=2'], [/^--debug.max-compaction-level: .*5m and 1h blocks/]],
    [['--debug.max-compaction-level=2', '--downsampling.disable'], []],
    [
      ['--wait', '--dry-run'],
      ['--wait has no effect with --dry-run, which prints the plan and ends'],
    ],
    [['--wait-interval=1m'], ['--wait-interval has no effect without --wait']],
    [['--output=json'], ['--output has no effect without --dry-run']],
  ])('%j', (flags, wanted) => {
    const { warnings } = load([BUCKET, ...flags]);
    expect(warnings.length).toBe(wanted.length);
    for (const [i, pattern] of wanted.entries()) expect(warnings.at(i)).toMatch(pattern);
  });
});
