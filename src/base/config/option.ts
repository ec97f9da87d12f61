// What an option is. Each is declared once, in a table whose property names are those of the parsed
// configuration; flags, help, YAML keys, environment variables, the docs page and the static type
// of the configuration all come from that declaration.

import type { BucketRole } from './bucket-commands.ts';
import type { OptionType } from './option-type.ts';

/** The long-running roles that exist. */
export type GatewayRole = 'serve' | 'receive';
/** Every command that takes options. */
export type Role = GatewayRole | 'sidecar' | 'compact' | 'tsdb' | BucketRole;

/**
 * A default in the same text a person would write; `<data-dir>` in it stands for that option's
 * value.
 */
export type DefaultText = string | readonly string[];

interface OptionBase {
  /**
   * Without the leading dashes: `tsdb.retention`. Also the YAML path and, in capitals, the
   * variable.
   */
  readonly flag: string;
  readonly roles: readonly Role[];
  /** One or two sentences for `--help` and the docs. */
  readonly help: string;
}

/** An option that does what it says. */
export interface Option<T> extends OptionBase {
  readonly type: OptionType<T>;
  /** Heading in `--help` and the docs. */
  readonly group: string;
  /** For all roles, or by role; undefined means the value is undefined unless given. */
  readonly default: DefaultText | Partial<Record<Role, DefaultText>> | undefined;
  /** What the value counts, where the type does not say it: `samples`, `series`. */
  readonly unit: string | undefined;
  /** A reload applies a change at once; else a change waits for a restart. */
  readonly reload: boolean;
}

/** An option of Thanos's that Varve knows and does not act on. */
export interface InertOption extends OptionBase {
  readonly isBool: boolean;
  /**
   * `ignored`: warns and goes on. `refused`: ends the start, unless the value is one of `harmless`.
   */
  readonly status: 'ignored' | 'refused';
  /** For `ignored`: the reason. For `refused`: the way out. */
  readonly why: string;
  /** Values that mean what Varve does anyway; they pass without a word. */
  readonly harmless: readonly string[];
}

/** Property name in the configuration → option. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The static type of what a table parses to. */
export type ConfigOf<Table extends OptionTable> = {
  readonly [Key in keyof Table]: Table[Key] extends Option<infer T> ? T : never;
};

type Input<T> = Pick<Option<T>, 'flag' | 'group' | 'type' | 'help'> & {
  readonly roles?: readonly Role[];
  readonly unit?: string;
  readonly reload?: boolean;
};

/** Declares an option with a default for each of its roles. */
export function option<T>(
  input: Input<T> & { readonly default: NonNullable<Option<T>['default']> },
): Option<T>;
/** Declares an option that is undefined unless given. */
export function option<T>(input: Input<T>): Option<T | undefined>;
export function option<T>(
  input: Input<T> & { readonly default?: Option<T>['default'] },
): Option<T> {
  return {
    flag: input.flag,
    roles: input.roles ?? ['serve', 'receive'],
    help: input.help,
    type: input.type,
    group: input.group,
    default: input.default,
    unit: input.unit,
    reload: input.reload ?? false,
  };
}

/** The default of an option in a role, as texts; undefined when it has none there. */
export function defaultTexts(spec: Option<unknown>, role: Role): readonly string[] | undefined {
  const given = spec.default;
  if (given === undefined || typeof given === 'string')
    return given === undefined ? given : [given];
  if (isTexts(given)) return given;
  const byRole = given[role];
  return typeof byRole === 'string' ? [byRole] : byRole;
}

function isTexts(given: object): given is readonly string[] {
  return Array.isArray(given);
}

/** The environment variable of a flag: `tsdb.wal-compression` → `VARVE_TSDB_WAL_COMPRESSION`. */
export function environmentName(flag: string): string {
  return `VARVE_${flag.toUpperCase().replaceAll(/[.-]/g, '_')}`;
}
