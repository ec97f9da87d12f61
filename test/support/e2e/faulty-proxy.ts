// A proxy between senders and Varve that can be told to be the bad network or the bad server.

import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';

/**
 * `pass`: forward. `unavailable`: answer 503. `drop`: cut the connection before anything is sent
 * on. `swallow`: forward, wait for the answer, and cut the connection instead of passing it back:
 * the sender cannot know that its samples were stored.
 */
export type ProxyMode = 'pass' | 'unavailable' | 'drop' | 'swallow';

/** Forwards to one origin, whole requests at a time. */
export class FaultyProxy {
  mode: ProxyMode = 'pass';
  /** Requests by what became of them: mode and status, `pass 204`. */
  readonly seen = new Map<string, number>();
  /** The text of the last answers that were neither 2xx nor 503. */
  readonly complaints: string[] = [];
  readonly #server: Server;
  readonly #target: URL;

  constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, outgoing) => void this.#handle(incoming, outgoing));
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #note(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { mode } = this;
    try {
      if (mode === 'drop') {
        this.#note('drop');
        incoming.socket.destroy();
        return;
      }
      const body: Buffer[] = [];
      for await (const part of incoming) body.push(part as Buffer);
      if (mode === 'unavailable') {
        this.#note('unavailable 503');
        outgoing.writeHead(503).end('unavailable for a while\n');
        return;
      }
      const answer = await this.#forward(incoming, Buffer.concat(body));
      this.#note(`${mode} ${answer.status}`);
      if (answer.status >= 300 && answer.status !== 503) this.complaints.push(answer.text);
      if (mode === 'swallow') incoming.socket.destroy();
      else outgoing.writeHead(answer.status, answer.headers).end(answer.text);
    } catch {
      // Varve is not there, or died in the middle: so is it for the sender.
      this.#note(`${mode} no answer`);
      incoming.socket.destroy();
    }
  }

  #forward(
    incoming: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }> {
    const { hostname, port } = this.#target;
    const { method, url: path, headers } = incoming;
    return new Promise((resolve, reject) => {
      const onward = request({ hostname, port, method, path, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.once('error', reject);
        answer.once('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
        });
      });
      onward.once('error', reject);
      onward.end(body);
    });
  }
}
