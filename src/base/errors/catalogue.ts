// Every error code there is, with its kind (what the caller must do), its HTTP status and its
// meaning. Status codes are durability: Prometheus drops a batch on any 4xx and retries a 5xx, so
// nothing that could succeed later is ever a 4xx. docs/operating/errors.md is made from this table.

/** What the caller must do about it. */
export type ErrorKind =
  | 'bad_request' // change the request; the same one will fail again
  | 'not_now' // try the same again later
  | 'not_found' // there is no such thing
  | 'conflict' // somebody else holds or has changed it
  | 'damaged' // bytes at rest are not what they should be; look at them
  | 'bad_config' // change the flags or the configuration file
  | 'bug'; // report it

interface ErrorEntry {
  readonly kind: ErrorKind;
  readonly httpStatus: number;
  /** One sentence for the docs page. */
  readonly meaning: string;
}

function entry(kind: ErrorKind, httpStatus: number, meaning: string): ErrorEntry {
  return { kind, httpStatus, meaning };
}

/** Errors by code. */
export const ERROR_CATALOGUE = {
  malformed_body: entry('bad_request', 400, 'The body is not the snappy or protobuf it should be.'),
  wrong_version: entry('bad_request', 400, 'The body is of the other remote-write version.'),
  bad_tenant: entry('bad_request', 400, 'The tenant name is not allowed, or two differ.'),
  bad_parameter: entry('bad_request', 400, 'A parameter of the request is wrong.'),
  lifecycle_disabled: entry('bad_request', 403, 'The lifecycle API is not enabled.'),
  method_not_allowed: entry('bad_request', 405, 'The path does not take this method.'),
  body_too_large: entry('bad_request', 413, 'The body is over a size or count limit.'),
  unsupported_media: entry('bad_request', 415, 'Content type or encoding is not supported.'),
  rate_limited_drop: entry('bad_request', 429, 'Over the ingestion rate, where a flag says 429.'),
  overloaded: entry('not_now', 503, 'More work is under way than the limits allow.'),
  rate_limited: entry('not_now', 503, 'The tenant is over its ingestion rate.'),
  draining: entry('not_now', 503, 'The process is starting or shutting down.'),
  queue_full: entry('not_now', 503, 'Too many blocks wait for the object store.'),
  disk_full: entry('not_now', 503, 'The disk is full.'),
  disk_failed: entry('not_now', 503, 'The disk returned an error.'),
  sync_failed: entry('not_now', 503, 'The write-ahead log could not be synced.'),
  store_unavailable: entry('not_now', 503, 'The object store did not answer as it should.'),
  store_throttled: entry('not_now', 503, 'The object store asks for fewer requests.'),
  store_denied: entry('not_now', 503, 'The object store refuses access; look at the credentials.'),
  peer_unavailable: entry(
    'not_now',
    503,
    'The Prometheus beside the sidecar did not answer as it should.',
  ),
  thread_ended: entry('not_now', 503, 'An internal thread has ended.'),
  not_found: entry('not_found', 404, 'There is no such path, object or block.'),
  already_exists: entry('conflict', 409, 'The object is there already.'),
  locked: entry('conflict', 409, 'Another process holds the data directory.'),
  damaged_block: entry('damaged', 500, 'A block is not as its format demands.'),
  damaged_wal: entry('damaged', 500, 'A WAL record is not as its format demands.'),
  damaged_chunk: entry('damaged', 500, 'A chunk does not decode.'),
  damaged_catalog: entry('damaged', 500, 'The catalogue is not a sound database.'),
  damaged_object: entry('damaged', 500, 'An object in the store is not what was sent.'),
  bad_config: entry('bad_config', 500, 'A flag or a configuration key is wrong.'),
  unsupported: entry('bad_config', 500, 'What is asked for cannot be done by this version.'),
  block_too_large: entry('bad_config', 500, 'A block would be larger than its format allows.'),
  internal: entry('bug', 500, 'An error in Varve itself.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
