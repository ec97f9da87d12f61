// Finds function bodies in blanked code by their braces.

/** A function with a body. */
export interface FunctionSpan {
  readonly name: string;
  /** Offsets of the head's opening parenthesis (or of an arrow) and of the closing brace. */
  readonly start: number;
  readonly end: number;
}

const NOT_FUNCTIONS = new Set(['if', 'for', 'while', 'switch', 'catch', 'with']);

interface Open {
  readonly bracket: string;
  readonly at: number;
  readonly span: { name: string; start: number } | undefined;
}

/** All functions, methods and arrow functions whose body is in braces. */
export function findFunctions(code: string): FunctionSpan[] {
  const found: FunctionSpan[] = [];
  const stack: Open[] = [];
  const openedAt = new Map<number, number>(); // closing parenthesis → its opening one
  for (let at = 0; at < code.length; at++) {
    const bracket = code[at] ?? '';
    if (bracket === '(' || bracket === '{' || bracket === '[') {
      const span = bracket === '{' ? headBefore(code, at, openedAt) : undefined;
      stack.push({ bracket, at, span });
    } else if (bracket === ')' || bracket === '}' || bracket === ']') {
      const open = stack.pop();
      if (open === undefined) continue;
      if (bracket === ')') openedAt.set(at, open.at);
      if (open.span !== undefined) found.push({ ...open.span, end: at });
    }
  }
  return found;
}

function headBefore(
  code: string,
  at: number,
  openedAt: ReadonlyMap<number, number>,
): { name: string; start: number } | undefined {
  const before = code.slice(Math.max(0, at - 400), at);
  if (/=>\s*$/.test(before))
    return { name: 'arrow function', start: before.lastIndexOf('=>') + at - before.length };
  // `)`, or `): Type`, where the type has no brackets that end a statement.
  const tail = /\)(\s*:\s*[^;=(){}]*(?:\{[^{}\n]*\}[^;=(){}\n]*)?)?[ \t]*$/.exec(before);
  if (tail === null) return undefined;
  const close = at - before.length + tail.index;
  const open = openedAt.get(close);
  if (open === undefined) return undefined;
  const name = /([\w$#]+)\s*(?:<[^()]*>)?\s*$/.exec(code.slice(Math.max(0, open - 200), open))?.[1];
  if (name === undefined || NOT_FUNCTIONS.has(name)) return undefined;
  return { name, start: open };
}
