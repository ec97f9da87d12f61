// The two text formats of a scrape: Prometheus's 0.0.4 and OpenMetrics 1.0.
// (prometheus.io/docs/instrumenting/exposition_formats, OpenMetrics 1.0 sections 5 and 6.)

import type { FamilySample, MetricFamily } from './metric-family.ts';

export type ExpositionFormat = 'text' | 'openmetrics';

/** The Content-Type of each. */
export const CONTENT_TYPE: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What an Accept header asks for; text for whoever does not ask for OpenMetrics first. */
export function chooseFormat(accept: string | undefined): ExpositionFormat {
  let best: { format: ExpositionFormat; quality: number } = { format: 'text', quality: 0 };
  for (const range of (accept ?? '').slice(0, 1024).split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = Number(parameterOf(parameters, 'q') ?? 1);
    const format = formatOf(type, parameterOf(parameters, 'version'));
    if (format !== undefined && quality > best.quality) best = { format, quality };
  }
  return best.format;
}

function parameterOf(parameters: readonly string[], name: string): string | undefined {
  return parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
}

function formatOf(type: string, version: string | undefined): ExpositionFormat | undefined {
  if (type === 'text/plain') return 'text';
  if (type !== 'application/openmetrics-text') return undefined;
  const known = version === undefined || version === '1.0.0' || version === '0.0.1';
  return known ? 'openmetrics' : undefined;
}

/** The body of a scrape. */
export function expose(families: readonly MetricFamily[], format: ExpositionFormat): string {
  const text = families.map((family) => exposeFamily(family, format)).join('');
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
}

function exposeFamily(family: MetricFamily, format: ExpositionFormat): string {
  const { name, help, type } = family;
  const open = format === 'openmetrics';
  // OpenMetrics names a counter without the suffix that its samples have.
  const familyName = open && type === 'counter' ? name.replace(/_total$/, '') : name;
  const helpText = escaped(help, open);
  const lines = [`# HELP ${familyName} ${helpText}`, `# TYPE ${familyName} ${type}`];
  for (const sample of family.samples) lines.push(exposeSample(sample, open));
  return `${lines.join('\n')}\n`;
}

function exposeSample(sample: FamilySample, open: boolean): string {
  const labels = sample.labels.map(([name, value]) => {
    const shown = open && name === 'le' ? canonicalBound(value) : value;
    return `${name}="${escaped(shown, true)}"`;
  });
  const inBraces = labels.length === 0 ? '' : `{${labels.join(',')}}`;
  return `${sample.name}${inBraces} ${exposeNumber(sample.value)}`;
}

/** OpenMetrics writes whole bounds with a point: 1.0. */
function canonicalBound(bound: string): string {
  return /^-?\d+$/.test(bound) ? `${bound}.0` : bound;
}

/** Numbers as Go reads them. */
export function exposeNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

function escaped(text: string, quotes: boolean): string {
  const lines = text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  return quotes ? lines.replace(/"/g, '\\"') : lines;
}
