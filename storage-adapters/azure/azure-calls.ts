// One request to Azure Blob storage: told, its errors translated, and a container that is not there
// made when bucket.yml says so (`storage_create_container`, Thanos's default).

import type { ContainerClient } from '@azure/storage-blob';
import type { RequestObserver } from '../../src/bucket/bucket.ts';
import { type MovedBytes, type RequestName, told } from '../told.ts';
import { azureError, isContainerMissing } from './errors.ts';

/** A container and the way to it. */
export interface AzureConnection {
  readonly container: ContainerClient;
  readonly createContainer: boolean;
}

/** What a request is called, billed as, and for. */
export interface AzureCall {
  readonly name: RequestName;
  /** For messages. */
  readonly key: string;
  readonly conditional?: boolean;
  readonly signal: AbortSignal | undefined;
}

export class AzureCalls {
  readonly #connection: AzureConnection;
  readonly #bucketName: string;
  readonly #observe: RequestObserver;
  /** Errors that say that there is no container; their causes are not kept (errors.ts). */
  readonly #missing = new WeakSet<object>();

  constructor(connection: AzureConnection, bucketName: string, observe: RequestObserver) {
    this.#connection = connection;
    this.#bucketName = bucketName;
    this.#observe = observe;
  }

  /**
   * Sends one request and tells of it. Sent again only when the container was missing and has been
   * made: nothing can have been done by the first.
   */
  send<T>(call: AzureCall, run: (moved: MovedBytes) => Promise<T>): Promise<T> {
    return this.withContainer(call, () => this.#once(call, run));
  }

  /** Runs what sends a request; once more when the container had to be made first. */
  async withContainer<T>(call: AzureCall, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (thrown) {
      const made = await this.makeContainerAfter(thrown, call);
      if (!made) throw thrown;
    }
    return run();
  }

  /** Makes the container if it is what was missing, and may be made; true when it is there now. */
  async makeContainerAfter(thrown: unknown, { signal }: AzureCall): Promise<boolean> {
    const isMissing = typeof thrown === 'object' && thrown !== null && this.#missing.has(thrown);
    if (!isMissing || !this.#connection.createContainer) return false;
    const name = { class: 'write', operation: 'Create Container' } as const;
    // Another writer may have made it meanwhile: that is an answer, not an error.
    await this.#once({ name, key: 'itself', signal }, () =>
      this.#connection.container.createIfNotExists({ ...aborting(signal) }),
    );
    return true;
  }

  /** A failure of the SDK, as the caller of the bucket sees it. */
  error(thrown: unknown, call: AzureCall): unknown {
    const doing = `${this.#bucketName}: ${call.name.operation} of ${call.key}`;
    const { signal, conditional = false } = call;
    const error = azureError(thrown, { doing, signal, conditional });
    if (isContainerMissing(thrown) && error instanceof Error) this.#missing.add(error);
    return error;
  }

  #once<T>(call: AzureCall, run: (moved: MovedBytes) => Promise<T>): Promise<T> {
    return told(this.#observe, call.name, async (moved) => {
      try {
        return await run(moved);
      } catch (thrown) {
        throw this.error(thrown, call);
      }
    });
  }
}

/** A signal as the SDK takes it. */
export function aborting(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
