// The flags of a role, honoured or not, as the three sources see them.

import { inertOptionsOf, optionsOf } from './catalogue.ts';
import type { KnownFlag } from './given.ts';
import type { Role } from './option.ts';

/** Flag → what a source must know to read it. */
export function knownFlags(role: Role): ReadonlyMap<string, KnownFlag> {
  const known = new Map<string, KnownFlag>();
  for (const { spec } of optionsOf(role)) {
    const { isBool, repeatable, yamlMapping, split } = spec.type;
    known.set(spec.flag, {
      flag: spec.flag,
      isBool,
      repeatable,
      ...(yamlMapping === undefined ? {} : { yamlMapping }),
      ...(split === undefined ? {} : { split }),
    });
  }
  for (const { flag, isBool } of inertOptionsOf(role)) {
    // Some of Thanos's are repeatable; none of their values matters, so all may be.
    known.set(flag, { flag, isBool, repeatable: !isBool });
  }
  return known;
}
