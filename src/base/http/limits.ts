// The limits of an HTTP server, each with its reason. Tests make them smaller.

/** Limits of one listener. */
export interface HttpLimits {
  /**
   * From the connection or the last answer to the end of the next request's head. Senders send the
   * head in one packet; who takes longer holds a connection open on purpose (slowloris).
   */
  readonly headersTimeoutMs: number;
  /**
   * From the head's first byte to the body's last. Prometheus's own remote_timeout is 30 s: later
   * there is nobody left who waits for the answer.
   */
  readonly requestTimeoutMs: number;
  /** How often the two timeouts are looked after; they are late by this at most. */
  readonly connectionsCheckingIntervalMs: number;
  /**
   * How long an idle connection is kept. Above the 60 s after which most load balancers let go: the
   * side that sends must be the one that closes, or a request meets a closing connection.
   */
  readonly keepAliveTimeoutMs: number;
  /** Connections at once, as Prometheus's --web.max-connections; more are closed at once. */
  readonly connectionsMax: number;
  /** Head of a request, Node's own default: cookies of a proxy fit in, a flood does not. */
  readonly headerBytesMax: number;
  /** Characters of one path parameter: 150 of a tenant, each written as three (`%40`). */
  readonly pathParameterMax: number;
  /** How long a drain waits for requests under way; then their connections are closed. */
  readonly drainTimeoutMs: number;
}

/** The limits unless a test says otherwise. */
export const HTTP_LIMITS: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  connectionsCheckingIntervalMs: 2_000,
  keepAliveTimeoutMs: 65_000,
  connectionsMax: 512,
  headerBytesMax: 16 * 1024,
  pathParameterMax: 450,
  drainTimeoutMs: 35_000, // longer than a request can take
};

/** Text of an error answer: senders log it word for word, once per batch. */
export const ERROR_TEXT_BYTES_MAX = 1024;

/** What a 503 says in Retry-After when nobody knows better. */
export const RETRY_AFTER_SECONDS = 5;

/**
 * Allocated before the first byte of a body arrives, at most: a head that promises much and sends
 * nothing costs this. Above the size of all but the largest requests, which then move once.
 */
export const BODY_FIRST_BYTES_MAX = 1024 * 1024;

/**
 * Of a body that is refused, at most this much is read and thrown away so that the sender, who
 * first sends and then reads, sees the answer; with more to come the connection is closed.
 */
export const BODY_DISCARDED_BYTES_MAX = 64 * 1024 * 1024;
