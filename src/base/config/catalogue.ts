// Every option of every command, and the static types of the parsed configurations.

import type { BucketCommand } from './bucket-commands.ts';
import type { BucketDocument } from './bucket-document.ts';
import type { HttpClientDocument } from './http-client-document.ts';
import type { ConfigOf, GatewayRole, InertOption, Option, Role } from './option.ts';
import type { YamlSource } from './option-type.ts';
import { BUCKET_TOOL_OPTIONS } from './options-bucket-tool.ts';
import { COMPACT_OPTIONS } from './options-compact.ts';
import type { COMPACTION_OPTIONS } from './options-compaction.ts';
import { PROCESS_OPTIONS } from './options-process.ts';
import { RECEIVE_OPTIONS } from './options-receive.ts';
import { SERVE_COMPACTION_OPTIONS } from './options-serve-compaction.ts';
import { SIDECAR_OPTIONS } from './options-sidecar.ts';
import { STORAGE_OPTIONS } from './options-storage.ts';
import { TSDB_TOOL_OPTIONS } from './options-tsdb-tool.ts';
import { THANOS_BUCKET } from './thanos-bucket.ts';
import { THANOS_COMPACT } from './thanos-compact.ts';
import { THANOS_IGNORED } from './thanos-ignored.ts';
import { THANOS_REFUSED } from './thanos-refused.ts';
import { THANOS_SIDECAR } from './thanos-sidecar.ts';

/** What `serve` and `receive` honour. */
export const GATEWAY_OPTIONS = {
  ...PROCESS_OPTIONS,
  ...STORAGE_OPTIONS,
  ...RECEIVE_OPTIONS,
  ...SERVE_COMPACTION_OPTIONS,
} as const;

/** The configuration of `serve` and `receive`, checked, with defaults filled in. */
export type ServeConfig = Omit<
  ConfigOf<typeof GATEWAY_OPTIONS>,
  'dataDir' | keyof typeof SERVE_COMPACTION_OPTIONS
> & {
  readonly role: GatewayRole;
  /** Undefined in `receive`. */
  readonly dataDir: string | undefined;
  /** Description of the bucket wherever it came from; undefined: no bucket, nothing is uploaded. */
  readonly objstore: YamlSource | undefined;
  /** What that description says, ready for `openBucket`. */
  readonly bucket: BucketDocument | undefined;
  /** Undefined in `receive`, and where it is turned off. */
  readonly compaction: CompactionConfig | undefined;
};

/** The configuration of `sidecar`, checked, with defaults filled in. */
export type SidecarConfig = ConfigOf<typeof SIDECAR_OPTIONS> & {
  readonly role: 'sidecar';
  /** What the description of the bucket says, ready for `openBucket`. */
  readonly bucket: BucketDocument;
  /** How to speak to the Prometheus. */
  readonly httpClient: HttpClientDocument;
};

/** What compaction goes by, wherever it runs. */
export type CompactionConfig = Omit<
  ConfigOf<typeof COMPACTION_OPTIONS>,
  'selectorConfigFile' | 'selectorConfig'
> & {
  /** Relabelling rules that select blocks, checked (`readRelabelRules`); undefined: all. */
  readonly selector: YamlSource | undefined;
  /** Where its files lie while it works. */
  readonly workDir: string;
};

/** The configuration of `compact`, checked, with defaults filled in. */
export type CompactConfig = Omit<
  ConfigOf<typeof COMPACT_OPTIONS>,
  keyof ConfigOf<typeof COMPACTION_OPTIONS>
> & {
  readonly role: 'compact';
  /** What the description of the bucket says, ready for `openBucket`. */
  readonly bucket: BucketDocument;
  readonly compaction: CompactionConfig;
};

/** Options of `varve tsdb …`. */
export type TsdbToolConfig = ConfigOf<typeof TSDB_TOOL_OPTIONS>;

/** Options of `varve bucket <command>`. */
export type BucketToolConfig<Command extends BucketCommand> = ConfigOf<
  (typeof BUCKET_TOOL_OPTIONS)[Command]
>;

/** An option together with its property name. */
export interface NamedOption {
  readonly key: string;
  readonly spec: Option<unknown>;
}

function named(table: Readonly<Record<string, Option<unknown>>>): readonly NamedOption[] {
  return Object.entries(table).map(([key, spec]) => ({ key, spec }));
}

/** Each once, though several commands may share it. */
function namedBucketOptions(): readonly NamedOption[] {
  const all = Object.values(BUCKET_TOOL_OPTIONS).flatMap((table) => named(table));
  return [...new Map(all.map((one) => [one.spec, one])).values()];
}

const ALL: readonly NamedOption[] = [
  ...named(GATEWAY_OPTIONS),
  ...named(SIDECAR_OPTIONS),
  ...named(COMPACT_OPTIONS),
  ...named(TSDB_TOOL_OPTIONS),
  ...namedBucketOptions(),
];

const INERT: readonly InertOption[] = [
  ...THANOS_IGNORED,
  ...THANOS_REFUSED,
  ...THANOS_SIDECAR,
  ...THANOS_COMPACT,
  ...THANOS_BUCKET,
];

/** The options that a role honours, in the order of the help. */
export function optionsOf(role: Role): readonly NamedOption[] {
  return ALL.filter(({ spec }) => spec.roles.includes(role));
}

/** Thanos's options that a role knows and does not act on. */
export function inertOptionsOf(role: Role): readonly InertOption[] {
  return INERT.filter((inert) => inert.roles.includes(role));
}
