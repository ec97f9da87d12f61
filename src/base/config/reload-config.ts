// Reading the configuration again while running. Flags and environment are those of the start; the
// files are read anew. What can change at once does; what cannot is named and waits for a restart.
// When anything is wrong nothing changes and the last good configuration stays.

import { GATEWAY_OPTIONS, type ServeConfig } from './catalogue.ts';
import type { ConfigWorld } from './config-world.ts';
import type { GivenByFlag } from './given.ts';
import { loadConfig } from './load-config.ts';
import type { Option } from './option.ts';

/** One option whose value is another than the running one. */
export interface ConfigChange {
  readonly flag: string;
  /** As texts; secrets are not shown. */
  readonly from: string;
  readonly to: string;
}

/** What a reload found. */
export interface ReloadResult {
  /** The configuration that runs from now on: new where that is possible, else as before. */
  readonly config: ServeConfig;
  readonly applied: readonly ConfigChange[];
  /** Changes that wait for a restart; named again by every reload until then. */
  readonly needRestart: readonly ConfigChange[];
  readonly warnings: readonly string[];
  /** All of that in sentences, for the answer of `/-/reload` and the log. */
  readonly notes: readonly string[];
}

/** Keeps the running configuration. */
export class ConfigReloader {
  readonly #flags: GivenByFlag;
  readonly #world: ConfigWorld;
  #current: ServeConfig;

  constructor(current: ServeConfig, flags: GivenByFlag, world: ConfigWorld) {
    this.#current = current;
    this.#flags = flags;
    this.#world = world;
  }

  /** The last good configuration. */
  get current(): ServeConfig {
    return this.#current;
  }

  /** Reads everything again. @throws VarveError `bad_config`; then `current` is what it was */
  reload(): ReloadResult {
    const { config: wanted, warnings } = loadConfig(this.#current.role, this.#flags, this.#world);
    const applied: ConfigChange[] = [];
    const needRestart: ConfigChange[] = [];
    const next: Record<string, unknown> = { ...this.#current };
    for (const [key, spec] of Object.entries<Option<unknown>>(GATEWAY_OPTIONS)) {
      const change = changeOf(spec, valueAt(this.#current, key), valueAt(wanted, key));
      if (change === undefined) continue;
      (spec.reload ? applied : needRestart).push(change);
      if (spec.reload) next[key] = valueAt(wanted, key);
    }
    if (contentChanged(this.#current, wanted, needRestart)) {
      needRestart.push({ flag: 'objstore.config-file', from: '<secret>', to: '<secret>' });
    }
    if (rulesChanged(this.#current, wanted, needRestart)) {
      const flag = 'selector.relabel-config-file';
      needRestart.push({ flag, from: '<secret>', to: '<secret>' });
    }
    this.#current = next as unknown as ServeConfig;
    const notes = notesOf(applied, needRestart, warnings);
    return { config: this.#current, applied, needRestart, warnings, notes };
  }
}

function valueAt(config: ServeConfig, key: string): unknown {
  return (config as unknown as Readonly<Record<string, unknown>>)[key];
}

/** A value as text; secrets as their content, for comparing only. */
function compared(spec: Option<unknown>, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (spec.type.yamlMapping !== 'document') return spec.type.format(value).join('\n');
  return (value as NonNullable<ServeConfig['objstoreConfig']>).text.reveal();
}

function shown(spec: Option<unknown>, value: unknown): string {
  return value === undefined ? '' : spec.type.format(value).join(', ');
}

function changeOf(spec: Option<unknown>, from: unknown, to: unknown): ConfigChange | undefined {
  if (compared(spec, from) === compared(spec, to)) return undefined;
  return { flag: spec.flag, from: shown(spec, from), to: shown(spec, to) };
}

/** The file that describes the bucket holds something else, though its path is the same. */
function contentChanged(
  before: ServeConfig,
  after: ServeConfig,
  named: readonly ConfigChange[],
): boolean {
  if (named.some(({ flag }) => flag.startsWith('objstore.') || flag === 'data-dir')) return false;
  return before.objstore?.text.reveal() !== after.objstore?.text.reveal();
}

/** The file of relabelling rules likewise. */
function rulesChanged(
  before: ServeConfig,
  after: ServeConfig,
  named: readonly ConfigChange[],
): boolean {
  if (named.some(({ flag }) => flag.startsWith('selector.') || flag === 'compact.enabled'))
    return false;
  const [old, now] = [before, after].map(({ compaction }) => compaction?.selector?.text.reveal());
  return old !== now;
}

function notesOf(
  applied: readonly ConfigChange[],
  needRestart: readonly ConfigChange[],
  warnings: readonly string[],
): readonly string[] {
  const say = (change: ConfigChange): string =>
    `${change.flag}: ${change.from || '(not set)'} → ${change.to || '(not set)'}`;
  if (applied.length + needRestart.length === 0) return ['nothing changed', ...warnings];
  return [
    ...applied.map((change) => `applied ${say(change)}`),
    ...needRestart.map((change) => `needs a restart: ${say(change)}`),
    ...warnings,
  ];
}
