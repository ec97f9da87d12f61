// Rules over several options of `varve sidecar`: above all, that nothing is ever written into the
// directory of the Prometheus.

import { posix } from 'node:path';
import type { SidecarConfig } from './catalogue.ts';
import { configError } from './config-error.ts';
import type { GivenByFlag } from './given.ts';

/** Checks options against each other; returns warnings. @throws VarveError `bad_config` */
export function checkSidecar(config: SidecarConfig, given: GivenByFlag): readonly string[] {
  const place = (flag: string): string => given.get(flag)?.where ?? `--${flag}`;
  const { dataDir, tsdbPath } = config;
  if (dataDir !== undefined && isWithin(dataDir, tsdbPath)) {
    throw configError(
      place('data-dir'),
      `must not lie in the directory of the Prometheus (${tsdbPath}), which is only read`,
    );
  }
  if (!config.ignoreUnequalBlockSize) return [];
  return [
    `${place('shipper.ignore-unequal-block-size')}: a block that the Prometheus compacts before ` +
      'it was uploaded will be missing in the bucket',
  ];
}

/** Is it the outer directory or in it? Both may be relative to the working directory. */
export function isWithin(inner: string, outer: string): boolean {
  const relative = posix.relative(posix.resolve(outer), posix.resolve(inner));
  return relative === '' || !(relative === '..' || relative.startsWith('../'));
}
