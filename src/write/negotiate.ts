// Which remote-write message a request carries, from its headers alone.
//
// Remote-Write 2.0 specification, "Content-Type" and "Content-Encoding"; RFC 9110 §5.6.6 and §8.3
// for the grammar: media type, parameter names and codings compare without case, a message's name
// compares exactly, a parameter's value may be quoted. A missing content type means 1.0, as
// Prometheus takes it; the encoding must be said. X-Prometheus-Remote-Write-Version never decides.

import { printable } from '../base/errors/printable.ts';
import { VarveError } from '../base/errors/varve-error.ts';

/** 1 is prometheus.WriteRequest, 2 is io.prometheus.write.v2.Request. */
export type WriteVersion = 1 | 2;

/** Of a header that is refused, so much is shown. */
const SHOWN_BYTES_MAX = 64;
const MEDIA_TYPE = 'application/x-protobuf';
const MESSAGE_VERSIONS: ReadonlyMap<string, WriteVersion> = new Map([
  ['prometheus.WriteRequest', 1],
  ['io.prometheus.write.v2.Request', 2],
]);

// One parameter: token = token | quoted-string. Sticky, so that nothing between is skipped.
const TOKEN = "([!#$%&'*+\\-.^_`|~0-9A-Za-z]+)";
const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:${TOKEN}=(?:${TOKEN}|${QUOTED}))?`, 'y');

/**
 * The version of the message in the body.
 * @throws VarveError `unsupported_media` (415), saying what is supported
 */
export function negotiate(
  contentType: string | undefined,
  contentEncoding: string | undefined,
): WriteVersion {
  const version = versionOf(contentType ?? '');
  if (contentEncoding?.trim().toLowerCase() !== 'snappy') {
    throw new VarveError(
      'unsupported_media',
      `The content encoding must be snappy (block format), not ${given(contentEncoding)}.`,
    );
  }
  return version;
}

function versionOf(contentType: string): WriteVersion {
  const text = contentType.trim();
  if (text === '') return 1;
  const end = text.search(/[ \t;]/);
  const media = end < 0 ? text : text.slice(0, end);
  if (media.toLowerCase() !== MEDIA_TYPE) {
    throw new VarveError(
      'unsupported_media',
      `The content type must be ${MEDIA_TYPE}, not ${given(media)}.`,
    );
  }
  const message = end < 0 ? undefined : protoParameter(text, end);
  if (message === undefined) return 1;
  const version = MESSAGE_VERSIONS.get(message);
  if (version === undefined) {
    const known = [...MESSAGE_VERSIONS.keys()].join(' or ');
    throw new VarveError(
      'unsupported_media',
      `The content type's proto must be ${known}, not ${given(message)}.`,
    );
  }
  return version;
}

/** What a header said, for a message. */
function given(text: string | undefined): string {
  return text === undefined ? 'absent' : `"${printable(text, SHOWN_BYTES_MAX)}"`;
}

/** The `proto` parameter; the same one twice is fine, two that differ are not. */
function protoParameter(text: string, from: number): string | undefined {
  let proto: string | undefined;
  PARAMETER.lastIndex = from;
  while (PARAMETER.lastIndex < text.length) {
    const match = PARAMETER.exec(text);
    if (match === null) {
      throw new VarveError('unsupported_media', 'The content type has a malformed parameter.');
    }
    const [, name, token, quoted] = match;
    if (name?.toLowerCase() !== 'proto') continue;
    const value = token ?? (quoted ?? '').replace(/\\(.)/g, '$1');
    if (proto !== undefined && proto !== value) {
      throw new VarveError('unsupported_media', 'The content type names two protobuf messages.');
    }
    proto = value;
  }
  return proto;
}
