import { setTimeout } from 'node:timers/promises';
import type { ConnectionEvent, PathStatus } from '@mpquic/quic';
import { type Address, formatAddress } from '@mpquic/wire';
import { resolveAddress } from './address.ts';
import { Deferred } from './deferred.ts';
import type { DrivenConnection } from './driven-connection.ts';
import { invalidState, QuicError, requireState } from './errors.ts';
import type { MigrateOptions, OpenPathOptions } from './session-options.ts';

/** What happens to one path. */
export type PathEvent = Exclude<
  Extract<ConnectionEvent, { readonly pathId: number }>,
  { readonly type: 'datagram_status' }
>;

/** Has a socket bound to a local address; where its port is 0, to one for datagrams to `remote`. */
export interface LocalSockets {
  openLocal(wanted: Address, remote: Address): Promise<Address>;
}

/** The addresses that a path is to have. */
interface WantedPath {
  readonly local: Address;
  readonly remote: Address;
}

/** Opens the paths of a session and waits for what becomes of them. */
export class SessionPaths {
  readonly #driven: DrivenConnection;
  readonly #now: () => number;
  /** Neither is there before it is needed. */
  #validating: Map<number, Deferred<void>> | undefined;
  #moving: Map<number, Deferred<void>> | undefined;
  #available: Deferred<void> | undefined;
  #ended: (() => Error) | undefined;

  constructor(driven: DrivenConnection, now: () => number) {
    this.#driven = driven;
    this.#now = now;
  }

  /** The ID of a new path, once it is validated. */
  async open(options: OpenPathOptions, sockets: LocalSockets): Promise<number> {
    const { status, signal } = options;
    const [first] = this.#driven.machine.paths();
    if (first === undefined) throw invalidState('the session has no path left');
    const wanted = await this.#addresses(options, first.remote, sockets);
    const id = await this.#start(wanted, status, signal);
    const validated = new Deferred<void>();
    this.#validating ??= new Map();
    this.#validating.set(id, validated);
    const abort = (): void => {
      if (this.#ended === undefined) this.close(id, APPLICATION_ABANDON_PATH);
      validated.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await validated.promise;
      return id;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#validating?.delete(id);
    }
  }

  /** Settles when the path is at its new addresses. */
  async migrate(options: MigrateOptions, sockets: LocalSockets): Promise<void> {
    const { pathId = 0 } = options;
    const path = this.#driven.machine.paths().find(({ id }) => id === pathId);
    if (path === undefined) throw invalidState(`there is no path ${pathId}`);
    const wanted = await this.#addresses(options, path.remote, sockets);
    if (this.#moving?.has(pathId)) throw invalidState(`path ${pathId} is moving already`);
    const moved = new Deferred<void>();
    this.#moving ??= new Map();
    this.#moving.set(pathId, moved);
    try {
      await this.#startMigration(pathId, wanted);
      await moved.promise;
    } finally {
      this.#moving?.delete(pathId);
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
    if (event.type === 'path_migrated') this.#moving?.get(event.pathId)?.resolve();
    if (event.type === 'path_migration_failed' || event.type === 'path_closed') {
      this.#moving?.get(event.pathId)?.reject(
        new QuicError(`path ${event.pathId} stays where it is: nothing came back`, {
          type: 'transport',
          code: 'ERR_QUIC_PATH_FAILED',
        }),
      );
    }
    if (event.type === 'path_validated') this.#validating?.get(event.pathId)?.resolve();
    if (event.type === 'path_closed') {
      this.#validating?.get(event.pathId)?.reject(
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
    for (const validated of this.#validating?.values() ?? []) validated.reject(ended());
    for (const moved of this.#moving?.values() ?? []) moved.reject(ended());
    this.#available?.reject(ended());
  }

  async #addresses(
    { local, remote }: Pick<OpenPathOptions, 'local' | 'remote'>,
    defaultRemote: Address,
    sockets: LocalSockets,
  ): Promise<WantedPath> {
    const to = await resolveAddress(remote ?? defaultRemote);
    const wanted = await resolveAddress(local, 0);
    return { local: await sockets.openLocal(wanted, to), remote: to };
  }

  async #start(
    { local, remote }: WantedPath,
    status: PathStatus | undefined,
    signal: AbortSignal | undefined,
  ): Promise<number> {
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

  /** The peer may still be about to announce the connection ID that a move needs. */
  async #startMigration(pathId: number, { local, remote }: WantedPath): Promise<void> {
    const { machine } = this.#driven;
    const what = `no move from ${formatAddress(local)} to ${formatAddress(remote)}: `;
    for (let attempt = 0; attempt < MIGRATION_ATTEMPTS; attempt++) {
      if (this.#ended !== undefined) throw this.#ended();
      if (requireState(() => machine.migratePath(pathId, local, remote, this.#now()), what)) {
        this.#driven.wake();
        return;
      }
      await setTimeout(MIGRATION_INTERVAL);
    }
    throw invalidState(`${what}the peer leaves no connection ID for it`);
  }

  #tryOpen(local: Address, remote: Address): number | undefined {
    const what = `no path from ${formatAddress(local)} to ${formatAddress(remote)}: `;
    return requireState(() => this.#driven.machine.openPath(local, remote, this.#now()), what);
  }
}

const MIGRATION_ATTEMPTS = 40;
/** Milliseconds. */
const MIGRATION_INTERVAL = 25;

/** MP-21 §4.9 */
export const APPLICATION_ABANDON_PATH = 0x3e;
