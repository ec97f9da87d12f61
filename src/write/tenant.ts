// Which tenant a write request is for: from headers and path, by DESIGN §3 (Tenants).
// Invariant: whatever comes out has passed `writableTenant`, after the path was decoded once (by
// the router) and `0:1` became `0_1`.

import { VarveError } from '../base/errors/varve-error.ts';
import { readableTenant, writableTenant } from '../base/model/tenant.ts';

/** Mimir's, Loki's and Cortex's header; always understood, whatever the configured one is. */
const SCOPE_HEADER = 'x-scope-orgid';

/** VictoriaMetrics's accountID:projectID. */
const ACCOUNT_AND_PROJECT = /^([0-9]+):([0-9]+)$/;

/** What the configuration says about tenants. */
export interface TenantRules {
  /** `--receive.tenant-header`, in any case. */
  readonly headerName: string;
  /** `--receive.default-tenant-id`. */
  readonly defaultTenant: string;
}

/** What a request says about its tenant. */
export interface TenantSources {
  /** Headers with lower-case names, as node:http gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The VictoriaMetrics path's tenant, decoded; absent on other paths. */
  readonly path?: string | undefined;
}

/**
 * The tenant that a request writes to; Varve's own is nobody else's.
 * @throws VarveError `bad_tenant` when a name is not allowed or two sources differ
 */
export function tenantOf(sources: TenantSources, rules: TenantRules): string {
  return chosenTenant(sources, rules, writableTenant);
}

/**
 * The tenant whose data a request reads.
 * @throws VarveError `bad_tenant` when a name is not allowed or two sources differ
 */
export function readTenantOf(sources: TenantSources, rules: TenantRules): string {
  return chosenTenant(sources, rules, readableTenant);
}

function chosenTenant(
  sources: TenantSources,
  rules: TenantRules,
  check: (name: string) => string,
): string {
  const named = [
    headerText(sources.headers[rules.headerName.toLowerCase()]),
    headerText(sources.headers[SCOPE_HEADER]),
    sources.path?.replace(ACCOUNT_AND_PROJECT, '$1_$2'),
  ];
  let tenant: string | undefined;
  for (const name of named) {
    if (name === undefined) continue;
    const checked = check(name);
    if (tenant !== undefined && tenant !== checked) {
      throw new VarveError('bad_tenant', 'Two tenants that differ are named by header and path.');
    }
    tenant = checked;
  }
  return tenant ?? check(rules.defaultTenant);
}

/** A header sent twice is joined, and then refused for its comma; an empty one is none (Thanos). */
function headerText(value: string | readonly string[] | undefined): string | undefined {
  const text = (typeof value === 'string' ? value : value?.join(', '))?.trim();
  return text === '' ? undefined : text;
}
