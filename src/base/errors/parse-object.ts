// Small JSON documents in a bucket, whose readers trust nothing: marks, leases, receipts.

import { VarveError } from './varve-error.ts';

/** A JSON object in UTF-8; anything else is `damaged_object`, named by `where`. */
export function parseObject(bytes: Uint8Array, where: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new VarveError('damaged_object', `${where}: it is not JSON`, { cause });
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json))
    return json as Readonly<Record<string, unknown>>;
  throw new VarveError('damaged_object', `${where}: it is not a JSON object`);
}
