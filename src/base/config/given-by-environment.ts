// Options from the environment: `VARVE_` and the flag in capitals. An empty variable counts as not
// set (compose files pass `${X:-}`); one that belongs to no option is a warning, not an error,
// because the environment is shared with others.

import type { Environment } from './fill-environment.ts';
import type { Given, GivenByFlag, KnownFlag } from './given.ts';
import { environmentName } from './option.ts';
import { didYouMean } from './suggest.ts';

/**
 * Kubernetes announces a service named `varve` or `varve-…` in every pod beside it, in variables
 * that begin like ours: VARVE_SERVICE_HOST, VARVE_PORT_19291_TCP_ADDR. Nobody meant them as
 * options.
 */
const SERVICE_PART = 'SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)';
const PORT_PART = String.raw`PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?`;
const SERVICE_LINK = new RegExp(`^VARVE_(?:[A-Z0-9_]+_)?(?:${SERVICE_PART}|${PORT_PART})$`);

/**
 * Options found in the environment, and a warning for each variable that looks like one and is
 * none.
 */
export function givenByEnvironment(
  env: Environment,
  known: ReadonlyMap<string, KnownFlag>,
): { readonly given: GivenByFlag; readonly warnings: readonly string[] } {
  const byVariable = new Map([...known.values()].map((flag) => [environmentName(flag.flag), flag]));
  const given = new Map<string, Given>();
  const warnings: string[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('VARVE_') || value === undefined || value === '') continue;
    const flag = byVariable.get(variable);
    const where = `environment variable ${variable}`;
    if (flag !== undefined) {
      given.set(flag.flag, { texts: textsOf(flag, value), where, documentName: where });
    } else if (!SERVICE_LINK.test(variable)) {
      warnings.push(`${where} sets no option${didYouMean(variable, byVariable.keys())}`);
    }
  }
  return { given, warnings };
}

function textsOf(flag: KnownFlag, value: string): readonly string[] {
  if (!flag.repeatable) return [value];
  if (flag.split !== undefined) return flag.split(value);
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
