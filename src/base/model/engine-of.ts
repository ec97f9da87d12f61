// Which engine thread a tenant belongs to. A tenant's streams are all in one engine, so that
// nothing there is locked.

/** The engine's index, at least 0 and below `engines`; the same for ever (FNV-1a of the name). */
export function engineOf(tenant: string, engines: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < tenant.length; i++) {
    hash = Math.imul(hash ^ tenant.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % engines;
}
