import { describe, expect, test } from 'vitest';
import { BUCKET_ROLES } from '../../../../src/base/config/bucket-commands.ts';
import { inertOptionsOf, optionsOf } from '../../../../src/base/config/catalogue.ts';
import { defaultTexts, environmentName, type Role } from '../../../../src/base/config/option.ts';

const ROLES: readonly Role[] = ['serve', 'receive', 'sidecar', 'compact', 'tsdb', ...BUCKET_ROLES];

/** Flags of `thanos receive` (docs/components/receive.md and cmd/thanos/receive.go, 2026). */
const THANOS_RECEIVE = `
auto-gomemlimit.ratio debug.name enable-auto-gomemlimit enable-feature grpc-address grpc-grace-period
grpc-server-max-connection-age grpc-server-tls-cert grpc-server-tls-client-ca grpc-server-tls-key
grpc-server-tls-min-version hash-func http-address http-grace-period http.config label log.format log.level
matcher-cache-size objstore.config objstore.config-file receive-forward-max-backoff receive-forward-timeout
receive.artificial-max-delay receive.capnproto-address receive.default-tenant-id
receive.forward.async-workers receive.grpc-compression receive.grpc-service-config receive.hashrings
receive.hashrings-algorithm receive.hashrings-file receive.hashrings-file-refresh-interval
receive.lazy-retrieval-max-buffered-responses receive.limits-config receive.limits-config-file
receive.limits-config-reload-timer receive.local-endpoint receive.otlp-enable-target-info
receive.otlp-promote-resource-attributes receive.relabel-config receive.relabel-config-file
receive.replica-header receive.replication-factor receive.replication-protocol
receive.split-tenant-label-name receive.tenant-certificate-field receive.tenant-header
receive.tenant-label-name remote-write.address remote-write.client-server-name remote-write.client-tls-ca
remote-write.client-tls-cert remote-write.client-tls-key remote-write.client-tls-secure
remote-write.client-tls-skip-verify remote-write.server-tls-cert remote-write.server-tls-client-ca
remote-write.server-tls-key remote-write.server-tls-min-version request.logging-config
request.logging-config-file shipper.allow-out-of-order-uploads shipper.ignore-unequal-block-size
shipper.skip-corrupted-blocks shipper.upload-concurrency store.limits.request-samples
store.limits.request-series tracing.config tracing.config-file tsdb.allow-overlapping-blocks
tsdb.block.expanded-postings-cache-size tsdb.enable-native-histograms
tsdb.head.expanded-postings-cache-size tsdb.max-block-duration tsdb.max-exemplars
tsdb.max-retention-bytes tsdb.memory-snapshot-on-shutdown tsdb.min-block-duration tsdb.no-lockfile
tsdb.out-of-order.cap-max tsdb.out-of-order.time-window tsdb.path tsdb.retention
tsdb.too-far-in-future.time-window tsdb.wal-compression tsdb.write-queue-size writer.intern`
  .trim()
  .split(/\s+/);

/** Flags of `thanos sidecar` (docs/components/sidecar.md and cmd/thanos/sidecar.go, 2026). */
const THANOS_SIDECAR = `
auto-gomemlimit.ratio debug.name enable-auto-gomemlimit enable-feature grpc-address grpc-grace-period
grpc-server-max-connection-age grpc-server-tls-cert grpc-server-tls-client-ca grpc-server-tls-key
grpc-server-tls-min-version hash-func http-address http-grace-period http.config log.format log.level
matcher-cache-size min-time objstore.config objstore.config-file prometheus.get_config_interval
prometheus.get_config_timeout prometheus.http-client prometheus.http-client-file prometheus.ready_timeout
prometheus.url receive.connection-pool-size receive.connection-pool-size-per-host
reloader.config-envsubst-file reloader.config-file reloader.method reloader.process-name
reloader.retry-interval reloader.rule-dir reloader.watch-interval request.logging-config
request.logging-config-file shipper.allow-out-of-order-uploads shipper.ignore-unequal-block-size
shipper.meta-file-name shipper.skip-corrupted-blocks shipper.upload-compacted
shipper.upload-concurrency store.limits.request-samples store.limits.request-series tracing.config
tracing.config-file tsdb.path`
  .trim()
  .split(/\s+/);

/**
 * Flags of `thanos compact` (docs/components/compact.md and cmd/thanos/compact.go, 2021 to 2026,
 * hidden ones too).
 */
const THANOS_COMPACT = `
auto-gomemlimit.ratio block-discovery-strategy block-files-concurrency block-meta-fetch-concurrency
block-sync-concurrency block-viewer.global.sync-block-interval block-viewer.global.sync-block-timeout
bucket-web-label compact.block-max-index-size compact.blocks-fetch-concurrency compact.cleanup-interval
compact.concurrency compact.dedup-func compact.enable-vertical-compaction compact.progress-interval
compact.skip-block-with-out-of-order-chunks consistency-delay data-dir debug.accept-malformed-index
debug.halt-on-error debug.max-compaction-level debug.name deduplication.func deduplication.replica-label
delete-delay disable-admin-operations downsample.concurrency downsampling.disable enable-auto-gomemlimit
hash-func http-address http-grace-period http.config log.format log.level max-time min-time
objstore.config objstore.config-file retention.resolution-1h retention.resolution-5m
retention.resolution-raw selector.relabel-config selector.relabel-config-file tracing.config
tracing.config-file wait wait-interval web.disable web.disable-cors web.external-prefix web.prefix-header
web.route-prefix`
  .trim()
  .split(/\s+/);

function flagsOf(role: Role): readonly string[] {
  return [...optionsOf(role).map(({ spec }) => spec), ...inertOptionsOf(role)].map((o) => o.flag);
}

describe.each(ROLES)('the options of %s', (role) => {
  test('each flag and each environment variable is there once', () => {
    const flags = flagsOf(role);
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(flags.map(environmentName)).size).toBe(flags.length);
  });

  test('defaults are values of their own type, written as the type writes them', () => {
    for (const { spec } of optionsOf(role)) {
      const texts = defaultTexts(spec, role)?.map((text) => text.replace('<data-dir>', 'd'));
      if (texts === undefined) continue;
      const again = spec.type.format(spec.type.parse(texts, 'the default'));
      if (spec.type.name !== 'duration') expect(again, spec.flag).toEqual(texts);
      else expect(spec.type.parse(again, ''), spec.flag).toBe(spec.type.parse(texts, ''));
    }
  });

  test('an option with defaults by role has one for this role', () => {
    for (const { spec } of optionsOf(role)) {
      if (spec.default !== undefined) expect(defaultTexts(spec, role), spec.flag).toBeDefined();
    }
  });

  test('a default that names the data directory comes after it', () => {
    const flags = optionsOf(role).map(({ spec }) => spec.flag);
    const users = optionsOf(role).filter(({ spec }) =>
      defaultTexts(spec, role)?.some((text) => text.includes('<data-dir>')),
    );
    for (const { spec } of users) {
      expect(flags.indexOf('data-dir')).toBeLessThan(flags.indexOf(spec.flag));
      expect(flags).toContain('data-dir');
    }
  });

  test('help is one or two sentences', () => {
    for (const { spec } of optionsOf(role)) expect(spec.help, spec.flag).toMatch(/^[A-Za-z].*\.$/);
  });
});

test('a value that may be a YAML mapping never belongs to a flag that is also a group', () => {
  // Only these read a file.
  for (const role of ['serve', 'receive', 'sidecar', 'compact'] as const) {
    const flags = flagsOf(role);
    for (const { spec } of optionsOf(role)) {
      if (spec.type.yamlMapping === undefined) continue;
      expect(flags.filter((flag) => flag.startsWith(`${spec.flag}.`))).toEqual([]);
    }
  }
});

test.each(['serve', 'receive'] as const)('%s knows every flag of thanos receive', (role) => {
  const known = flagsOf(role);
  expect(THANOS_RECEIVE.filter((flag) => !known.includes(flag))).toEqual([]);
});

test.each([
  ['sidecar', THANOS_SIDECAR],
  ['compact', THANOS_COMPACT],
] as const)('%s knows every flag of the role of Thanos', (role, all) => {
  const known = flagsOf(role);
  expect(all.filter((flag) => !known.includes(flag))).toEqual([]);
});

test.each([
  ['receive', THANOS_RECEIVE],
  ['sidecar', THANOS_SIDECAR],
  ['compact', THANOS_COMPACT],
] as const)(
  'what varve %s does not act on are flags of Thanos, each with its reason',
  (role, all) => {
    for (const inert of inertOptionsOf(role)) {
      expect(all).toContain(inert.flag);
      expect(inert.why, inert.flag).toMatch(/\.$/);
    }
  },
);
