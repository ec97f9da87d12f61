import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { VarveError } from '../../../../src/base/errors/varve-error.ts';
import { BODY_FIRST_BYTES_MAX } from '../../../../src/base/http/limits.ts';
import { readBody, receivedBytes } from '../../../../src/base/http/read-body.ts';

function request(chunks: readonly Uint8Array[], declared?: number) {
  const headers = declared === undefined ? {} : { 'content-length': String(declared) };
  const raw = Object.assign(Readable.from(chunks, { objectMode: false }), { headers });
  return { raw: raw as unknown as IncomingMessage };
}

const bytesOf = (count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => i % 251);

describe('readBody', () => {
  it.each([
    ['nothing', 0, 1],
    ['a small body', 100, 7],
    ['a body that outgrows the first buffer', 300_000, 4096],
    ['a body larger than what is allocated at first', BODY_FIRST_BYTES_MAX + 12_345, 65_536],
  ])('reads %s exactly, with and without a declared length', async (_name, size, chunk) => {
    const whole = bytesOf(size);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < size; at += chunk) chunks.push(whole.subarray(at, at + chunk));
    for (const declared of [undefined, size]) {
      const one = request(chunks, declared);
      const body = await readBody(one, { maxBytes: 2 * BODY_FIRST_BYTES_MAX });
      expect(body.byteLength).toBe(size);
      expect(Buffer.compare(Buffer.from(body), whole)).toBe(0);
      expect(receivedBytes(one.raw)).toBe(size === 0 ? undefined : size);
      structuredClone(body, { transfer: [body] });
      expect(body.byteLength).toBe(0);
    }
  });

  it('takes a body of just the limit and refuses one byte more', async () => {
    expect((await readBody(request([bytesOf(10)]), { maxBytes: 10 })).byteLength).toBe(10);
    const large = readBody(request([bytesOf(5), bytesOf(6)]), { maxBytes: 10 });
    await expect(large).rejects.toMatchObject({ code: 'body_too_large' });
  });

  it('refuses by the declared length without reading, with the caller’s words', async () => {
    const one = request([bytesOf(5)], 11);
    const onTooLarge = (): VarveError => new VarveError('body_too_large', 'far too much');
    await expect(readBody(one, { maxBytes: 10, onTooLarge })).rejects.toThrow('far too much');
    expect(receivedBytes(one.raw)).toBeUndefined();
  });

  it('reads the rest of a refused body away', async () => {
    const one = request(Array.from({ length: 50 }, () => bytesOf(1000)));
    await expect(readBody(one, { maxBytes: 1500 })).rejects.toThrow();
    await vi.waitFor(() => expect(one.raw.readableEnded).toBe(true));
  });

  it('rejects when the connection is cut', async () => {
    const one = request([bytesOf(5)]);
    const cut = expect(readBody(one, { maxBytes: 10 })).rejects.toMatchObject({
      code: 'malformed_body',
      message: 'the body ended too early',
    });
    one.raw.destroy(new Error('aborted'));
    await cut;
    await expect(readBody(one, { maxBytes: 10 })).rejects.toThrow('ended too early');
  });
});
