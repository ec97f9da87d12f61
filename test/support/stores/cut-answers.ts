// A store's answers, cut off without anybody saying so: neither length nor chunks, and the end of
// the connection for the end of the body. Some proxies answer so, and HTTP 1.0.

import type { Script } from './scripted-server.ts';

/** Answers every request with the first `cut` bytes of `body`; nothing tells how long it was. */
export function cutAnswer(
  body: string,
  cut: number,
  headers: Readonly<Record<string, string>> = {},
): Script {
  return {
    raw: (_, response) => {
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { connection: 'close', ...headers });
      response.end(body.slice(0, cut));
      return true;
    },
  };
}

/** Places to cut a text at: every one that makes a difference, and more. */
export function cuts(body: string): readonly number[] {
  return Array.from({ length: 24 }, (_, at) => Math.floor((at * body.length) / 24)).concat(
    body.length - 1,
  );
}
