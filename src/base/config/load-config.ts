// From the three sources to one checked configuration, with warnings about what has no effect. The
// result either satisfies every rule or there is none: nothing is clipped or guessed.

import type { BucketCommand } from './bucket-commands.ts';
import type { BucketDocument } from './bucket-document.ts';
import {
  type BucketToolConfig,
  type CompactConfig,
  type GATEWAY_OPTIONS,
  inertOptionsOf,
  optionsOf,
  type ServeConfig,
  type SidecarConfig,
  type TsdbToolConfig,
} from './catalogue.ts';
import { checkBucketTool } from './check-bucket-tool.ts';
import { checkCompact } from './check-compact.ts';
import { checkSidecar } from './check-sidecar.ts';
import { checkTogether } from './check-together.ts';
import { compactionConfig } from './compaction-config.ts';
import { configError } from './config-error.ts';
import { type ConfigWorld, readConfigFile } from './config-world.ts';
import type { GivenByFlag } from './given.ts';
import { givenByEnvironment } from './given-by-environment.ts';
import { givenByFile } from './given-by-file.ts';
import { httpClientOf } from './http-client-source.ts';
import { knownFlags } from './known-flags.ts';
import { mergeGiven } from './merge-given.ts';
import { objectStore, requiredStore } from './object-store-source.ts';
import { type ConfigOf, defaultTexts, type GatewayRole, type Role } from './option.ts';
import type { COMPACT_OPTIONS } from './options-compact.ts';
import type { SIDECAR_OPTIONS } from './options-sidecar.ts';
import { parseValue } from './yaml-reader.ts';

/** A configuration and what a person should know about it. */
export interface LoadedConfig {
  readonly config: ServeConfig;
  /** Whole sentences for the log: ignored flags, variables that set nothing, risky combinations. */
  readonly warnings: readonly string[];
}

function gather(
  role: Role,
  flags: GivenByFlag,
  world: ConfigWorld,
): { readonly given: GivenByFlag; readonly warnings: readonly string[] } {
  const known = knownFlags(role);
  const environment = givenByEnvironment(world.env, known);
  const file = flags.get('config.file') ?? environment.given.get('config.file');
  const [path] = file?.texts ?? [];
  if (file === undefined || path === undefined) {
    return { ...environment, given: mergeGiven([environment.given, flags]) };
  }
  const content = readConfigFile(world, file, path);
  const fromFile = givenByFile(path, content, { known, env: world.env });
  return { ...environment, given: mergeGiven([fromFile, environment.given, flags]) };
}

/** Warnings for Thanos's flags that are ignored. @throws VarveError for one that is refused */
function judgeInert(role: Role, given: GivenByFlag): readonly string[] {
  const warnings: string[] = [];
  for (const inert of inertOptionsOf(role)) {
    const found = given.get(inert.flag);
    if (found === undefined) continue;
    if (found.texts.every((text) => inert.harmless.includes(text))) continue;
    if (inert.status === 'refused') throw configError(found.where, `is refused: ${inert.why}`);
    warnings.push(`${found.where} is ignored: ${inert.why}`);
  }
  return warnings;
}

const DATA_DIR = '<data-dir>';

function parseAll(role: Role, given: GivenByFlag): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const { key, spec } of optionsOf(role)) {
    const found = given.get(spec.flag);
    const texts = found?.texts ?? defaultTexts(spec, role);
    const where = found?.documentName ?? `the default of --${spec.flag}`;
    // data-dir comes before every option whose default names it; a test holds the catalogue to
    // that.
    const filled = texts?.map((text) =>
      found === undefined ? text.replace(DATA_DIR, () => String(config.dataDir)) : text,
    );
    // Errors name the place of the value; only documents keep the name of what they are.
    const at = spec.type.yamlMapping === 'document' ? where : (found?.where ?? where);
    config[key] = filled === undefined ? undefined : parseValue(spec.type, filled, at);
  }
  return config;
}

/**
 * Loads the configuration of a gateway.
 * @param flags what the command line gave
 * @throws VarveError `bad_config` naming the flag, the variable, or file, line and key
 */
export function loadConfig(
  role: GatewayRole,
  flags: GivenByFlag,
  world: ConfigWorld,
): LoadedConfig {
  const { given, warnings } = gather(role, flags, world);
  const inert = judgeInert(role, given);
  // The catalogue's types say what parseAll has put under each key.
  const parsed = parseAll(role, given) as unknown as ConfigOf<typeof GATEWAY_OPTIONS>;
  const store = objectStore(role, parsed, { given, world });
  const workDir = `${parsed.dataDir}/compact`;
  const isCompacting = role === 'serve' && parsed.isCompactionEnabled;
  const compaction = isCompacting ? compactionConfig(parsed, { given, world, workDir }) : undefined;
  const config = { ...parsed, ...store, compaction, role };
  return { config, warnings: [...warnings, ...inert, ...checkTogether(config, given)] };
}

/** Loads the configuration of `varve sidecar`; like `loadConfig`. */
export function loadSidecarConfig(
  flags: GivenByFlag,
  world: ConfigWorld,
): { readonly config: SidecarConfig; readonly warnings: readonly string[] } {
  const { given, warnings } = gather('sidecar', flags, world);
  const inert = judgeInert('sidecar', given);
  const parsed = parseAll('sidecar', given) as unknown as ConfigOf<typeof SIDECAR_OPTIONS>;
  const { bucket } = objectStore('sidecar', parsed, { given, world });
  if (bucket === undefined) {
    throw configError(
      '--objstore.config-file',
      'is needed: this version serves no StoreAPI, uploading blocks is all that the sidecar does',
    );
  }
  const httpClient = httpClientOf(parsed, { given, world });
  const config: SidecarConfig = { ...parsed, bucket, httpClient, role: 'sidecar' };
  return { config, warnings: [...warnings, ...inert, ...checkSidecar(config, given)] };
}

/** Loads the configuration of `varve compact`; like `loadConfig`. */
export function loadCompactConfig(
  flags: GivenByFlag,
  world: ConfigWorld,
): { readonly config: CompactConfig; readonly warnings: readonly string[] } {
  const { given, warnings } = gather('compact', flags, world);
  const inert = judgeInert('compact', given);
  const parsed = parseAll('compact', given) as unknown as ConfigOf<typeof COMPACT_OPTIONS>;
  const bucket = requiredStore('objstore', parsed, { given, world });
  const compaction = compactionConfig(parsed, { given, world, workDir: parsed.dataDir });
  // The options stay beside what is made of them, for the pages that print them.
  const config: CompactConfig = { ...parsed, bucket, compaction, role: 'compact' };
  return { config, warnings: [...warnings, ...inert, ...checkCompact(config, given)] };
}

/** The configuration of `varve tsdb`, which is given by flags only. */
export function loadTsdbToolConfig(flags: GivenByFlag): TsdbToolConfig {
  return parseAll('tsdb', flags) as unknown as TsdbToolConfig;
}

/** What a `varve bucket` command works by. */
export type LoadedBucketTool = {
  readonly [Command in BucketCommand]: {
    readonly command: Command;
    readonly config: BucketToolConfig<Command>;
    /** The bucket. */
    readonly store: BucketDocument;
    /** `replicate`: the bucket to copy to. */
    readonly storeTo: BucketDocument | undefined;
    readonly warnings: readonly string[];
  };
}[BucketCommand];

/** Of the environment, a tool takes only where the bucket is: what it does is said by flags. */
const FROM_ENVIRONMENT = ['objstore.config-file', 'objstore.config'];

/**
 * The configuration of `varve bucket <command>`.
 * @throws VarveError `bad_config`
 */
export function loadBucketTool(
  command: BucketCommand,
  flags: GivenByFlag,
  world: ConfigWorld,
): LoadedBucketTool {
  const role = `bucket ${command}` as const;
  const known = new Map([...knownFlags(role)].filter(([flag]) => FROM_ENVIRONMENT.includes(flag)));
  const given = mergeGiven([givenByEnvironment(world.env, known).given, flags]);
  const warnings = judgeInert(role, given);
  // The catalogue's types say what parseAll has put under each key.
  const config = parseAll(role, given) as unknown as BucketToolConfig<'replicate'>;
  const store = requiredStore('objstore', config, { given, world });
  const to = {
    objstoreConfig: config.objstoreToConfig,
    objstoreConfigFile: config.objstoreToConfigFile,
  };
  const storeTo =
    command === 'replicate' ? requiredStore('objstore-to', to, { given, world }) : undefined;
  const loaded = { command, config, store, storeTo, warnings } as unknown as LoadedBucketTool;
  checkBucketTool(loaded);
  return loaded;
}
