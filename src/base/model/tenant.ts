// Tenant names: which are allowed. Every name from outside passes here once, after its last
// decoding, before it becomes part of a path or of an object key (DESIGN §3, Tenants).

import { printable } from '../errors/printable.ts';
import { VarveError } from '../errors/varve-error.ts';

/** The longest tenant name, in characters (all of them ASCII). As Mimir and Cortex have it. */
export const TENANT_LENGTH_MAX = 150;

/** The tenant that Varve writes its own metrics to; nobody else writes there. */
export const OWN_TENANT = 'varve';

/** Where samples without any tenant go, unless `--receive.default-tenant-id` says otherwise. */
export const DEFAULT_TENANT = 'default-tenant';

/** Of a refused name, so much is shown. */
const SHOWN_BYTES_MAX = 64;

// Cortex's characters without '*', which some file systems and shells take for a pattern.
const ALLOWED = /^[A-Za-z0-9!\-_.'()]+$/;

/** Why `name` cannot be a tenant, or undefined if it can. Does not know who writes. */
export function tenantFault(name: string): string | undefined {
  if (name.length === 0) return 'it is empty';
  if (name.length > TENANT_LENGTH_MAX) return `it is longer than ${TENANT_LENGTH_MAX} characters`;
  if (!ALLOWED.test(name)) return "it has a character other than A-Z a-z 0-9 ! - _ . ' ( )";
  // Also keeps out '.' and '..', and everything that Varve itself keeps under '.varve'.
  if (name.startsWith('.')) return 'it begins with a dot';
  return undefined;
}

/**
 * `name`, if it is a tenant's.
 * @throws VarveError `bad_tenant`, saying which name and why
 */
export function readableTenant(name: string): string {
  const fault = tenantFault(name);
  if (fault !== undefined) {
    const shown = printable(name, SHOWN_BYTES_MAX);
    throw new VarveError('bad_tenant', `The tenant name "${shown}" is not allowed: ${fault}.`);
  }
  return name;
}

/**
 * `name`, if somebody outside may write to it.
 * @throws VarveError `bad_tenant`, saying which name and why
 */
export function writableTenant(name: string): string {
  if (readableTenant(name) === OWN_TENANT) {
    throw new VarveError('bad_tenant', `The tenant "${OWN_TENANT}" is kept for Varve itself.`);
  }
  return name;
}
