import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { InFlightBytes } from '../../../src/write/in-flight.ts';
import { NO_STATS, type WriteOutcome, type WriteRequest } from '../../../src/write/outcome.ts';
import { RateLimit } from '../../../src/write/rate-limit.ts';
import { addWriteRoutes, type EndedWrite, WRITE_PATHS } from '../../../src/write/routes.ts';

const HEADERS = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
const apps: FastifyInstance[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function gateway(answer: Partial<WriteOutcome> | Error = {}) {
  const world = {
    requests: [] as WriteRequest[],
    ended: [] as EndedWrite[],
    bodiesRead: 0,
    draining: false,
    full: false,
    nowMs: 0,
    inFlight: new InFlightBytes(100),
    hold: Promise.resolve(),
  };
  const clock = { nowMs: () => world.nowMs, monotonicMs: () => world.nowMs };
  const app = fastify({ routerOptions: { maxParamLength: 450 } });
  apps.push(app);
  await addWriteRoutes(app, {
    engine: {
      async write(request) {
        world.requests.push(request);
        await world.hold;
        if (answer instanceof Error) throw answer;
        return {
          written: { samples: 0, histograms: 0, exemplars: 0 },
          refused: [],
          stats: NO_STATS,
          ...answer,
        };
      },
    },
    async readBody(request: FastifyRequest, { maxBytes }) {
      world.bodiesRead++;
      const parts: Buffer[] = [];
      for await (const part of request.raw) parts.push(part as Buffer);
      const body = Buffer.concat(parts);
      if (body.length > maxBytes) throw new VarveError('body_too_large', 'Too large.');
      return new Uint8Array(body).buffer;
    },
    clock,
    random: { u32: () => 0, fraction: () => 0.99, bytes: (count) => new Uint8Array(count) },
    tenants: { headerName: 'THANOS-TENANT', defaultTenant: 'default-tenant' },
    inFlight: world.inFlight,
    rates: new RateLimit({ clock, samplesPerSecond: 10, burstSamples: 5, dropWhenOver: false }),
    backlog: {
      check: () => {
        if (world.full)
          throw new VarveError('queue_full', 'Too much waits.', { retryAfterSeconds: 30 });
      },
    },
    bodyBytesMax: 60,
    retryAfterSeconds: { min: 2, max: 5 },
    isDraining: () => world.draining,
    onRequestEnd: (ended) => world.ended.push(ended),
  });
  const post = (url: string, headers: Record<string, string> = HEADERS, payload = 'body') =>
    app.inject({ method: 'POST', url, headers, payload });
  return { ...{ world, post, app } };
}

describe('the write paths', () => {
  it.each(WRITE_PATHS)('%s answers 204 and hands on tenant, version and body', async (path) => {
    const { world, post } = await gateway({
      written: { samples: 3, histograms: 2, exemplars: 1 },
    });
    const tenant = path.includes(':tenant') ? '0_1' : 'default-tenant';
    const response = await post(path.replace(':tenant', '0:1'));
    expect(response.statusCode).toBe(204);
    expect(response.body).toBe('');
    expect(response.headers).toMatchObject({
      'x-prometheus-remote-write-samples-written': '3',
      'x-prometheus-remote-write-histograms-written': '2',
      'x-prometheus-remote-write-exemplars-written': '1',
    });
    expect(world.requests).toHaveLength(1);
    expect(world.requests[0]).toMatchObject({ tenant, version: 1 });
    expect(Buffer.from(world.requests[0]?.body ?? new ArrayBuffer(0)).toString()).toBe('body');
    expect(world.inFlight.bytes).toBe(0);
    expect(world.ended[0]).toMatchObject({ path, tenant, status: 204, bodyBytes: 4 });
  });

  it('takes the version from the content type, not from the version header', async () => {
    const { world, post } = await gateway();
    await post('/api/v1/write', {
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'x-prometheus-remote-write-version': '0.1.0',
    });
    expect(world.requests[0]?.version).toBe(2);
  });

  it('reads a body without content type as 1.0', async () => {
    const { world, post } = await gateway();
    const response = await post('/api/v1/write', { 'content-encoding': 'snappy' });
    expect(response.statusCode).toBe(204);
    expect(world.requests[0]?.version).toBe(1);
  });
});

describe('refusals before the body is read', () => {
  it.each([
    ['a wrong media type', { ...HEADERS, 'content-type': 'application/json' }, 415],
    ['a media type that is none', { ...HEADERS, 'content-type': ';;;' }, 415],
    ['gzip', { ...HEADERS, 'content-encoding': 'gzip' }, 415],
    ['no encoding', { 'content-type': 'application/x-protobuf' }, 415],
    ['a tenant named ..', { ...HEADERS, 'thanos-tenant': '..' }, 400],
    ['the tenant of Varve itself', { ...HEADERS, 'x-scope-orgid': 'varve' }, 400],
  ])('%s is answered without reading', async (_name, headers, status) => {
    const { world, post } = await gateway();
    const response = await post('/api/v1/receive', headers);
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toContain('text/plain');
    expect(response.body).not.toBe('');
    expect(world.bodiesRead).toBe(0);
    // Written headers only where the content was negotiated.
    expect('x-prometheus-remote-write-samples-written' in response.headers).toBe(status !== 415);
  });

  it.each(['.hidden', 'a%2Fb', 'varve', `${'x'.repeat(151)}`])(
    'the path tenant %s is refused with 400',
    async (tenant) => {
      const { world, post } = await gateway();
      const response = await post(`/insert/${tenant}/prometheus/api/v1/write`);
      expect(response.statusCode).toBe(400);
      expect(world.bodiesRead).toBe(0);
    },
  );

  it('answers 413 to a declared length over the limit', async () => {
    const { world, post } = await gateway();
    const response = await post('/api/v1/write', HEADERS, 'x'.repeat(61));
    expect(response.statusCode).toBe(413);
    expect(world.bodiesRead).toBe(0);
  });

  it('answers 503 with Retry-After in the configured range while draining', async () => {
    const { world, post } = await gateway();
    world.draining = true;
    const response = await post('/api/v1/write');
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('5');
    expect(world.bodiesRead).toBe(0);
  });

  it('answers 503 with a longer Retry-After while too much waits for the bucket', async () => {
    const { world, post } = await gateway();
    world.full = true;
    const response = await post('/api/v1/write');
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('33');
    expect(response.body).toBe('queue_full: Too much waits.\n');
    expect(world.bodiesRead).toBe(0);
    world.full = false;
    expect((await post('/api/v1/write')).statusCode).toBe(204);
  });

  it('answers 503 over the in-flight budget, and again 204 when it is free', async () => {
    const { world, post } = await gateway();
    let release = () => {};
    world.hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = post('/api/v1/write', HEADERS, 'x'.repeat(60));
    while (world.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(world.inFlight.bytes).toBe(60);
    expect((await post('/api/v1/write', HEADERS, 'x'.repeat(60))).statusCode).toBe(503);
    expect(world.bodiesRead).toBe(1);
    release();
    expect((await first).statusCode).toBe(204);
    expect((await post('/api/v1/write', HEADERS, 'x'.repeat(60))).statusCode).toBe(204);
    expect(world.inFlight.bytes).toBe(0);
  });

  it('answers 503 to a tenant in debt, and only to it', async () => {
    const { world, post } = await gateway({ written: { samples: 9, histograms: 0, exemplars: 0 } });
    expect((await post('/api/v1/write')).statusCode).toBe(204);
    expect((await post('/api/v1/write')).statusCode).toBe(503);
    expect((await post('/insert/7/prometheus/')).statusCode).toBe(204);
    world.nowMs = 1000;
    expect((await post('/api/v1/write')).statusCode).toBe(204);
  });
});

describe('answers of the engine', () => {
  it('turns refusals into 400 with counts, reasons and examples', async () => {
    const { post } = await gateway({
      written: { samples: 7, histograms: 0, exemplars: 0 },
      refused: [
        { reason: 'too_old', count: 2, samples: 2, example: '{__name__="up"}' },
        { reason: 'label_duplicate', count: 1, samples: 5, example: '{a="1", a="2"}' },
      ],
    });
    const response = await post('/api/v1/write');
    expect(response.statusCode).toBe(400);
    expect(response.headers['x-prometheus-remote-write-samples-written']).toBe('7');
    expect(response.headers['retry-after']).toBeUndefined();
    expect(response.body.split('\n')).toEqual([
      'samples_refused: A part of the request was refused. Everything else is stored.',
      expect.stringMatching(/^too_old: 2 samples refused .*; first: \{__name__="up"\}$/),
      expect.stringMatching(/^label_duplicate: 1 series with 5 samples refused .*; first: /),
      '',
    ]);
  });

  it('keeps the text within 1 KiB', async () => {
    const { post } = await gateway({
      refused: (['too_old', 'duplicate', 'label_count', 'series_limit'] as const).map((reason) => ({
        reason,
        count: 4_000_000_000,
        samples: 4_000_000_000,
        example: 'x'.repeat(5000),
      })),
    });
    const { body } = await post('/api/v1/write');
    expect(body.length).toBeLessThanOrEqual(1024);
    expect(body).toContain('series_limit');
  });

  it('lets 503 win over refusals, and keeps the counts of what is durable', async () => {
    const { post } = await gateway({
      written: { samples: 7, histograms: 0, exemplars: 0 },
      refused: [{ reason: 'too_old', count: 2, samples: 2, example: '' }],
      error: { code: 'sync_failed', message: 'The log could not be synced.' },
    });
    const response = await post('/api/v1/write');
    expect(response.statusCode).toBe(503);
    expect(response.headers['x-prometheus-remote-write-samples-written']).toBe('7');
    expect(response.headers['retry-after']).toBe('5');
    expect(response.body).not.toContain('Everything else is stored');
  });

  it('answers 503 when the engine thread has ended', async () => {
    const { world, post } = await gateway(new VarveError('thread_ended', 'The engine ended.'));
    expect((await post('/api/v1/write')).statusCode).toBe(503);
    expect(world.inFlight.bytes).toBe(0);
    expect(world.ended[0]?.error?.code).toBe('thread_ended');
  });
});
