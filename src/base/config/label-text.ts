// Labels as Thanos's flags write them: key="value", the value quoted as in Go.

import { BadValue } from './config-error.ts';

/** A label given by configuration. */
export interface ConfigLabel {
  readonly name: string;
  readonly value: string;
}

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const ALLOWED = 'must be a label such as cluster="eu-1"';

/** True for names that every Prometheus and Thanos takes as a label name. */
export function isLabelName(text: string): boolean {
  return LABEL_NAME.test(text);
}

function unquote(text: string): string {
  if (!text.startsWith('"')) {
    // A shell has eaten the quotes; what is left is clear as long as no quote or comma is in it.
    if (/["',`\\]/.test(text)) throw new BadValue(ALLOWED);
    return text;
  }
  try {
    return String(JSON.parse(text));
  } catch {
    throw new BadValue(`${ALLOWED}, with " and \\ in the value written as \\" and \\\\`);
  }
}

/** One label. @throws BadValue when it is none */
export function parseLabel(text: string): ConfigLabel {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(0, equals)).trim();
  if (!isLabelName(name)) throw new BadValue(ALLOWED);
  if (name.startsWith('__')) throw new BadValue('must not begin with __, which is reserved');
  return { name, value: unquote(text.slice(equals + 1).trim()) };
}

/** The text that `parseLabel` gives back. */
export function formatLabel(label: ConfigLabel): string {
  return `${label.name}=${JSON.stringify(label.value)}`;
}

/**
 * Several labels in one text, as an environment variable holds them: split at commas outside
 * quotes.
 */
export function splitLabels(text: string): readonly string[] {
  const parts = text.match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
