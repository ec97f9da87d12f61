import { describe, expect, test } from 'vitest';
import { readBucketDocument } from '../../../../src/base/config/bucket-document.ts';
import { Secret } from '../../../../src/base/config/secret.ts';
import { readYamlMapping } from '../../../../src/base/config/yaml-reader.ts';
import { complaint } from './loading.ts';

const source = (text: string) => ({
  name: 'bucket.yml',
  text: new Secret(text),
  fillEnvironment: true,
});
const bucket = (text: string, env = {}) => readBucketDocument(source(text), env);
const read = (text: string, env = {}) => readYamlMapping(source(text), env);

describe('bucket.yml', () => {
  test("Thanos's own form", () => {
    const text = 'type: FILESYSTEM\nconfig:\n  directory: "/srv/bucket"\nprefix: ""\n';
    expect(bucket(text)).toEqual({
      type: 'FILESYSTEM',
      prefix: '',
      config: { directory: '/srv/bucket' },
    });
  });

  test('the type in any case, a prefix between slashes, variables', () => {
    const text = 'type: filesystem\nconfig: {directory: $(DIR)/b}\nprefix: /a/b/\n';
    expect(bucket(text, { DIR: '/d' })).toEqual({
      type: 'FILESYSTEM',
      prefix: 'a/b',
      config: { directory: '/d/b' },
    });
  });

  test.each<[string, string]>([
    ['', 'bucket.yml:1: key "type": is required'],
    ['type: SWIFT\nconfig: {a: x}', 'key "type": is a type that this version does not have yet'],
    ['type: FILESYSTM', 'must be a type of object store; did you mean FILESYSTEM?'],
    ['type: FILESYSTEM', 'key "config.directory": is required'],
    ['type: FILESYSTEM\nconfig:\n', 'key "config.directory": is required'],
    ['type: FILESYSTEM\nconfig: x', 'key "config": must be a mapping, is a value'],
    ['type: FILESYSTEM\nconfig:\n  directory: ""', 'bucket.yml:3: key "config.directory": is req'],
    ['type: FILESYSTEM\nconfig:\n  directory: [a]', 'must be a single value, is a list'],
    [
      'type: FILESYSTEM\nconfig: {directory: a, part_size: 1}',
      'key "config.part_size": is unknown',
    ],
    [
      'type: FILESYSTEM\nconfig: {directory: a}\nprefx: b',
      'bucket.yml:3: key "prefx": is unknown; did you mean prefix?',
    ],
    ['type: FILESYSTEM\nconfig: {directory: a}\nprefix: a/../b', 'must not have . or .. in it'],
    ['just a text', 'bucket.yml:1: must be a mapping'],
  ])('%j is refused', (text, message) => {
    expect(complaint(() => bucket(text))).toContain(message);
  });
});

describe('reading values', () => {
  test('each kind, and undefined for what is not there', () => {
    const map = read(
      'text: 007\nflag: Yes\ncount: 5\nwait: 1h30m\nsize: 64MB\nlevel: high\nlist: [1, b]\nkey: s3cret',
    );
    expect(map.string('text')).toBe('007');
    expect(map.boolean('flag')).toBe(true);
    expect(map.integer('count', { min: 0, max: 9 })).toBe(5);
    expect(map.durationMs('wait', { min: 0, max: 1e9 })).toBe(5_400_000);
    expect(map.sizeBytes('size', { min: 0, max: 1e9 })).toBe(64 * 1024 ** 2);
    expect(map.oneOf('level', ['low', 'high'])).toBe('high');
    expect(map.strings('list')).toEqual(['1', 'b']);
    expect(map.secret('key')?.reveal()).toBe('s3cret');
    expect(map.string('other')).toBeUndefined();
    expect(map.has('level')).toBe(true);
    map.end();
  });

  test('numbers may come from variables', () => {
    const map = read('count: $(N)', { N: '7' });
    expect(map.integer('count', { min: 0, max: 9 })).toBe(7);
  });

  test('aliases stand for what they name', () => {
    const map = read('one: &x {a: b}\ntwo: *x');
    expect(map.mapping('two').string('a')).toBe('b');
  });

  test('a value out of range names line, key and range', () => {
    const map = read('a: 1\nb:\n  count: 10');
    expect(complaint(() => map.mapping('b').integer('count', { min: 0, max: 9 }))).toBe(
      'bucket.yml:3: key "b.count": must be between 0 and 9',
    );
  });
});
