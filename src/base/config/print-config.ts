// The effective configuration in print: as flags (Prometheus's /api/v1/status/flags) and as the
// YAML that `--config.file` reads (/api/v1/status/config). Secrets are `<secret>`.

import { stringify } from 'yaml';
import { optionsOf } from './catalogue.ts';
import { keepReferences } from './fill-environment.ts';
import type { ConfigLabel } from './label-text.ts';
import type { Option, Role } from './option.ts';

/** A configuration of any role, by the property names of the catalogue. */
export interface PrintedConfig {
  readonly role: Role;
}

function valuesOf(config: PrintedConfig): readonly (readonly [Option<unknown>, unknown])[] {
  const values = config as unknown as Readonly<Record<string, unknown>>;
  return optionsOf(config.role).map(({ key, spec }) => [spec, values[key]] as const);
}

/** Flag without dashes → value; what is not set is empty. */
export function flagsAsText(config: PrintedConfig): Record<string, string> {
  const entries = valuesOf(config).map(([spec, value]) => {
    const text = value === undefined ? '' : spec.type.format(value).join(', ');
    return [spec.flag, text] as const;
  });
  return Object.fromEntries(entries);
}

type Tree = Map<string, unknown>;

/** Everything that is set, nested at the dots. Read back, it gives the same configuration. */
export function configAsYaml(config: PrintedConfig): string {
  const top: Tree = new Map();
  const flags = optionsOf(config.role).map(({ spec }) => spec.flag);
  for (const [spec, value] of valuesOf(config)) {
    if (value === undefined || spec.flag === 'config.file') continue;
    const [leaf = '', ...groups] = spec.flag.split('.').toReversed();
    let at = top;
    for (const [depth, group] of groups.toReversed().entries()) {
      const path = spec.flag
        .split('.')
        .slice(0, depth + 1)
        .join('.');
      // A group whose name is a flag too cannot be nested: its flags are written with dots.
      if (flags.includes(path)) break;
      at = child(at, group);
    }
    const nested = at !== top || groups.length === 0;
    at.set(nested ? leaf : spec.flag, yamlValue(spec, value));
  }
  return stringify(top, { lineWidth: 0 });
}

function child(parent: Tree, key: string): Tree {
  const found = parent.get(key);
  if (found instanceof Map) return found;
  const made: Tree = new Map();
  parent.set(key, made);
  return made;
}

function yamlValue(spec: Option<unknown>, value: unknown): unknown {
  if (typeof value === 'boolean') return value;
  if (spec.type.name === 'int') return value;
  if (spec.type.yamlMapping === 'labels') {
    const labels = value as readonly ConfigLabel[];
    return new Map(labels.map(({ name, value: text }) => [name, keepReferences(text)]));
  }
  const texts = spec.type.format(value).map(keepReferences);
  return spec.type.repeatable ? texts : texts.at(0);
}
