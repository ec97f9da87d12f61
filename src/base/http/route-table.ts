// Which methods a path takes, for 405 and its Allow header: the router itself only knows that a
// pair of path and method is not there.

/** Routes as they were declared: `/a/:name`, a `*` at the end. */
export class RouteTable {
  readonly #methods = new Map<string, Set<string>>();

  add(pattern: string, methods: readonly string[]): void {
    const known = this.#methods.get(pattern) ?? new Set<string>();
    for (const method of methods) known.add(method);
    this.#methods.set(pattern, known);
  }

  /** Methods of every route that `path` matches, sorted; empty when there is no such path. */
  allowed(path: string): readonly string[] {
    const found = new Set<string>();
    for (const [pattern, methods] of this.#methods) {
      if (matches(pattern.split('/'), path.split('/'))) {
        for (const method of methods) found.add(method);
      }
    }
    return [...found].sort();
  }
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  for (const [index, part] of pattern.entries()) {
    if (part === '*') return path.length > index;
    const given = path[index];
    if (given === undefined) return false;
    if (part.startsWith(':') ? given === '' : given !== part) return false;
  }
  return path.length === pattern.length;
}
