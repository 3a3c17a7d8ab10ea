import type { SocketAddress } from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import { createConnectionSet, type ServerConfig } from '@mpquic/quic';
import type { Address, Instant } from '@mpquic/wire';
import { readAddress, resolveAddress, toSocketAddress } from './address.ts';
import { serverAuthentication } from './authentication.ts';
import { bindError } from './bind-error.ts';
import { monotonicClock } from './clock.ts';
import type { DatagramSocket } from './datagram-socket.ts';
import { Deferred } from './deferred.ts';
import type { DrivenConnection } from './driven-connection.ts';
import { ConnectionDriver } from './driver.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { type EndpointMoments, type EndpointStats, endpointStats } from './endpoint-stats.ts';
import { invalidState } from './errors.ts';
import type { HandshakeLimits } from './handshake-limit.ts';
import {
  type ConnectOptions,
  clientConfig,
  connectionConfig,
  type Draft,
  type ListenOptions,
  type PreferredAddressOptions,
  suitTo,
} from './options.ts';
import { openFastestSocket } from './platform.ts';
import { QuicSession } from './session.ts';
import type { SessionCallbacks } from './session-callbacks.ts';
import type { SessionHost } from './session-options.ts';

export type OnSession = (this: QuicEndpoint, session: QuicSession) => unknown;

/** Local UDP addresses and all sessions over them, in the shape of node:quic's `QuicEndpoint`. */
export class QuicEndpoint implements AsyncDisposable {
  readonly #options: EndpointOptions;
  readonly #driver: ConnectionDriver;
  readonly #sessions = new Set<QuicSession>();
  readonly #clientHosts = new Map<SessionHost['preferredAddress'], SessionHost>();
  readonly #closed = new Deferred<void>();
  readonly #moments: EndpointMoments = {
    createdAt: process.hrtime.bigint(),
    destroyedAt: 0n,
    serverSessions: 0n,
    clientSessions: 0n,
  };
  readonly #now = (): Instant => this.#driver.now();
  readonly #released = (session: QuicSession): void => {
    this.#sessions.delete(session);
    this.#limitSessions();
  };
  #accept: ((driven: DrivenConnection) => void) | undefined;
  #serverConfig: ServerConfig | undefined;
  #accepting = false;
  #closing = false;
  #listening = false;

  constructor(options: EndpointOptions = {}) {
    this.#options = options;
    const { connections = createConnectionSet } = options;
    this.#driver = new ConnectionDriver({
      connections: connections({
        serverId: options.worker?.index,
        statelessResetKey: options.worker?.statelessResetKey ?? options.statelessResetKey,
      }),
      openSocket: options.openSocket ?? openFastestSocket,
      clock: options.clock ?? monotonicClock,
      accept: (driven) => this.#accept?.(driven),
      worker: options.worker,
    });
    this.#driver.sockets.tap = options.tap;
  }

  /** The first local address. */
  get address(): SocketAddress | undefined {
    const first = this.#driver.sockets.locals[0];
    return first === undefined ? undefined : toSocketAddress(first);
  }

  /** Every local address, in the order in which the sockets were bound. */
  get addresses(): readonly Address[] {
    return this.#driver.sockets.locals;
  }

  get listening(): boolean {
    return this.#listening;
  }

  get closing(): boolean {
    return this.#closing;
  }

  get destroyed(): boolean {
    return this.#moments.destroyedAt !== 0n;
  }

  /** Settles when all sessions are over and the sockets released. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get sessions(): ReadonlySet<QuicSession> {
    return this.#sessions;
  }

  /** Datagrams of other endpoints on the same addresses that arrived here; undefined where it listens alone. */
  get handedOver(): { readonly handedOver: number; readonly dropped: number } | undefined {
    return this.#driver.handedOver;
  }

  /** Another endpoint took the place of one on the same addresses: datagrams for it go by `port` from now on. */
  replaceWorker(index: number, port: MessagePort): void {
    this.#driver.replaceWorker(index, port);
  }

  get stats(): EndpointStats {
    return endpointStats(this.#moments, this.#driver.sockets.counters());
  }

  /** Binds the endpoint's addresses and takes sessions from clients. */
  async listen(onsession: OnSession, options: ListenOptions): Promise<void> {
    this.#requireOpen();
    if (this.#listening) throw invalidState('the endpoint listens already');
    const { observer } = options;
    const config: Draft<ServerConfig> = {
      ...connectionConfig(options),
      ...serverAuthentication(options),
      retry: this.#options.validateAddress ?? false,
      ...(observer === undefined
        ? {}
        : { observerFor: (connection) => observer({ role: 'server', ...connection }) }),
    };
    this.#listening = true;
    const host = this.#hostOf(options.psk, undefined);
    this.#accept = (driven) => {
      this.#moments.serverSessions += 1n;
      const session = this.#createSession(host, options, driven);
      this.#limitSessions();
      introduce(() => onsession.call(this, session), session);
    };
    try {
      const { address = '0.0.0.0:0', addresses = [address] } = this.#options;
      for (const [i, local] of addresses.entries()) {
        const descriptor = this.#options.worker?.descriptors?.[i];
        await this.#bind(await resolveAddress(local, 0), undefined, descriptor);
      }
      const preferredAddress = await this.#bindPreferred(options.preferredAddress);
      const [first] = this.#driver.sockets.sockets;
      if (first !== undefined) suitTo(config, first);
      this.#serverConfig = { ...config, ...(preferredAddress && { preferredAddress }) };
    } catch (error) {
      await this.#release();
      throw error;
    }
    this.#limitSessions();
    options.signal?.addEventListener('abort', () => void this.close(), { once: true });
  }

  /** Opens a session to `address` (host:port). Its `opened` settles with the handshake. */
  async connect(
    address: string | Address | SocketAddress,
    options: ConnectOptions,
  ): Promise<QuicSession> {
    this.#requireOpen();
    options.signal?.throwIfAborted();
    const config = clientConfig(options);
    const target = readAddress(address) ?? (await resolveAddress(address));
    const from = options.local ?? (target.host.includes(':') ? '::' : '0.0.0.0');
    const wanted = readAddress(from, 0) ?? (await resolveAddress(from, 0));
    const socket = this.#boundTo(wanted) ?? (await this.#bind(wanted, target));
    config.local = socket.local;
    config.remote = socket.adopt(target);
    suitTo(config, socket);
    if (options.observer !== undefined) {
      const { local, remote } = config;
      const connection = { originalDestinationConnectionId: new Uint8Array(0), local, remote };
      config.observer = options.observer({ role: 'client', ...connection }) ?? config.observer;
    }
    this.#moments.clientSessions += 1n;
    const host = this.#clientHost(options.preferredAddressPolicy);
    return this.#createSession(host, options, this.#driver.connect(config), options);
  }

  /**
   * The local address of a socket for datagrams to `remote`: `wanted` itself where a socket is bound to it, or the
   * address of a new socket, connected to `remote`, where its port is 0.
   */
  async openLocal(wanted: Address, remote: Address): Promise<Address> {
    const socket = this.#boundTo(wanted) ?? (await this.#bind(wanted, remote));
    return socket.local;
  }

  /** Binds one more local address to listen on. */
  async addAddress(address: string | Address): Promise<Address> {
    this.#requireOpen();
    const { local } = await this.#bind(await resolveAddress(address, 0));
    return local;
  }

  /** Releases a local address: every path over it is lost, the sessions go on over their other paths. */
  async removeAddress(local: Address): Promise<void> {
    this.#driver.localAddressLost(local);
    await this.#driver.sockets.close(local);
  }

  /**
   * Cuts an access as if its radio were gone: datagrams of the local address vanish in both
   * directions, and neither QUIC nor the peer is told. For tests and demonstrations.
   */
  blackhole(local: Address, on: boolean): void {
    this.#driver.sockets.blackhole(local, on);
  }

  /** Takes no more sessions, lets the open ones come to their ends, then releases the sockets. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#limitSessions();
      const closes = [...this.#sessions].map((session) => session.close());
      void Promise.allSettled(closes).then(() => this.#release());
    }
    return this.closed;
  }

  /** Closes all sessions at once. */
  destroy(error?: unknown): void {
    if (this.destroyed) return;
    this.#closing = true;
    this.#limitSessions();
    for (const session of this.#sessions) session.destroy(error);
    void this.#release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The socket that is bound to `wanted`; undefined where there is none, or any port will do. */
  #boundTo(wanted: Address): DatagramSocket | undefined {
    return wanted.port === 0 ? undefined : this.#driver.sockets.find(wanted);
  }

  async #bindPreferred({
    ipv4,
    ipv6,
  }: PreferredAddressOptions = {}): Promise<ServerConfig['preferredAddress']> {
    if (ipv4 === undefined && ipv6 === undefined) return undefined;
    const bind = async (address: string | Address | undefined): Promise<Address | undefined> => {
      if (address === undefined) return undefined;
      const wanted = await resolveAddress(address, 0);
      const socket = this.#driver.sockets.find(wanted) ?? (await this.#bind(wanted));
      return socket.local;
    };
    return { ipv4: await bind(ipv4), ipv6: await bind(ipv6) };
  }

  #hostOf(psk: SessionHost['psk'], preferredAddress: SessionHost['preferredAddress']): SessionHost {
    const { keyLog } = this.#options;
    return {
      endpoint: this,
      now: this.#now,
      psk,
      preferredAddress,
      keyLog,
      released: this.#released,
    };
  }

  #clientHost(preferredAddress: SessionHost['preferredAddress']): SessionHost {
    let host = this.#clientHosts.get(preferredAddress);
    if (host === undefined) {
      host = this.#hostOf(undefined, preferredAddress);
      this.#clientHosts.set(preferredAddress, host);
    }
    return host;
  }

  #createSession(
    host: SessionHost,
    callbacks: SessionCallbacks,
    driven: DrivenConnection,
    limits?: HandshakeLimits,
  ): QuicSession {
    const session = new QuicSession(host, callbacks, driven, limits);
    this.#sessions.add(session);
    return session;
  }

  /** New clients are turned away while the endpoint closes, and while there are too many sessions. */
  #limitSessions(): void {
    const config = this.#serverConfig;
    if (config === undefined) return;
    const limit = this.#options.maxConnectionsTotal ?? DEFAULT_MAX_CONNECTIONS;
    const open = !this.#closing && this.#sessions.size < limit;
    if (open === this.#accepting) return;
    this.#accepting = open;
    this.#driver.listen(open ? config : undefined);
  }

  async #bind(local: Address, remote?: Address, descriptor?: number): Promise<DatagramSocket> {
    const { udpReceiveBufferSize, udpSendBufferSize } = this.#options;
    try {
      return await this.#driver.sockets.open({
        local,
        remote,
        ...(remote === undefined ? { workers: this.#options.worker?.count } : {}),
        descriptor,
        ...(udpReceiveBufferSize === undefined ? {} : { receiveBufferSize: udpReceiveBufferSize }),
        ...(udpSendBufferSize === undefined ? {} : { sendBufferSize: udpSendBufferSize }),
      });
    } catch (error) {
      throw bindError(local, error as NodeJS.ErrnoException);
    }
  }

  async #release(): Promise<void> {
    if (this.destroyed) return;
    this.#moments.destroyedAt = process.hrtime.bigint();
    this.#listening = false;
    this.#driver.stop();
    await this.#driver.sockets.closeAll();
    this.#closed.resolve();
  }

  #requireOpen(): void {
    if (this.#closing || this.destroyed) throw invalidState('the endpoint is closed');
  }
}

/** Shows a session to the application, whose failure is the session's. */
function introduce(show: () => unknown, session: QuicSession): void {
  try {
    const result = show();
    if (result instanceof Promise) result.catch((error: unknown) => session.destroy(error));
  } catch (error) {
    session.destroy(error);
  }
}

const DEFAULT_MAX_CONNECTIONS = 100_000;
