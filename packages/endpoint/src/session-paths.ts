import type { ConnectionEvent, PathStatus } from '@mpquic/quic';
import { type Address, formatAddress } from '@mpquic/wire';
import { Deferred } from './deferred.ts';
import type { DrivenConnection } from './driver.ts';
import { QuicError, requireState } from './errors.ts';

/** What happens to one path. */
export type PathEvent = Exclude<
  Extract<ConnectionEvent, { readonly pathId: number }>,
  { readonly type: 'datagram_status' }
>;

export interface OpenPathRequest {
  readonly local: Address;
  readonly remote: Address;
  readonly status?: PathStatus | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens the paths of a session and waits for what becomes of them. */
export class SessionPaths {
  readonly #driven: DrivenConnection;
  readonly #now: () => number;
  readonly #validating = new Map<number, Deferred<void>>();
  #available: Deferred<void> | undefined;
  #ended: (() => Error) | undefined;

  constructor(driven: DrivenConnection, now: () => number) {
    this.#driven = driven;
    this.#now = now;
  }

  /** The ID of a new path, once it is validated. */
  async open(request: OpenPathRequest): Promise<number> {
    const id = await this.#start(request);
    const validated = new Deferred<void>();
    this.#validating.set(id, validated);
    const abort = (): void => {
      if (this.#ended === undefined) this.close(id, APPLICATION_ABANDON_PATH);
      validated.reject(request.signal?.reason);
    };
    request.signal?.addEventListener('abort', abort, { once: true });
    try {
      await validated.promise;
      return id;
    } finally {
      request.signal?.removeEventListener('abort', abort);
      this.#validating.delete(id);
    }
  }

  close(pathId: number, code: number): void {
    requireState(() => this.#driven.machine.closePath(pathId, code, this.#now()));
    this.#driven.wake();
  }

  setStatus(pathId: number, status: PathStatus): void {
    requireState(() => this.#driven.machine.setPathStatus(pathId, status, this.#now()));
    this.#driven.wake();
  }

  /** The limits allow another path. */
  available(): void {
    this.#available?.resolve();
    this.#available = undefined;
  }

  pathEvent(event: PathEvent): void {
    if (event.type === 'path_validated') this.#validating.get(event.pathId)?.resolve();
    if (event.type === 'path_closed') {
      this.#validating.get(event.pathId)?.reject(
        new QuicError(`path ${event.pathId} did not come up`, {
          type: 'transport',
          code: 'ERR_QUIC_PATH_FAILED',
          errorCode: event.code,
        }),
      );
    }
  }

  /** The session is over; what waits fails with the error that `ended` makes. */
  end(ended: () => Error): void {
    this.#ended = ended;
    for (const validated of this.#validating.values()) validated.reject(ended());
    this.#available?.reject(ended());
  }

  async #start({ local, remote, status, signal }: OpenPathRequest): Promise<number> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#ended !== undefined) throw this.#ended();
      const id = this.#tryOpen(local, remote);
      if (id !== undefined) {
        if (status !== undefined) this.setStatus(id, status);
        this.#driven.wake();
        return id;
      }
      this.#available ??= new Deferred();
      await this.#available.promise;
    }
  }

  #tryOpen(local: Address, remote: Address): number | undefined {
    const what = `no path from ${formatAddress(local)} to ${formatAddress(remote)}: `;
    return requireState(() => this.#driven.machine.openPath(local, remote, this.#now()), what);
  }
}

/** MP-21 §4.9 */
export const APPLICATION_ABANDON_PATH = 0x3e;
