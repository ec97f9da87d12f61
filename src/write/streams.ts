// The streams of an engine, by tenant and by the values of the labels that are lifted out.
//
// Without `--receive.block-label` a tenant has one stream, made by its first sample. With it, each
// combination of values is a stream, at most STREAMS_PER_TENANT_MAX of them. Making one takes disk
// work, so it happens before a request is admitted (ingest.ts), once however many requests ask.
// Invariant: the symbols of lifted values are held as long as their stream is known, so that an id
// in the series cache cannot come to mean another value.

import type { U32Column } from '../base/bytes/columns.ts';
import type { SymbolTable } from '../base/bytes/symbol-table.ts';
import { streamKey } from './missing-streams.ts';
import type { LiftedLabel, Stream, StreamFactory, StreamParts } from './stream.ts';

/** Streams of one tenant, unless configured (DESIGN §3, Block labels). */
export const STREAMS_PER_TENANT_MAX = 64;

/** Streams of one engine, unless configured. */
export const STREAMS_MAX = 10_000;

/** The number of every tenant that has no stream yet; its requests meet no cache. */
const NO_TENANT_NUMBER = 0x7fffffff;

export interface StreamsOptions {
  readonly symbols: SymbolTable;
  readonly factory: StreamFactory;
  /** `--receive.block-label`, in order; not `__name__`. */
  readonly blockLabels: readonly string[];
  readonly streamsPerTenantMax: number;
  /** Streams of all tenants together: each has a directory, a head, open files. STREAMS_MAX. */
  readonly streamsMax?: number;
}

/** A tenant's streams. */
export interface TenantStreams {
  /** Counts up from 0 in an engine. */
  readonly number: number;
  readonly tenant: string;
  readonly known: KnownStream[];
  /** Under way, by their key. */
  readonly opening: Map<string, Promise<Stream>>;
}

interface KnownStream {
  readonly valueIds: readonly number[];
  readonly stream: Stream;
}

export class Streams {
  /** Symbol ids of the names of block labels, held for good. */
  readonly blockLabelIds: readonly number[];
  readonly #options: StreamsOptions;
  readonly #tenants = new Map<string, TenantStreams>();
  readonly #byNumber: Stream[] = [];

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.blockLabelIds = options.blockLabels.map((name) => this.#held(name));
  }

  /** Every stream there is. */
  all(): readonly Stream[] {
    return this.#byNumber;
  }

  byNumber(number: number): Stream | undefined {
    return this.#byNumber[number];
  }

  /** The streams of a tenant, none at first. Ask again after an `open`. */
  ofTenant(tenant: string): TenantStreams {
    return this.#tenants.get(tenant) ?? tenantStreams(tenant, NO_TENANT_NUMBER);
  }

  /** The stream with these lifted values, if it has been opened. */
  find(streams: TenantStreams, valueIds: U32Column): Stream | undefined {
    for (const { valueIds: known, stream } of streams.known) {
      let i = 0;
      while (i < known.length && known[i] === valueIds.at(i)) i++;
      if (i === known.length) return stream;
    }
    return undefined;
  }

  /** Whether one stream more than those known and those to be made would be too many. */
  isFull(streams: TenantStreams, toBeMade: number): boolean {
    const { streamsPerTenantMax, streamsMax = STREAMS_MAX } = this.#options;
    return (
      streams.known.length + toBeMade >= streamsPerTenantMax ||
      this.#byNumber.length + toBeMade >= streamsMax
    );
  }

  /** Opens a new stream, or waits for the one who is opening it. */
  open(tenant: string, values: readonly string[]): Promise<Stream> {
    const { blockLabels, factory } = this.#options;
    const lifted = blockLabels.map((name, index) => ({ name, value: values[index] ?? '' }));
    return this.#openOnce(tenant, values, () => factory.open(tenant, lifted));
  }

  #openOnce(
    tenant: string,
    values: readonly string[],
    open: () => Promise<StreamParts>,
  ): Promise<Stream> {
    const streams = this.#remembered(tenant);
    const key = streamKey(values);
    const known = streams.known.find(({ stream }) => key === keyOf(stream));
    if (known !== undefined) return Promise.resolve(known.stream);
    let opening = streams.opening.get(key);
    if (opening === undefined) {
      opening = this.#open(streams, values, open).finally(() => streams.opening.delete(key));
      streams.opening.set(key, opening);
    }
    return opening;
  }

  /** Opens a stream that was found on the disk, unless a writer was faster. */
  async openFound(
    tenant: string,
    lifted: readonly LiftedLabel[],
    open: () => Promise<StreamParts>,
  ): Promise<void> {
    if (!this.#isCurrent(lifted)) {
      this.adopt(tenant, lifted, await open());
      return;
    }
    const values = lifted.map(({ value }) => value);
    await this.#openOnce(tenant, values, open);
  }

  /**
   * Takes in a stream that was there at the start (after its replay). One whose block labels are
   * not today's gets no new samples, but is there to be cut and shipped.
   */
  adopt(tenant: string, lifted: readonly LiftedLabel[], parts: StreamParts): Stream {
    const number = this.#byNumber.length;
    const stream: Stream = { number, tenant, lifted, head: parts.head, log: parts.log };
    this.#byNumber.push(stream);
    if (this.#isCurrent(lifted)) {
      const valueIds = lifted.map(({ value }) => this.#held(value));
      this.#remembered(tenant).known.push({ valueIds, stream });
    }
    return stream;
  }

  async #open(
    streams: TenantStreams,
    values: readonly string[],
    open: () => Promise<StreamParts>,
  ): Promise<Stream> {
    const { blockLabels } = this.#options;
    const lifted = blockLabels.map((name, index) => ({ name, value: values[index] ?? '' }));
    return this.adopt(streams.tenant, lifted, await open());
  }

  #isCurrent(lifted: readonly LiftedLabel[]): boolean {
    const { blockLabels } = this.#options;
    return (
      lifted.length === blockLabels.length &&
      blockLabels.every((name, index) => lifted[index]?.name === name)
    );
  }

  #remembered(tenant: string): TenantStreams {
    let streams = this.#tenants.get(tenant);
    if (streams === undefined) {
      streams = tenantStreams(tenant, this.#tenants.size);
      this.#tenants.set(tenant, streams);
    }
    return streams;
  }

  #held(text: string): number {
    const bytes = new TextEncoder().encode(text);
    const id = this.#options.symbols.intern(bytes, 0, bytes.length);
    this.#options.symbols.hold(id);
    return id;
  }
}

function tenantStreams(tenant: string, number: number): TenantStreams {
  return { number, tenant, known: [], opening: new Map() };
}

function keyOf(stream: Stream): string {
  return streamKey(stream.lifted.map(({ value }) => value));
}
