// The load generator, a process of its own: sends bodies that were made before, as fast as they are
// answered, over plain sockets, one request at a time on each connection.
//
// Started with the path of the bodies and a SenderSetup in JSON; takes ranges of bodies by message,
// answers each with its Sent.

import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type LoadPlan, readBodies } from './bodies.ts';

export interface SenderSetup {
  readonly plan: LoadPlan;
  readonly path: string;
  readonly port: number;
  readonly url: string;
}

/** Bodies `from` to `to` (exclusive) of each connection are to be sent. */
export interface SendRange {
  readonly from: number;
  readonly to: number;
}

export interface Sent {
  readonly requests: number;
  readonly seconds: number;
  /** Times from the first byte sent to the whole answer, in order. */
  readonly latenciesMs: readonly number[];
  /** How many answers had which status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Text of the first answer that was no success. */
  readonly firstError: string;
}

const HEADERS = {
  1: 'Content-Type: application/x-protobuf\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\n',
  2: [
    'Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'X-Prometheus-Remote-Write-Version: 2.0.0',
    '',
  ].join('\r\n'),
};

class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #answered: (answer: { status: number; body: string }) => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (bytes) => this.#take(bytes));
    this.#socket.on('error', (error) => this.#failed(error));
    this.#socket.on('close', () => this.#failed(new Error('the connection was closed')));
  }

  send(head: string, body: Uint8Array): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#failed = () => undefined;
    this.#socket.destroy();
  }

  /** Answers have a Content-Length, or no body. */
  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    const body = this.#received.toString('utf8', end + 4, end + 4 + length);
    this.#received = Buffer.alloc(0);
    this.#answered({ status: Number(head.slice(9, 12)), body });
  }
}

const setup = JSON.parse(process.argv[2] ?? '{}') as SenderSetup;
const bodies = readBodies(setup.plan, setup.path);
const connections = bodies.map(() => new Connection(setup.port));

function headOf(body: Uint8Array): string {
  const { plan, url } = setup;
  return (
    `POST ${url} HTTP/1.1\r\nHost: 127.0.0.1:${setup.port}\r\nUser-Agent: varve-bench\r\n` +
    `Content-Encoding: snappy\r\n${HEADERS[plan.version]}Content-Length: ${body.length}\r\n\r\n`
  );
}

async function send({ from, to }: SendRange): Promise<Sent> {
  const latenciesMs: number[] = [];
  const statuses: Record<string, number> = {};
  let firstError = '';
  const startMs = performance.now();
  const all = connections.map(async (connection, index) => {
    for (const body of bodies[index]?.slice(from, to) ?? []) {
      const sentMs = performance.now();
      const answer = await connection.send(headOf(body), body);
      latenciesMs.push(performance.now() - sentMs);
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      if (answer.status >= 300) firstError ||= answer.body;
    }
  });
  await Promise.all(all);
  const seconds = (performance.now() - startMs) / 1000;
  latenciesMs.sort((a, b) => a - b);
  return { requests: latenciesMs.length, seconds, latenciesMs, statuses, firstError };
}

process.on('message', async (range: SendRange) => {
  process.send?.(await send(range));
});
process.on('disconnect', () => {
  for (const connection of connections) connection.close();
  process.exit(0);
});
process.send?.('ready');
