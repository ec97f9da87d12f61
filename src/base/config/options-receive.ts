// Options of receiving: tenants, block labels, limits. The defaults are the design's.

import { DEFAULT_TENANT, OWN_TENANT, tenantFault } from '../model/tenant.ts';
import { isLabelName } from './label-text.ts';
import { option } from './option.ts';
import type { TextRule } from './option-type.ts';
import { byteSize, integer, oneOf, text, texts } from './option-type.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const TENANT_GROUP = 'Tenants';
const LIMIT_GROUP = 'Limits';

const HEADER_NAME: TextRule = {
  allowed: 'the name of an HTTP header',
  test: (name) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/.test(name),
};

const TENANT_NAME: TextRule = {
  allowed:
    "a tenant name: 1 to 150 of A-Z a-z 0-9 ! - _ . ' ( ), not beginning with a dot, not varve",
  test: (name) => tenantFault(name) === undefined && name !== OWN_TENANT,
};

const LABEL_NAME: TextRule = {
  allowed: 'a label name: letters, digits and underscores, not beginning with a digit or with __',
  test: (name) => isLabelName(name) && !name.startsWith('__'),
};

export const RECEIVE_OPTIONS = {
  tenantHeader: option({
    flag: 'receive.tenant-header',
    group: TENANT_GROUP,
    type: text('header', HEADER_NAME),
    default: 'THANOS-TENANT',
    help: 'HTTP header that names the tenant of a request. X-Scope-OrgID is understood beside it.',
  }),
  defaultTenantId: option({
    flag: 'receive.default-tenant-id',
    group: TENANT_GROUP,
    type: text('tenant', TENANT_NAME),
    default: DEFAULT_TENANT,
    help: 'Tenant of requests that name none.',
  }),
  tenantLabelName: option({
    flag: 'receive.tenant-label-name',
    group: TENANT_GROUP,
    type: text('label', LABEL_NAME),
    default: 'tenant_id',
    help: 'Label of blocks that holds the tenant.',
  }),
  blockLabels: option({
    flag: 'receive.block-label',
    group: TENANT_GROUP,
    type: texts('label', LABEL_NAME),
    default: [],
    help:
      'Label that is lifted out of the series and becomes a label of their blocks ' +
      '(repeatable); with cluster and replica, an HA pair looks as if sidecars had uploaded it.',
  }),
  requestBytesMax: option({
    flag: 'receive.limits.request-size',
    group: LIMIT_GROUP,
    type: byteSize({ min: KIB, max: GIB }),
    default: '16MiB',
    help: 'Largest request body as it arrives, compressed. A larger one is answered 413.',
  }),
  requestDecodedBytesMax: option({
    flag: 'receive.limits.request-decompressed-size',
    group: LIMIT_GROUP,
    type: byteSize({ min: KIB, max: GIB }),
    default: '64MiB',
    help: 'Largest request body after decompression. A larger one is answered 413.',
  }),
  requestSeriesMax: option({
    flag: 'receive.limits.request-series',
    group: LIMIT_GROUP,
    type: integer({ min: 1, max: 10_000_000 }),
    default: '200000',
    unit: 'series',
    help: 'Most series in a request. More are answered 413.',
  }),
  requestSamplesMax: option({
    flag: 'receive.limits.request-samples',
    group: LIMIT_GROUP,
    type: integer({ min: 1, max: 50_000_000 }),
    default: '1000000',
    unit: 'samples',
    help: 'Most samples, histograms included, in a request. More are answered 413.',
  }),
  seriesLabelsMax: option({
    flag: 'receive.limits.series-labels',
    group: LIMIT_GROUP,
    type: integer({ min: 1, max: 10_000 }),
    default: '128',
    unit: 'labels',
    help:
      'Most labels of a series. A series with more is refused, the rest of its request is ' +
      'stored.',
  }),
  labelNameBytesMax: option({
    flag: 'receive.limits.label-name-size',
    group: LIMIT_GROUP,
    type: byteSize({ min: 16, max: 64 * KIB }),
    default: '1KiB',
    help: 'Longest label name. A series with a longer one is refused.',
  }),
  labelValueBytesMax: option({
    flag: 'receive.limits.label-value-size',
    group: LIMIT_GROUP,
    type: byteSize({ min: 16, max: MIB }),
    default: '8KiB',
    help: 'Longest label value. A series with a longer one is refused.',
  }),
  inFlightBytesMax: option({
    flag: 'receive.limits.in-flight-size',
    group: LIMIT_GROUP,
    type: byteSize({ min: MIB, max: 1024 * GIB }),
    default: '256MiB',
    help:
      'Most bytes of request bodies held at one time. Requests beyond are answered 503 and ' +
      'come again.',
  }),
  tenantsMax: option({
    flag: 'receive.limits.tenants',
    group: LIMIT_GROUP,
    type: integer({ min: 1, max: 1_000_000 }),
    default: '1000',
    unit: 'tenants',
    help: 'Most tenants. A request of a tenant beyond is refused.',
  }),
  tenantStreamsMax: option({
    flag: 'receive.limits.tenant-streams',
    group: LIMIT_GROUP,
    type: integer({ min: 1, max: 10_000 }),
    default: '64',
    unit: 'streams a tenant',
    help:
      'Most streams (combinations of values of the block labels) of a tenant. A series of a ' +
      'stream beyond is refused.',
  }),
  tenantSeriesMax: option({
    flag: 'receive.limits.tenant-series',
    group: LIMIT_GROUP,
    type: integer({ min: 1, max: 500_000_000 }),
    default: '5000000',
    unit: 'series a tenant',
    help:
      'Most series of a tenant in memory at one time; each costs about 1 KiB. A new series ' +
      'beyond is refused, known ones go on.',
  }),
  tenantSamplesPerSecondMax: option({
    flag: 'receive.limits.tenant-ingestion-rate',
    group: LIMIT_GROUP,
    type: integer({ min: 0, max: 1_000_000_000 }),
    default: '0',
    unit: 'samples a second and tenant',
    reload: true,
    help:
      'Highest lasting rate of samples of a tenant; ten seconds of it may come at once. 0 is ' +
      'no limit.',
  }),
  rateLimitStatus: option({
    flag: 'receive.rate-limit-status',
    group: LIMIT_GROUP,
    type: oneOf(['503', '429']),
    default: '503',
    reload: true,
    help:
      'Answer to a tenant over its rate. With 429, Prometheus drops the batch unless its ' +
      'retry_on_http_429 is set; with 503 it comes again.',
  }),
} as const;
