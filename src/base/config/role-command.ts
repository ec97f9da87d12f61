// The commander command of a role, made from the catalogue: flags, help, hidden flags of Thanos's.
// What was given is collected as texts, so that values are parsed in one place for all sources.

import { Command, Option as Flag, type Help } from 'commander';
import { inertOptionsOf, optionsOf } from './catalogue.ts';
import { configError } from './config-error.ts';
import type { Given, KnownFlag } from './given.ts';
import { knownFlags } from './known-flags.ts';
import { defaultTexts, type Option, type Role } from './option.ts';

/** Columns of a help text; fixed, so that it does not depend on the terminal. */
export const HELP_COLUMNS = 100;

/** A command that has collected what it was given. */
export interface RoleCommand {
  readonly command: Command;
  readonly given: ReadonlyMap<string, Given>;
}

/** What `--help` shows behind the text: the default, and what else the value is. */
function remarks(spec: Option<unknown>, role: Role): string {
  const fallback = defaultTexts(spec, role);
  const parts: string[] = [];
  if (fallback !== undefined && fallback.length > 0) parts.push(`default: ${fallback.join(', ')}`);
  if (spec.unit !== undefined) parts.push(spec.unit);
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
}

/** `--tsdb.retention <duration>`, `--[no-]web.enable-lifecycle`. */
export function flagTerm(spec: Option<unknown>): string {
  if (spec.type.isBool) return `--[no-]${spec.flag}`;
  return `--${spec.flag} ${spec.type.placeholder}`;
}

/**
 * Makes the command of a role.
 * @param name as the person typed it: `varve serve`, `varve tsdb dump`
 */
export function roleCommand(
  name: string,
  role: Role,
  text: { readonly description: string; readonly version: string },
): RoleCommand {
  const collected = new Map<string, string[]>();
  const given = new Map<string, Given>();
  const command = new Command(name).description(text.description);
  const terms = new Map<string, string>();
  const known = knownFlags(role);
  for (const { spec } of optionsOf(role)) {
    terms.set(`--${spec.flag}`, flagTerm(spec));
    const flag = flagOf(spec.flag, spec.type.isBool, spec.help + remarks(spec, role));
    command.addOption(flag.helpGroup(`${spec.group}:`));
  }
  for (const inert of inertOptionsOf(role)) {
    command.addOption(flagOf(inert.flag, inert.isBool, inert.help).hideHelp());
  }
  for (const flag of known.values()) collect(command, flag, { collected, given });
  command.version(text.version, '--version', 'Show the version.');
  command.helpOption('-h, --help', 'Show this help.');
  command.configureHelp({
    helpWidth: HELP_COLUMNS,
    optionTerm: (option) => terms.get(option.long ?? '') ?? option.flags,
    optionDescription: (option) => option.description,
    formatItem,
  });
  return { command, given };
}

/** The flag on a line of its own and its text below, as wide as the page: names here are long. */
function formatItem(term: string, _width: number, description: string, helper: Help): string {
  const indented = helper.boxWrap(description, HELP_COLUMNS - 8).replaceAll('\n', '\n        ');
  return `  ${term}\n        ${indented}`;
}

function flagOf(flag: string, isBool: boolean, description: string): Flag {
  return new Flag(isBool ? `--${flag} [bool]` : `--${flag} <value>`, description);
}

function collect(
  command: Command,
  flag: KnownFlag,
  into: { readonly collected: Map<string, string[]>; readonly given: Map<string, Given> },
): void {
  const where = `--${flag.flag}`;
  const add = (value: string): void => {
    const texts = into.collected.get(flag.flag) ?? [];
    if (texts.length > 0 && !flag.repeatable) throw configError(where, 'is given twice');
    texts.push(value);
    into.collected.set(flag.flag, texts);
    into.given.set(flag.flag, { texts, where, documentName: where });
  };
  command.on(`option:${flag.flag}`, (value: string | null) => add(value ?? 'true'));
  if (!flag.isBool) return;
  command.addOption(new Flag(`--no-${flag.flag}`).hideHelp());
  command.on(`option:no-${flag.flag}`, () => add('false'));
}
