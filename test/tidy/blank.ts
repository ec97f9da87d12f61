// Takes comments and the contents of literals out of TypeScript, leaving spaces, so that rules can
// be plain patterns. It knows no more of the language than that; a slash begins a regular
// expression where a value may begin.

/** The two blanked forms of a source. */
export interface Blanked {
  readonly withoutComments: string;
  readonly code: string;
}

type State = 'code' | 'line' | 'block' | 'regex' | 'class' | "'" | '"' | '`';

const VALUE_MAY_FOLLOW =
  /(?:^|[(,=:[!&|?{};<>+\-*%~^]|\b(?:return|typeof|case|in|of|new|delete|void|throw|await|yield))\s*$/;

/** Blanks comments in the first form, comments and insides of literals in the second. */
export function blank(text: string): Blanked {
  const noComments = [...text.split('')];
  const code = [...noComments];
  const hide = (at: number, isComment: boolean): void => {
    if (text[at] === '\n') return;
    code[at] = ' ';
    if (isComment) noComments[at] = ' ';
  };
  let state: State = 'code';
  const templates: number[] = []; // depth of braces in each `${` that is open
  let seen = ''; // the code on this line and a little before, for the question of the slash
  for (let at = 0; at < text.length; at++) {
    const here = text[at] ?? '';
    const two = text.slice(at, at + 2);
    if (state === 'code') {
      if (two === '//' || two === '/*') {
        state = two === '//' ? 'line' : 'block';
        hide(at, true);
        hide(++at, true);
        continue;
      }
      if (here === '/' && VALUE_MAY_FOLLOW.test(seen)) state = 'regex';
      else if (here === "'" || here === '"' || here === '`') state = here;
      else if (templates.length > 0) {
        const top = templates.length - 1;
        if (here === '{') templates[top] = (templates[top] ?? 0) + 1;
        if (here === '}') {
          templates[top] = (templates[top] ?? 0) - 1;
          if (templates[top] === 0) {
            templates.pop();
            state = '`';
          }
        }
      }
      seen = (seen + here).slice(-40);
      continue;
    }
    if (state === 'line') {
      if (here === '\n') state = 'code';
      hide(at, true);
    } else if (state === 'block') {
      if (two === '*/') {
        hide(at++, true);
        state = 'code';
      }
      hide(at, true);
    } else if (state === 'regex' || state === 'class') {
      if (here === '\\') hide(at++, false);
      else if (here === '[') state = 'class';
      else if (here === ']') state = 'regex';
      else if (here === '/' && state === 'regex') {
        state = 'code';
        seen = '/ value';
        continue;
      }
      hide(at, false);
    } else if (here === '\\') {
      hide(at++, false);
      hide(at, false);
    } else if (here === state) {
      state = 'code';
      seen = '" value';
    } else if (state === '`' && two === '${') {
      at++;
      templates.push(1);
      state = 'code';
      seen = '{';
    } else hide(at, false);
  }
  return { withoutComments: noComments.join(''), code: code.join('') };
}
