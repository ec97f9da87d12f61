// A proxy between an adapter and a real object store that is, by chance from a seed, the bad
// network, the bad store, or a store that does late what it said it did.
//
// Requests and answers pass whole, headers untouched, so that signatures hold.

import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../seeded-random.ts';

/** The faults that can be met, by name; those of one request depend on what it is. */
const ANY = ['429', '500', '503', '403', 'reset', 'stall', 'lost answer'] as const;
const OF_BODIES = ['half upload', 'flipped upload', 'late upload'] as const;
const OF_ANSWERS = ['half download', 'flipped download', 'stalled download'] as const;
const OF_DELETES = ['late delete'] as const;
const OF_LISTS = ['old list'] as const;

export type StoreFault =
  | (typeof ANY)[number]
  | (typeof OF_BODIES)[number]
  | (typeof OF_ANSWERS)[number]
  | (typeof OF_DELETES)[number]
  | (typeof OF_LISTS)[number];

/** What late means: after the client's time for a call has run out, and a retry has come. */
const LATE_MS = { min: 50, max: 600 };
/** Answers to lists that are remembered. */
const LISTS_MAX = 200;

export interface ProxyOptions {
  /** `http://host:port` of the store. */
  readonly target: string;
  readonly random: SeededRandom;
  /** Share of requests that meet a fault. */
  readonly faultShare: number;
  /** The status of a delete that was done. */
  readonly deletedStatus: number;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** See the head of the file. */
export class FaultyStoreProxy {
  /** Faults met, by name. */
  readonly injected = new Map<StoreFault, number>();
  requests = 0;
  faultShare: number;
  readonly #options: ProxyOptions;
  readonly #target: URL;
  readonly #server: Server;
  /** What was put off and has not been done yet. */
  readonly #late = new Set<Promise<void>>();
  /** Answers to lists, by what was asked, to be given again. */
  readonly #lists = new Map<string, Answer>();

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.faultShare = options.faultShare;
    this.#target = new URL(options.target);
    this.#server = createServer((incoming, outgoing) => void this.#handle(incoming, outgoing));
  }

  /** Listens on a free port; `host:port`. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port was given');
    return `127.0.0.1:${address.port}`;
  }

  /** No fault from now on; resolves when all that was put off is done. */
  async calm(): Promise<void> {
    this.faultShare = 0;
    while (this.#late.size > 0) await Promise.all(this.#late);
  }

  async close(): Promise<void> {
    await this.calm();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.requests++;
    try {
      const { method = 'GET', url: path = '/', headers } = incoming;
      const parts: Buffer[] = [];
      for await (const part of incoming) parts.push(part as Buffer);
      const asked: Asked = { method, path, headers, body: Buffer.concat(parts) };
      const fault = this.#choose(asked);
      if (fault === undefined) this.#answer(outgoing, await this.#forward(asked));
      else await this.#misbehave(fault, asked, outgoing);
    } catch {
      // Either side went away: so has the other.
      outgoing.destroy();
      incoming.socket.destroy();
    }
  }

  #choose(asked: Asked): StoreFault | undefined {
    const { random } = this.#options;
    if (random.fraction() >= this.faultShare) return undefined;
    const { method, body } = asked;
    const possible: StoreFault[] = [...ANY];
    if (body.length > 0) possible.push(...OF_BODIES);
    if (method === 'DELETE') possible.push(...OF_DELETES, ...OF_DELETES);
    if (method === 'GET') possible.push(...OF_ANSWERS);
    if (isList(asked) && this.#lists.has(asked.path)) possible.push(...OF_LISTS, ...OF_LISTS);
    return random.pick(possible);
  }

  async #misbehave(fault: StoreFault, asked: Asked, outgoing: ServerResponse): Promise<void> {
    this.injected.set(fault, (this.injected.get(fault) ?? 0) + 1);
    const status = Number(fault);
    if (Number.isInteger(status)) {
      outgoing.writeHead(status, { 'content-length': 0 }).end();
      return;
    }
    switch (fault) {
      case 'reset':
        outgoing.socket?.resetAndDestroy();
        return;
      case 'stall':
        return; // until the client has had enough
      case 'lost answer':
        await this.#forward(asked);
        outgoing.socket?.destroy();
        return;
      case 'half upload':
        this.#forwardHalf(asked);
        outgoing.socket?.destroy();
        return;
      case 'flipped upload':
        this.#answer(outgoing, await this.#forward({ ...asked, body: this.#flip(asked.body) }));
        return;
      case 'late upload':
        this.#later(asked);
        outgoing.socket?.destroy();
        return;
      case 'late delete':
        this.#later(asked);
        outgoing.writeHead(this.#options.deletedStatus, { 'content-length': 0 }).end();
        return;
      case 'old list':
        this.#answer(outgoing, this.#lists.get(asked.path) ?? (await this.#forward(asked)));
        return;
      default:
        this.#spoil(fault, outgoing, await this.#forward(asked));
    }
  }

  /** Faults of an answer's body; one without enough of a body passes. */
  #spoil(fault: StoreFault, outgoing: ServerResponse, answer: Answer): void {
    const { body } = answer;
    if (body.length < 2 || answer.status >= 300) {
      this.#answer(outgoing, answer);
    } else if (fault === 'flipped download') {
      // Descriptions are left as they are: TCP's checksum is good enough for some text, and a key
      // of another name is no damaged object.
      const isText = /xml|json/.test(answer.headers['content-type'] ?? '');
      this.#answer(outgoing, isText ? answer : { ...answer, body: this.#flip(body) });
    } else {
      const half = body.subarray(0, Math.floor(body.length / 2));
      const headers = { ...answer.headers, 'content-length': String(body.length) };
      delete headers['transfer-encoding'];
      outgoing.writeHead(answer.status, headers).flushHeaders();
      outgoing.write(half, () => {
        if (fault === 'half download') outgoing.socket?.destroy();
      });
    }
  }

  #answer(outgoing: ServerResponse, { status, headers, body }: Answer): void {
    outgoing.writeHead(status, headers).end(body);
  }

  #flip(bytes: Buffer): Buffer {
    const flipped = Buffer.from(bytes);
    const at = this.#options.random.between(0, flipped.length);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at);
    return flipped;
  }

  #later(asked: Asked): void {
    const waitMs = this.#options.random.between(LATE_MS.min, LATE_MS.max);
    const doing = sleep(waitMs)
      .then(() => this.#forward(asked))
      // Nobody waits for its answer any more; that it is done, or refused, is all there is to it.
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => this.#late.delete(doing));
    this.#late.add(doing);
  }

  /** Sends the head and half of the body, and hangs up. */
  #forwardHalf({ method, path, headers, body }: Asked): void {
    const { hostname, port } = this.#target;
    const sized = { ...headers, 'content-length': String(body.length) };
    delete sized['transfer-encoding'];
    const onward = request({ hostname, port, method, path, headers: sized, agent: false });
    onward.on('error', () => undefined); // it is we who hang up
    onward.write(body.subarray(0, Math.floor(body.length / 2)), () => onward.destroy());
  }

  async #forward(asked: Asked): Promise<Answer> {
    const { hostname, port } = this.#target;
    const { method, path, headers, body } = asked;
    const answer = await new Promise<Answer>((resolve, reject) => {
      const onward = request(
        { hostname, port, method, path, headers, agent: false },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part: Buffer) => parts.push(part));
          incoming.once('error', reject);
          incoming.once('end', () => {
            const { statusCode: status = 0, headers: its } = incoming;
            resolve({ status, headers: its, body: Buffer.concat(parts) });
          });
        },
      );
      onward.once('error', reject);
      onward.end(body);
    });
    if (isList(asked) && answer.status === 200 && !this.#lists.has(path)) {
      this.#lists.set(path, answer);
      const [oldest] = this.#lists.keys();
      if (this.#lists.size > LISTS_MAX && oldest !== undefined) this.#lists.delete(oldest);
    }
    return answer;
  }
}

/** Of S3 (objects, versions, unfinished uploads), GCS and Azure. */
function isList({ method, path }: Asked): boolean {
  return method === 'GET' && /[?&](list-type=|uploads|comp=list|prefix=|delimiter=)/.test(path);
}
