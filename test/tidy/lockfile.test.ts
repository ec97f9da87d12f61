// package-lock.json is what `npm ci` can install from, on every platform and from every registry.

import { expect, it } from 'vitest';
import { readText } from './sources.ts';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const packages: Readonly<Record<string, Locked>> = JSON.parse(
  readText('package-lock.json'),
).packages;

it('names no registry', () => {
  expect(Object.keys(packages).filter((name) => packages[name]?.resolved !== undefined)).toEqual(
    [],
  );
});

// npm leaves out what the registry of the day does not serve, and then refuses its own lockfile.
it('has every optional dependency, also those of other platforms', () => {
  const missing = Object.entries(packages).flatMap(([name, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (wanted) =>
        packages[`node_modules/${wanted}`]?.version === undefined &&
        packages[`${name}/node_modules/${wanted}`]?.version === undefined,
    ),
  );
  expect(missing).toEqual([]);
});
