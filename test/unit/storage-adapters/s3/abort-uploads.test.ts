import { afterEach, describe, expect, test } from 'vitest';
import { type Arrived, errorBody, fakeS3, type Said } from './fake-s3.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function open(answer: (request: Arrived) => Said) {
  const made = await fakeS3(answer);
  stops.push(made.stop);
  return made;
}

describe('the sweep', () => {
  const listed = (keys: readonly string[], more = '') => {
    const uploads = keys.map(
      (key) => `<Upload><Key>${key}</Key><UploadId>${key}!</UploadId></Upload>`,
    );
    return `<ListMultipartUploadsResult>${more}${uploads.join('')}</ListMultipartUploadsResult>`;
  };

  test('aborts all pages of what is below the prefix, and minds no upload that is gone', async () => {
    const more =
      '<IsTruncated>true</IsTruncated><NextKeyMarker>b/2</NextKeyMarker><NextUploadIdMarker>x</NextUploadIdMarker>';
    const { bucket, arrived, told } = await open(({ method, url }) => {
      if (method === 'DELETE') return { status: 404, body: errorBody('NoSuchUpload') };
      return {
        body: url.includes('key-marker=b') ? listed(['b/3', 'c/1']) : listed(['b/1', 'b/2'], more),
      };
    });
    await bucket.removeUnfinished('b/');
    const aborted = arrived.filter(({ method }) => method === 'DELETE').map(({ url }) => url);
    expect(aborted.map((url) => url.split('?')[0])).toEqual([
      '/bucket/b/1',
      '/bucket/b/2',
      '/bucket/b/3',
    ]);
    expect(told.map((one) => one.class)).toEqual(['list', 'delete', 'delete', 'list', 'delete']);
    expect(told.every(({ ok }) => ok)).toBe(true);
  });

  test('spares what was begun later, or nobody knows when', async () => {
    const begun = (key: string, at: string) =>
      `<Upload><Key>${key}</Key><UploadId>${key}!</UploadId>${at}</Upload>`;
    const at = (second: string) => `<Initiated>2026-01-02T03:04:${second}.000Z</Initiated>`;
    const uploads = begun('b/1', at('05')) + begun('b/2', at('06')) + begun('b/3', '');
    const body = `<ListMultipartUploadsResult>${uploads}</ListMultipartUploadsResult>`;
    const { bucket, arrived } = await open(({ method }) =>
      method === 'DELETE' ? { status: 204 } : { body },
    );
    const found: unknown[] = [];
    for await (const one of bucket.listUnfinished('b/')) found.push(one);
    const sinceMs = Date.UTC(2026, 0, 2, 3, 4, 5);
    expect(found).toEqual([
      { key: 'b/1', id: 'b/1!', sinceMs },
      { key: 'b/2', id: 'b/2!', sinceMs: sinceMs + 1000 },
      { key: 'b/3', id: 'b/3!', sinceMs: undefined },
    ]);
    await bucket.removeUnfinished('b/', { beforeMs: sinceMs + 1 });
    const aborted = arrived.filter(({ method }) => method === 'DELETE').map(({ url }) => url);
    expect(aborted.map((url) => url.split('?')[0])).toEqual(['/bucket/b/1']);
  });

  test('of a store that has no such list is said, and no error', async () => {
    const { bucket, logger } = await open(() => ({
      status: 501,
      body: errorBody('NotImplemented'),
    }));
    await bucket.removeUnfinished('b/');
    expect(logger.records).toMatchObject([{ level: 'warn' }]);
  });

  test('that is denied is an error', async () => {
    const { bucket } = await open(() => ({ status: 403, body: errorBody('AccessDenied') }));
    await expect(bucket.removeUnfinished('b/')).rejects.toMatchObject({ code: 'store_denied' });
  });
});
