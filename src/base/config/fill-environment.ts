// `${NAME}` and `$(NAME)` in the values of a YAML document, filled in from the environment after
// the YAML has been parsed, value by value: what a variable holds is always a value and never YAML.
// A variable that is not set stops the start; `$${NAME}` stands for the text `${NAME}`.

import { configError } from './config-error.ts';

/** The environment of the process; names to values. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$(\$?)(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|\(([A-Za-z_][A-Za-z0-9_]*)\))/g;

/**
 * The value with every reference replaced.
 * @param where the place of the value, for the message about a variable that is not set
 */
export function fillEnvironment(value: string, env: Environment, where: string): string {
  return value.replace(REFERENCE, (all: string, dollar: string, braced: string, round: string) => {
    if (dollar !== '') return all.slice(1);
    const name = braced ?? round;
    const found = Object.hasOwn(env, name) ? env[name] : undefined;
    if (found === undefined) throw configError(where, `environment variable ${name} is not set`);
    return found;
  });
}

/** The text that `fillEnvironment` turns into this value: every reference in it is kept as text. */
export function keepReferences(value: string): string {
  return value.replace(REFERENCE, (all: string) => `$${all}`);
}
