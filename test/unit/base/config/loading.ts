// Loads a configuration from texts, as main.ts does from the world.

import { parseCommandLine } from '../../../../src/base/config/command-line.ts';
import { type LoadedConfig, loadConfig } from '../../../../src/base/config/load-config.ts';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';

export interface Sources {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

/** argv begins with the command; `serve` unless given. */
export function load({ argv = ['serve'], env = {}, files = {} }: Sources): LoadedConfig {
  const invocation = parseCommandLine(argv, 'test');
  if (invocation.kind !== 'gateway') throw new Error(`not a gateway: ${invocation.kind}`);
  return loadConfig(invocation.role, invocation.given, worldOf(env, files));
}

export function worldOf(
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
) {
  const readFile = (path: string): Uint8Array => {
    const text = files[path];
    if (text === undefined) throw new VarveError('not_found', `${path} is not there`);
    return new TextEncoder().encode(text);
  };
  return { env, readFile };
}

/** The message of the configuration error that `run` ends with. */
export function complaint(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof VarveError && thrown.kind === 'bad_config') return thrown.message;
    throw thrown;
  }
  throw new Error('no complaint');
}
