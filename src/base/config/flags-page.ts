// docs/operating/flags.md, made from the catalogue. A test compares the file with this.

import {
  BUCKET_COMMANDS,
  BUCKET_DESCRIPTIONS,
  BUCKET_ROLES,
  type BucketCommand,
} from './bucket-commands.ts';
import { inertOptionsOf, type NamedOption, optionsOf } from './catalogue.ts';
import {
  defaultTexts,
  environmentName,
  type InertOption,
  type Option,
  type Role,
} from './option.ts';
import { flagTerm } from './role-command.ts';

const GATEWAY_ROLES: readonly Role[] = ['serve', 'receive'];

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function code(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``;
}

function defaultCell(spec: Option<unknown>): string {
  const byRole = spec.roles.map((role) => (defaultTexts(spec, role) ?? []).join(', '));
  const [first = ''] = byRole;
  if (byRole.every((text) => text === first)) return code(first);
  return spec.roles.map((role, i) => `${role}: ${code(byRole.at(i) ?? '')}`).join('; ');
}

function meaning(spec: Option<unknown>): string {
  const isPart = GATEWAY_ROLES.includes(spec.roles[0] ?? 'tsdb');
  const only = spec.roles.length === 1 && isPart ? ` Only in \`${spec.roles.join()}\`.` : '';
  const unit = spec.unit === undefined ? '' : ` Unit: ${spec.unit}.`;
  return `${cell(spec.help)}${unit}${only}`;
}

function optionRow(spec: Option<unknown>): string {
  const live = spec.reload ? 'at once' : 'restart';
  return `| ${code(flagTerm(spec))} | ${defaultCell(spec)} | ${live} | ${meaning(spec)} |`;
}

function optionTables(options: readonly NamedOption[]): readonly string[] {
  const groups = new Set(options.map(({ spec }) => spec.group));
  return [...groups].flatMap((group) => [
    `### ${group}`,
    '',
    '| flag | default | a change applies | meaning |',
    '|---|---|---|---|',
    ...options.filter(({ spec }) => spec.group === group).map(({ spec }) => optionRow(spec)),
    '',
  ]);
}

function inertTable(options: readonly InertOption[], last: string): readonly string[] {
  const row = (inert: InertOption): string => {
    const passes = inert.harmless.filter((text) => text !== '').slice(0, 1);
    const except = passes.length === 0 ? '' : ` (\`${passes.join()}\` passes)`;
    const flag = code(inert.isBool ? `--[no-]${inert.flag}` : `--${inert.flag}`);
    return `| ${flag}${except} | ${cell(inert.help)} | ${cell(inert.why)} |`;
  };
  return [`| flag | in Thanos | ${last} |`, '|---|---|---|', ...options.map(row), ''];
}

const HEAD = `# Flags, configuration file, environment

<!-- Made from src/base/config by \`npm run docs\`; do not edit. -->

\`varve serve\` is all of Varve in one process; \`varve receive\` is the receiver alone;
\`varve sidecar\` ships the blocks of a Prometheus beside it; \`varve compact\` merges and
downsamples what is in the bucket. Flags have Thanos's names and meanings wherever Thanos has the
flag.

- **Precedence**: a flag wins over the environment, the environment over \`--config.file\`, that
  over the default.
- **File**: YAML; the dots of a flag are its nesting (\`tsdb: {retention: 15d}\`), or stay dots
  (\`tsdb.retention: 15d\`). Unknown keys, keys given twice and wrong types end the start with exit
  code 2 and name file, line and key. \`label\` takes a mapping, \`objstore.config\` the bucket's
  description itself.
- **Environment**: \`VARVE_\` and the flag in capitals, dots and dashes as underscores
  (\`${environmentName('tsdb.wal-compression')}\`). Several values are separated by commas. An empty
  variable counts as not set; one that belongs to no option is a warning.
- **Variables in files**: \`\${NAME}\` and \`$(NAME)\` in a value are replaced by the environment
  variable, after the YAML is parsed; one that is not set ends the start. \`$\${NAME}\` is the text
  \`\${NAME}\`.
- **Durations** are Prometheus's (\`15d\`, \`1h30m\`); **sizes** have a unit and are powers of two
  (\`16MiB\`, \`512MB\`). Values out of range are refused, never clipped.
- **Reload** (\`POST /-/reload\` with \`--web.enable-lifecycle\`, or SIGHUP) reads the files again.
  It names what it applied and what needs a restart; when anything is wrong, the running
  configuration stays.
- **Exit codes**: 0 after an orderly end, 1 for a failure while running, 2 for wrong flags or
  configuration.
`;

function rolePart(role: 'sidecar' | 'compact', refusedBecause: string): readonly string[] {
  const inert = inertOptionsOf(role);
  return [
    `## Options of \`varve ${role}\``,
    '',
    ...optionTables(optionsOf(role)),
    `## Flags of \`thanos ${role}\` that are ignored, with a warning`,
    '',
    ...inertTable(
      inert.filter(({ status }) => status === 'ignored'),
      'why',
    ),
    `## Flags of \`thanos ${role}\` that are refused`,
    '',
    `${refusedBecause} Empty values pass.`,
    '',
    ...inertTable(
      inert.filter(({ status }) => status === 'refused'),
      'the way out',
    ),
  ];
}

/** Options of the bucket commands: a table for each, those that all have in one before. */
function bucketSection(): readonly string[] {
  const shared = optionsOf('bucket ls').filter(({ spec }) => spec.roles === BUCKET_ROLES);
  const inert = [...new Set(BUCKET_ROLES.flatMap(inertOptionsOf))];
  return [
    '## Options of the `varve bucket` commands',
    '',
    'The commands are those of `thanos tools bucket …`, and `varve tools bucket …` is the same. ' +
      'What they do is said by flags alone; of the environment they take ' +
      'VARVE_OBJSTORE_CONFIG_FILE and VARVE_OBJSTORE_CONFIG.',
    '',
    ...toolTable(shared),
    ...BUCKET_COMMANDS.flatMap((command) => commandTable(command, shared)),
    '### Flags of `thanos tools bucket` that are ignored or refused',
    '',
    ...inertTable(
      inert.filter(({ status }) => status === 'ignored'),
      'ignored, because',
    ),
    ...inertTable(
      inert.filter(({ status }) => status === 'refused'),
      'refused; the way out',
    ),
  ];
}

function commandTable(command: BucketCommand, shared: readonly NamedOption[]): readonly string[] {
  const own = optionsOf(`bucket ${command}`).filter((one) => !shared.includes(one));
  return [`### bucket ${command}`, '', BUCKET_DESCRIPTIONS[command], '', ...toolTable(own)];
}

function toolTable(options: readonly NamedOption[]): readonly string[] {
  const row = ({ spec }: NamedOption): string => {
    const unit = spec.unit === undefined ? '' : ` Unit: ${spec.unit}.`;
    return `| ${code(flagTerm(spec))} | ${defaultCell(spec)} | ${cell(spec.help)}${unit} |`;
  };
  return ['| flag | default | meaning |', '|---|---|---|', ...options.map(row), ''];
}

/** The whole page. */
export function flagsPage(): string {
  const gateway = [
    ...new Map(GATEWAY_ROLES.flatMap(optionsOf).map((named) => [named.key, named])).values(),
  ];
  const inert = [
    ...new Map(GATEWAY_ROLES.flatMap(inertOptionsOf).map((i) => [i.flag, i])).values(),
  ];
  return [
    HEAD,
    '## Options of `varve serve` and `varve receive`',
    '',
    ...optionTables(gateway),
    '## Flags of `thanos receive` and `thanos compact` that are ignored, with a warning',
    '',
    ...inertTable(
      inert.filter(({ status }) => status === 'ignored'),
      'why',
    ),
    '## Flags of `thanos receive` and `thanos compact` that are refused',
    '',
    'Going on without them would change safety, who may write, or what is stored. Empty values ' +
      'pass.',
    '',
    ...inertTable(
      inert.filter(({ status }) => status === 'refused'),
      'the way out',
    ),
    ...rolePart(
      'sidecar',
      'Going on without them would change safety, or what the Prometheus does.',
    ),
    ...rolePart('compact', 'Going on without them would change safety, or what is stored.'),
    '## Options of `varve tsdb ls|dump|analyze|verify DIR`',
    '',
    ...optionTables(optionsOf('tsdb')),
    ...bucketSection(),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}
