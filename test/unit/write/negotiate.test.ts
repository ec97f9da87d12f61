import { describe, expect, it } from 'vitest';
import { VarveError } from '../../../src/base/errors/varve-error.ts';
import { negotiate } from '../../../src/write/negotiate.ts';

const V1 = 'prometheus.WriteRequest';
const V2 = 'io.prometheus.write.v2.Request';

describe('negotiate', () => {
  it.each([
    [undefined, 1],
    ['', 1],
    ['application/x-protobuf', 1],
    ['  Application/X-Protobuf ', 1],
    ['application/x-protobuf;', 1],
    [`application/x-protobuf;proto=${V1}`, 1],
    [`application/x-protobuf; proto=${V2}`, 2],
    [`application/x-protobuf ; PROTO="${V2}"`, 2],
    [`application/x-protobuf;proto="io.prometheus.write.v2.Re\\quest"`, 2],
    [`application/x-protobuf;charset=utf-8;proto=${V2}`, 2],
    [`application/x-protobuf;note="a;proto=${V1}";proto=${V2}`, 2],
    [`application/x-protobuf;proto=${V2};proto="${V2}"`, 2],
  ])('takes content type %s for version %s', (contentType, version) => {
    expect(negotiate(contentType, 'snappy')).toBe(version);
  });

  it.each([
    'application/json',
    'application/x-protobufs',
    'text/plain; proto=prometheus.WriteRequest',
    'application/x-protobuf;proto=',
    'application/x-protobuf;proto=""',
    'application/x-protobuf;proto=PROMETHEUS.WRITEREQUEST',
    'application/x-protobuf;proto=io.prometheus.write.v3.Request',
    'application/x-protobuf;proto',
    'application/x-protobuf;proto =prometheus.WriteRequest',
    'application/x-protobuf;proto="prometheus.WriteRequest',
    `application/x-protobuf;proto=${V1};proto=${V2}`,
    'application/x-protobuf, application/x-protobuf',
  ])('answers 415 to content type %s', (contentType) => {
    expect(status(() => negotiate(contentType, 'snappy'))).toBe(415);
  });

  it.each([undefined, '', 'identity', 'gzip', 'zstd', 'snappy, snappy', 'x-snappy'])(
    'answers 415 to content encoding %s',
    (encoding) => {
      expect(status(() => negotiate('application/x-protobuf', encoding))).toBe(415);
    },
  );

  it('says what was given, made printable', () => {
    const json = 'application/x-protobuf, not "application/json"';
    expect(() => negotiate('application/json', 'snappy')).toThrow(json);
    expect(() => negotiate(undefined, 'zs\u0001d')).toThrow('not "zs\ufffdd"');
    expect(() => negotiate(undefined, undefined)).toThrow('not absent');
  });

  it('takes the encoding without regard to case', () => {
    expect(negotiate(undefined, ' Snappy ')).toBe(1);
  });
});

function status(run: () => unknown): number {
  try {
    run();
  } catch (error) {
    if (error instanceof VarveError) return error.httpStatus;
    throw error;
  }
  return 200;
}
