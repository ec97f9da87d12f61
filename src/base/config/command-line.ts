// The command line: `varve serve|receive|sidecar|compact|tsdb|bucket`. It says what is to be done,
// without doing it; every mistake is a VarveError of kind `bad_config` that names the flag and,
// where one is near, the one that was meant.

import { Command, CommanderError } from 'commander';
import {
  BUCKET_COMMANDS,
  BUCKET_DESCRIPTIONS,
  BUCKET_ROLES,
  BUCKET_SHORT_FLAGS,
  type BucketCommand,
  OTHER_BUCKET_COMMANDS,
} from './bucket-commands.ts';
import { inertOptionsOf, optionsOf } from './catalogue.ts';
import { configError, quoted } from './config-error.ts';
import type { GivenByFlag } from './given.ts';
import { knownFlags } from './known-flags.ts';
import type { GatewayRole, Role } from './option.ts';
import { HELP_COLUMNS, roleCommand } from './role-command.ts';
import { didYouMean } from './suggest.ts';

/** The commands of `varve tsdb`. */
export const TSDB_COMMANDS = ['ls', 'dump', 'analyze', 'verify'] as const;
export type TsdbCommand = (typeof TSDB_COMMANDS)[number];

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'gateway'; readonly role: GatewayRole; readonly given: GivenByFlag }
  | { readonly kind: 'sidecar'; readonly given: GivenByFlag }
  | { readonly kind: 'compact'; readonly given: GivenByFlag }
  | {
      readonly kind: 'tsdb';
      readonly command: TsdbCommand;
      /** The directories to look at. */
      readonly args: readonly string[];
      readonly given: GivenByFlag;
    }
  | {
      readonly kind: 'bucket';
      readonly command: BucketCommand;
      readonly given: GivenByFlag;
    };

const DESCRIPTIONS = {
  serve: 'Receive remote write, keep it and ship it to a bucket: all of Varve in one process.',
  receive: 'Receive remote write and ship blocks to a bucket.',
  sidecar: 'Ship the blocks of a Prometheus that runs beside it to a bucket.',
  compact: 'Merge and downsample the blocks of a bucket, and apply retention there.',
  tsdb: 'Look into blocks and write-ahead logs on disk: ls, dump, analyze, verify.',
  bucket: 'Look into a bucket, put blocks there, clean it up, copy it: as thanos tools bucket.',
} as const;

const TSDB_DESCRIPTIONS: Readonly<Record<TsdbCommand, string>> = {
  ls: 'List the blocks of a data directory.',
  dump: 'Print the samples of a block or data directory.',
  analyze: 'Show what takes the room in a block.',
  verify: 'Read every byte of the blocks and the log, and name what is damaged.',
};

const SHOW_HELP = 'Show this help.';
const COMMANDS = Object.keys(DESCRIPTIONS);

/** A variable of each role of Thanos's. */
const EXAMPLES = {
  receive: 'TSDB_RETENTION',
  sidecar: 'PROMETHEUS_URL',
  compact: 'DELETE_DELAY',
} as const;

/** Short flags of `thanos compact`, and -o as in the bucket tools. */
const COMPACT_SHORT_FLAGS: ReadonlyMap<string, string> = new Map([
  ['-w', '--wait'],
  ['-o', '--output'],
]);

function moreFlags(role: Role): string {
  const theirs = role === 'sidecar' || role === 'compact' ? role : 'receive';
  const variable = EXAMPLES[theirs];
  return (
    '\nOptions can also be set in a file (--config.file) and in the environment ' +
    `(VARVE_${variable}).\nOther flags of thanos ${theirs} are ignored with a warning or ` +
    'refused: docs/operating/flags.md.\n'
  );
}

/**
 * Reads the command line.
 * @param argv without the program's own name
 * @param version the text of `--version`
 */
export function parseCommandLine(argv: readonly string[], version: string): Invocation {
  const [first, ...rest] = argv;
  if (first === undefined)
    throw configError('no command', `say what to run: ${COMMANDS.join(', ')}`);
  if (first === '--help' || first === '-h' || first === 'help') {
    return { kind: 'print', text: topHelp() };
  }
  if (first === '--version') return { kind: 'print', text: `${version}\n` };
  if (first === 'serve' || first === 'receive' || first === 'sidecar' || first === 'compact')
    return longRunning(first, rest, version);
  if (first === 'tsdb') return tsdb(rest, version);
  if (first === 'bucket') return bucket(rest, version);
  // As Thanos writes it.
  if (first === 'tools' && rest.at(0) === 'bucket') return bucket(rest.slice(1), version);
  if (first.startsWith('-')) {
    // Without its value, which may be a secret.
    const flag = first.replace(/=.*/s, '');
    throw configError(flag, `stands before the command; write varve serve ${flag}`);
  }
  const known = `this version has ${COMMANDS.join(', ')}${didYouMean(first, COMMANDS)}`;
  throw configError(`command ${quoted(first)}`, `is unknown; ${known}`);
}

function longRunning(
  role: GatewayRole | 'sidecar' | 'compact',
  rest: readonly string[],
  version: string,
): Invocation {
  const written = role === 'compact' ? rest.map((arg) => longFlag(arg, COMPACT_SHORT_FLAGS)) : rest;
  const description = `${DESCRIPTIONS[role]}`;
  return run(
    { name: `varve ${role}`, role, rest: written, description, version },
    (given, args) => {
      const [extra] = args;
      if (extra !== undefined) throw configError(`command ${role}`, `takes no ${quoted(extra)}`);
      if (role === 'sidecar') return { kind: 'sidecar', given };
      if (role === 'compact') return { kind: 'compact', given };
      return { kind: 'gateway', role, given };
    },
  );
}

function tsdb(rest: readonly string[], version: string): Invocation {
  const [first, ...args] = rest;
  if (first === '--help' || first === '-h') return { kind: 'print', text: tsdbHelp() };
  const command = TSDB_COMMANDS.find((name) => name === first);
  if (command === undefined) {
    const hint = first === undefined ? '' : didYouMean(first, TSDB_COMMANDS);
    throw configError('command tsdb', `needs one of ${TSDB_COMMANDS.join(', ')}${hint}`);
  }
  const name = `varve tsdb ${command}`;
  const description = TSDB_DESCRIPTIONS[command];
  const written = args.map(withValue);
  return run({ name, role: 'tsdb', rest: written, description, version }, (given, dirs) => {
    if (dirs.length === 0) throw configError(`command tsdb ${command}`, 'needs a directory');
    return { kind: 'tsdb', command, args: dirs, given };
  });
}

function bucket(rest: readonly string[], version: string): Invocation {
  const [first, ...args] = rest;
  if (first === '--help' || first === '-h') return { kind: 'print', text: bucketHelp() };
  const command = BUCKET_COMMANDS.find((name) => name === first);
  if (command === undefined) {
    const other = OTHER_BUCKET_COMMANDS.get(first ?? '');
    if (other !== undefined)
      throw configError(`command bucket ${first}`, `is not in this version: ${other}`);
    const hint = first === undefined ? '' : didYouMean(first, BUCKET_COMMANDS);
    throw configError('command bucket', `needs one of ${BUCKET_COMMANDS.join(', ')}${hint}`);
  }
  const name = `varve bucket ${command}`;
  const description = BUCKET_DESCRIPTIONS[command];
  const written = args.map((arg) => longFlag(arg, BUCKET_SHORT_FLAGS));
  return run(
    { name, role: `bucket ${command}`, rest: written, description, version },
    (given, more) => {
      const [extra] = more;
      if (extra !== undefined)
        throw configError(`command bucket ${command}`, `takes no ${quoted(extra)}`);
      return { kind: 'bucket', command, given };
    },
  );
}

/** `-o json` and `-o=json`, as Thanos's users write them. */
function longFlag(arg: string, shortFlags: ReadonlyMap<string, string>): string {
  const [short = '', ...value] = arg.split('=');
  const long = shortFlags.get(short);
  return long === undefined ? arg : [long, ...value].join('=');
}

/** `--merged DIR`: the directory behind a bool flag is not its value. */
function withValue(arg: string): string {
  const isBool = arg.startsWith('--') && knownFlags('tsdb').get(arg.slice(2))?.isBool === true;
  return isBool ? `${arg}=true` : arg;
}

interface Run {
  readonly name: string;
  readonly role: Role;
  readonly rest: readonly string[];
  readonly description: string;
  readonly version: string;
}

function run(
  { name, role, rest, description, version }: Run,
  finish: (given: GivenByFlag, args: readonly string[]) => Invocation,
): Invocation {
  const { command, given } = roleCommand(name, role, { description, version });
  let printed = '';
  const writeOut = (text: string): void => {
    printed += text;
  };
  command.exitOverride().configureOutput({ writeOut, writeErr: () => {} });
  command.allowExcessArguments(true);
  if (role === 'tsdb') command.usage('[options] DIR');
  else if (BUCKET_ROLES.every((one) => one !== role)) command.addHelpText('after', moreFlags(role));
  try {
    command.parse([...rest], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return { kind: 'print', text: printed };
    throw mistake(name, role, thrown);
  }
  return finish(given, command.args);
}

/** Commander's complaint in our words. */
function mistake(name: string, role: Role, thrown: CommanderError): Error {
  const flag = /'(-[^' =]*)/.exec(thrown.message)?.at(1) ?? name;
  if (thrown.code === 'commander.unknownOption') return unknownFlag(name, role, flag);
  if (thrown.code === 'commander.optionMissingArgument') return configError(flag, 'needs a value');
  return configError(name, thrown.message.replace(/^error: /, ''), thrown);
}

function unknownFlag(name: string, role: Role, written: string): Error {
  const flag = written.replace(/^--?(no-)?/, '');
  const known = [...knownFlags(role).keys()];
  if (known.includes(flag)) {
    const isBool = knownFlags(role).get(flag)?.isBool === true;
    const what = isBool
      ? 'is written with two dashes'
      : 'is written with two dashes and without no-';
    return configError(written, `${what}: --${flag}`);
  }
  for (const other of [
    'serve',
    'receive',
    'sidecar',
    'tsdb',
    ...BUCKET_ROLES,
    'compact',
  ] as const) {
    const has = [...optionsOf(other).map(({ spec }) => spec), ...inertOptionsOf(other)];
    if (has.some((spec) => spec.flag === flag)) {
      return configError(written, `is a flag of varve ${other}, not of ${name}`);
    }
  }
  return configError(written, `is no flag of ${name}${didYouMean(flag, known, '--')}`);
}

function helpOf(command: Command): string {
  return command.configureHelp({ helpWidth: HELP_COLUMNS }).helpInformation();
}

function topHelp(): string {
  const program = new Command('varve').description(
    'Remote-write receiver and long-term storage gateway for Prometheus.',
  );
  program.usage('COMMAND [options]').helpCommand(false).helpOption('-h, --help', SHOW_HELP);
  program.option('--version', 'Show the version.');
  for (const [name, text] of Object.entries(DESCRIPTIONS)) program.command(name).description(text);
  return `${helpOf(program)}\nvarve COMMAND --help shows the options of a command.\n`;
}

function tsdbHelp(): string {
  const program = new Command('varve tsdb').description(DESCRIPTIONS.tsdb);
  program.usage('COMMAND [options] DIR').helpCommand(false).helpOption('-h, --help', SHOW_HELP);
  for (const name of TSDB_COMMANDS) program.command(name).description(TSDB_DESCRIPTIONS[name]);
  return helpOf(program);
}

function bucketHelp(): string {
  const program = new Command('varve bucket').description(DESCRIPTIONS.bucket);
  program.usage('COMMAND [options]').helpCommand(false).helpOption('-h, --help', SHOW_HELP);
  for (const name of BUCKET_COMMANDS) program.command(name).description(BUCKET_DESCRIPTIONS[name]);
  return `${helpOf(program)}\nvarve bucket COMMAND --help shows the options of a command.\n`;
}
