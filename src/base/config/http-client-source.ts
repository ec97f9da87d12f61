// Where the document for speaking to the Prometheus comes from: a file, a value, or nowhere.

import { type ConfigWorld, readConfigFile } from './config-world.ts';
import type { GivenByFlag } from './given.ts';
import {
  type HttpClientDocument,
  PLAIN_HTTP_CLIENT,
  readHttpClientDocument,
} from './http-client-document.ts';
import type { YamlSource } from './option-type.ts';
import { Secret } from './secret.ts';

interface Parsed {
  readonly prometheusHttpClientFile: string | undefined;
  readonly prometheusHttpClient: YamlSource | undefined;
}

/** What the document says; plain HTTP when there is none, or an empty one. */
export function httpClientOf(
  parsed: Parsed,
  { given, world }: { readonly given: GivenByFlag; readonly world: ConfigWorld },
): HttpClientDocument {
  const path = parsed.prometheusHttpClientFile;
  const file = given.get('prometheus.http-client-file');
  if (path !== undefined && file !== undefined) {
    const text = new Secret(readConfigFile(world, file, path));
    return readHttpClientDocument({ name: path, text, fillEnvironment: false });
  }
  const value = parsed.prometheusHttpClient;
  if (value === undefined || value.text.reveal().trim() === '') return PLAIN_HTTP_CLIENT;
  return readHttpClientDocument(value);
}
