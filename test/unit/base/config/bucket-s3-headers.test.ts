import { expect, test } from 'vitest';
import { readObjectHeaders } from '../../../../src/base/config/bucket-s3-headers.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { readYamlMapping } from '../../../../src/base/config/yaml-reader.ts';
import { complaint } from './loading.ts';

const read = (text: string) =>
  readObjectHeaders(
    readYamlMapping(
      { name: 'b.yml', text: new Secret(text), fillEnvironment: true },
      { TIER: 'GLACIER_IR' },
    ),
  );

test('standard headers become what they name, others user metadata', () => {
  const text = `put_user_metadata:
  "X-Amz-Storage-Class": "\${TIER}"
  Content-Type: application/octet-stream
  Cache-Control: no-cache
  x-amz-acl: bucket-owner-full-control
  X-Amz-Tagging: team=a&x=1
  X-Amz-Meta-Owner: me
  team: 7
`;
  expect(read(text)).toEqual([
    ['x-amz-storage-class', 'GLACIER_IR'],
    ['content-type', 'application/octet-stream'],
    ['cache-control', 'no-cache'],
    ['x-amz-acl', 'bucket-owner-full-control'],
    ['x-amz-tagging', 'team=a&x=1'],
    ['x-amz-meta-owner', 'me'],
    ['x-amz-meta-team', '7'],
  ]);
});

test.each([
  ['X-Amz-Server-Side-Encryption: AES256', 'is set by sse_config'],
  ['Content-MD5: x', 'is set by send_content_md5'],
  ['Content-Length: 1', 'cannot be set for objects'],
  ['Authorization: x', 'cannot be set for objects'],
  ['x-amz-content-sha256: x', 'these can: x-amz-acl,'],
  ['"a b": x', 'must be the name of a header'],
  ['a: "x\\ny"', 'must be of printable ASCII characters'],
  ['{a: 1, A: 2}', 'is there twice'],
])('%s is refused', (line, message) => {
  expect(complaint(() => read(`put_user_metadata:\n  ${line}\n`))).toContain(message);
});

test('a missing or empty one is none', () => {
  expect(read('')).toEqual([]);
  expect(read('put_user_metadata: {}')).toEqual([]);
});
