import { expect, test } from 'vitest';
import { parseCommandLine } from '../../../src/base/config/command-line.ts';
import { loadCompactConfig } from '../../../src/base/config/load-config.ts';
import { compactSettings } from '../../../src/compact/settings.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const BUCKET = 'type: FILESYSTEM\nconfig:\n  directory: /bucket\n';

function settingsOf(flags: readonly string[]) {
  const invocation = parseCommandLine(['compact', `--objstore.config=${BUCKET}`, ...flags], '');
  if (invocation.kind !== 'compact') throw new Error('not compact');
  const world = { env: {}, readFile: () => new Uint8Array() };
  const { config } = loadCompactConfig(invocation.given, world);
  return compactSettings(config.compaction, {
    bucket: config.bucket,
    limits: { concurrencyMax: 1, uploadBytesPerSecond: 0, downloadBytesPerSecond: 0 },
    isDry: false,
    logger: { level: 'info', format: 'logfmt' },
    hostname: 'host',
    random: new SeededRandom(1),
  });
}

test('flags become options of plans, and all of it can be sent to a thread', () => {
  const settings = settingsOf([
    '--retention.resolution-raw=1d',
    '--retention.resolution-5m=2d',
    '--deduplication.replica-label=replica',
    '--deduplication.func=penalty',
    '--debug.max-compaction-level=2',
    '--consistency-delay=3d',
    '--selector.relabel-config=[{action: keep, regex: a, source_labels: [x]}]',
    '--data-dir=/work',
  ]);
  expect(structuredClone(settings)).toEqual(settings);
  expect(settings).toMatchObject({
    workDir: expect.stringMatching(/work$/),
    holder: expect.stringMatching(/^host-[0-9a-f]{16}$/),
    plan: {
      replicaLabels: ['replica'],
      deduplication: 'penalty',
      retention: { rawMs: 86_400_000, fiveMinutesMs: 172_800_000, oneHourMs: 0 },
      levelRangesMs: [7_200_000, 28_800_000],
      partialAgeMs: 3 * 86_400_000,
    },
    selection: { rules: { text: expect.stringContaining('keep') } },
  });
});

test('what was cut off is swept after two days at least', () => {
  expect(settingsOf([]).plan.partialAgeMs).toBe(2 * 86_400_000);
  expect(settingsOf([]).selection.rules).toBe(undefined);
});
