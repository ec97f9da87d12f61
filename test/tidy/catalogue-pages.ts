// The pages of documentation that are made from catalogues: docs/operating/errors.md and
// metrics.md. `npm run docs` writes them anew.

import { ERROR_CATALOGUE, type ErrorKind } from '../../src/base/errors/catalogue.ts';
import { METRIC_CATALOGUE } from '../../src/base/observe/metric-catalogue.ts';
import type { MetricEntry } from '../../src/base/observe/metric-entry.ts';
import { CELLS_PER_METRIC_MAX } from '../../src/base/observe/metric-store.ts';
import { TENANTS_SHOWN_MAX } from '../../src/base/observe/registry.ts';

const NOTE = '<!-- Made from the catalogue by `npm run docs`; do not edit. -->';

const KINDS: Readonly<Record<ErrorKind, string>> = {
  bad_request: 'Change the request; the same one will fail again.',
  not_now: 'Try the same again later; the answer says when in `Retry-After`.',
  not_found: 'There is no such thing.',
  conflict: 'Somebody else holds it or has changed it.',
  damaged: 'Bytes at rest are not what they should be. They were set aside; look at them.',
  bad_config: 'Change the flags or the configuration file. At start-up the exit code is 2.',
  bug: 'Report it, with the log.',
};

/** docs/operating/errors.md */
export function errorsPage(): string {
  const kinds = Object.entries(KINDS).map(([kind, todo]) => `| \`${kind}\` | ${todo} |`);
  const errors = Object.entries(ERROR_CATALOGUE).map(
    ([code, { kind, httpStatus, meaning }]) =>
      `| \`${code}\` | \`${kind}\` | ${httpStatus} | ${meaning} |`,
  );
  return `# Errors

${NOTE}

Every error has a code, which stands in answers (\`code: …\`) and in the log (\`code=…\`), and a
kind, which says what to do about it. Status codes are durability: Prometheus drops a batch on every 4xx and sends it again
after a 5xx, so nothing that could succeed later is answered with a 4xx.

| kind | what to do |
|---|---|
${kinds.join('\n')}

| code | kind | HTTP | meaning |
|---|---|---|---|
${errors.join('\n')}
`;
}

/** docs/operating/metrics.md */
export function metricsPage(): string {
  const entries: [string, MetricEntry][] = Object.entries(METRIC_CATALOGUE);
  const rows = entries.map(([name, { kind, labels, help, compatible }]) => {
    const others = compatible.map((other) => `\`${other.name}\`${noteOf(other)}`).join(', ');
    const label = labels.map((one) => `\`${one}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${label} | ${help} | ${others} |`;
  });
  return `# Metrics

${NOTE}

\`GET /metrics\` shows these, and \`process_*\` and \`nodejs_*\` of the process, in Prometheus's text
format or, for whoever asks for it, in OpenMetrics. Where Prometheus or Thanos has the very same
value, it is shown under their name too, so that existing dashboards and rules answer;
\`--no-metrics.compatible-names\` leaves these out. A summary is shown with its sum and count only.

Label values are bounded. The first ${TENANTS_SHOWN_MAX} tenants of a process have a \`tenant\` value of their
own; those beyond are shown together as \`<other>\`, which no tenant can be called. A metric
has at most ${CELLS_PER_METRIC_MAX} sets of labels in one thread.

| metric | kind | labels | meaning | also as |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

function noteOf({ type, scale }: MetricEntry['compatible'][number]): string {
  const notes = [type, scale === undefined ? undefined : `× ${scale}`].filter(Boolean);
  return notes.length === 0 ? '' : ` (${notes.join(', ')})`;
}
