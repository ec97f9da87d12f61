// Compaction inside `varve serve`: the options of `varve compact` that are about compaction itself,
// and whether there is any.

import { type OptionTable, option, type Role } from './option.ts';
import { bool } from './option-type.ts';
import { COMPACTION_OPTIONS } from './options-compaction.ts';

const ROLES: readonly Role[] = ['serve'];

/** The table for other roles; its types stay. */
function forRoles<Table extends OptionTable>(table: Table, roles: readonly Role[]): Table {
  const entries = Object.entries(table).map(([key, spec]) => [key, { ...spec, roles }] as const);
  return Object.fromEntries(entries) as Table;
}

/** What `serve` has beside the options of a receiver. */
export const SERVE_COMPACTION_OPTIONS = {
  isCompactionEnabled: option({
    flag: 'compact.enabled',
    roles: ROLES,
    group: 'Compaction',
    type: bool(),
    default: 'true',
    help:
      'Merge and downsample the blocks of the bucket and apply retention there, as varve compact ' +
      'does. To be turned off where the compactor of Thanos works on the same bucket, or where a ' +
      'varve compact is to do it alone.',
  }),
  ...forRoles(COMPACTION_OPTIONS, ROLES),
} as const;
