// Which build this is: for `--version`, /api/v1/status/buildinfo and the build_info metric. The
// version is package.json's; revision and branch come from a `build-info.json` beside it, which
// images are built with, else from the checkout's own .git.

import { dirname, join } from 'node:path';

/** As Prometheus's buildinfo has it; what nobody knows is `unknown`. */
export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
  readonly branch: string;
  readonly buildUser: string;
  readonly buildDate: string;
}

/** Reads a small file, or gives undefined when it is not there or not readable. */
export type ReadText = (path: string) => string | undefined;

const UNKNOWN = 'unknown';
const PARENTS_MAX = 4;

function jsonObject(text: string | undefined): ReadonlyMap<string, unknown> {
  if (text === undefined) return new Map();
  try {
    const parsed: unknown = JSON.parse(text);
    return new Map(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []);
  } catch {
    // A build without this file, or with a broken one, still runs; it only cannot say what it is.
    return new Map();
  }
}

/** Branch and revision that a checkout stands at. */
function checkout(root: string, read: ReadText): { branch: string; revision: string } {
  const git = join(root, '.git');
  const head = read(join(git, 'HEAD'))?.trim();
  if (head === undefined) return { branch: UNKNOWN, revision: UNKNOWN };
  if (!head.startsWith('ref: ')) return { branch: 'HEAD', revision: head };
  const ref = head.slice('ref: '.length);
  const packed = read(join(git, 'packed-refs'))
    ?.split('\n')
    .find((line) => line.endsWith(` ${ref}`))
    ?.split(' ')
    .at(0);
  const revision = read(join(git, ref))?.trim() ?? packed ?? UNKNOWN;
  return { branch: ref.replace('refs/heads/', ''), revision };
}

/**
 * Finds what is known about this build.
 * @param from a directory inside the installed package
 */
export function readBuildInfo(from: string, read: ReadText): BuildInfo {
  let root = from;
  for (let up = 0; up < PARENTS_MAX && read(join(root, 'package.json')) === undefined; up++) {
    root = dirname(root);
  }
  const version = jsonObject(read(join(root, 'package.json'))).get('version');
  const built = jsonObject(read(join(root, 'build-info.json')));
  const source = checkout(root, read);
  const say = (key: string, otherwise: string): string => {
    const value = built.get(key);
    return typeof value === 'string' && value !== '' ? value : otherwise;
  };
  return {
    version: typeof version === 'string' ? version : UNKNOWN,
    revision: say('revision', source.revision),
    branch: say('branch', source.branch),
    buildUser: say('buildUser', UNKNOWN),
    buildDate: say('buildDate', UNKNOWN),
  };
}

/** The text of `--version`, as Prometheus's programs print it. */
export function versionText(
  build: BuildInfo,
  node: { readonly version: string; readonly platform: string },
): string {
  return [
    `varve, version ${build.version} (branch: ${build.branch}, revision: ${build.revision})`,
    `  build user:       ${build.buildUser}`,
    `  build date:       ${build.buildDate}`,
    `  node version:     ${node.version}`,
    `  platform:         ${node.platform}`,
  ].join('\n');
}
