// What compaction goes by, put together of the options of the role that it runs in.

import type { CompactionConfig } from './catalogue.ts';
import { type ConfigWorld, readConfigFile } from './config-world.ts';
import type { GivenByFlag } from './given.ts';
import type { ConfigOf } from './option.ts';
import type { YamlSource } from './option-type.ts';
import { COMPACTION_OPTIONS } from './options-compaction.ts';
import { readRelabelRules } from './relabel-document.ts';
import { Secret } from './secret.ts';

type Parsed = ConfigOf<typeof COMPACTION_OPTIONS>;

interface From {
  readonly given: GivenByFlag;
  readonly world: ConfigWorld;
  readonly workDir: string;
}

/**
 * The configuration of compaction.
 * @throws VarveError `bad_config` when the relabelling rules cannot be read, or are wrong
 */
export function compactionConfig(
  parsed: Parsed,
  { given, world, workDir }: From,
): CompactionConfig {
  const { selectorConfigFile: path, selectorConfig: value, ...rest } = ownOf(parsed);
  const selector = selectorOf({ path, value }, given, world);
  // Compiled patterns cannot go to another thread: whoever selects by the rules reads them again.
  if (selector !== undefined) readRelabelRules(selector);
  return { ...rest, selector, workDir };
}

/** Without the other options of the role. */
function ownOf(parsed: Parsed): Parsed {
  const values: Readonly<Record<string, unknown>> = parsed;
  const own = Object.keys(COMPACTION_OPTIONS).map((key) => [key, values[key]] as const);
  return Object.fromEntries(own) as Parsed;
}

/** `$1` in a rule is a part of what its pattern matched: variables are not filled in. */
function selectorOf(
  { path, value }: { readonly path: string | undefined; readonly value: YamlSource | undefined },
  given: GivenByFlag,
  world: ConfigWorld,
): YamlSource | undefined {
  const file = given.get('selector.relabel-config-file');
  if (path !== undefined && file !== undefined) {
    const text = new Secret(readConfigFile(world, file, path));
    return { name: path, text, fillEnvironment: false };
  }
  // As in Thanos, an empty value is none.
  if (value === undefined || value.text.reveal().trim() === '') return undefined;
  return { ...value, fillEnvironment: false };
}
