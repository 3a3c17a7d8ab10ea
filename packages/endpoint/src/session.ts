import type {
  CloseReason,
  ConnectionEvent,
  ConnectionMachine,
  PathSnapshot,
  PathStatus,
  QuicVersionName,
  StreamDirection,
} from '@mpquic/quic';
import type { HandshakeSummary } from '@mpquic/tls';
import { type Address, type Instant, sameAddress } from '@mpquic/wire';
import { toSocketAddress } from './address.ts';
import { Deferred } from './deferred.ts';
import type { ConnectionHandler, DrivenConnection } from './driven-connection.ts';
import type { QuicEndpoint } from './endpoint.ts';
import {
  closeError,
  connectionRefused,
  invalidState,
  requireState,
  sessionClosed,
} from './errors.ts';
import { HandshakeInfo } from './handshake-info.ts';
import { type HandshakeLimits, limitHandshake } from './handshake-limit.ts';
import { answerLookup } from './psk-lookup.ts';
import type { SessionCallbacks, SessionHandshakeInfo } from './session-callbacks.ts';
import { datagramOctets, soleDatagram } from './session-datagrams.ts';
import {
  type DatagramEvent,
  type DatagramsSettled,
  isDataEvent,
  type NewToken,
  type PreferredAddresses,
  type SessionEvent,
  type StreamSetEvent,
} from './session-events.ts';
import {
  type CloseOptions,
  type CreateStreamOptions,
  closeOptionsFor,
  type MigrateOptions,
  type OpenPathOptions,
  type SessionHost,
} from './session-options.ts';
import { APPLICATION_ABANDON_PATH, SessionPaths } from './session-paths.ts';
import { createMoments, type SessionStats, sessionStats } from './session-stats.ts';
import { SessionStreams } from './session-streams.ts';
import { encodeAddressToken, encodeSessionTicket } from './session-ticket.ts';
import type { QuicStream } from './stream.ts';
import type { Octets } from './stream-receiver.ts';

/** A QUIC connection, in the shape of node:quic's `QuicSession`, with its paths and its PSK. */
export class QuicSession implements AsyncDisposable {
  onstream: SessionCallbacks['onstream'];
  ondatagram: SessionCallbacks['ondatagram'];
  ondatagramstatus: SessionCallbacks['ondatagramstatus'];
  ondatagramdrain: SessionCallbacks['ondatagramdrain'];
  onhandshake: SessionCallbacks['onhandshake'];
  onkeylog: SessionCallbacks['onkeylog'];
  onerror: SessionCallbacks['onerror'];
  onpath: SessionCallbacks['onpath'];
  onkeyupdate: SessionCallbacks['onkeyupdate'];
  onnewtoken: SessionCallbacks['onnewtoken'];
  onsessionticket: SessionCallbacks['onsessionticket'];

  #ondatagrams: SessionCallbacks['ondatagrams'];
  readonly #host: SessionHost;
  readonly #driven: DrivenConnection;
  readonly #machine: ConnectionMachine;
  readonly #streams: SessionStreams;
  readonly #paths: SessionPaths;
  readonly #opened = new Deferred<SessionHandshakeInfo>();
  readonly #confirmed = new Deferred<void>();
  readonly #closed = new Deferred<void>();
  readonly #moments = createMoments();
  #endLimit: (() => void) | undefined;
  #upper: ConnectionHandler | undefined;
  #closing = false;
  #endRequested = false;
  #closeReason: CloseReason | undefined;
  #destroyError: unknown;

  /** Sessions come from `connect` and `listen`. */
  constructor(
    host: SessionHost,
    callbacks: SessionCallbacks,
    driven: DrivenConnection,
    limits?: HandshakeLimits,
  ) {
    this.#host = host;
    this.#driven = driven;
    this.#machine = driven.machine;
    this.onstream = callbacks.onstream;
    this.ondatagram = callbacks.ondatagram;
    this.ondatagrams = callbacks.ondatagrams;
    this.ondatagramstatus = callbacks.ondatagramstatus;
    this.ondatagramdrain = callbacks.ondatagramdrain;
    this.onhandshake = callbacks.onhandshake;
    this.onkeylog = callbacks.onkeylog;
    this.onerror = callbacks.onerror;
    this.onpath = callbacks.onpath;
    this.onkeyupdate = callbacks.onkeyupdate;
    this.onnewtoken = callbacks.onnewtoken;
    this.onsessionticket = callbacks.onsessionticket;
    this.#streams = new SessionStreams(this, driven, (stream) => this.#notify('onstream', stream));
    this.#paths = new SessionPaths(driven, host.now);
    this.#endLimit = limits && limitHandshake(limits, (reason) => this.destroy(reason));
    driven.handler = {
      connectionEvent: (event, now) => this.#take(event, now),
      sendFailed: (local, remote, code) => this.#sendFailed(local, remote, code),
    };
  }

  get ondatagrams(): SessionCallbacks['ondatagrams'] {
    return this.#ondatagrams;
  }

  set ondatagrams(callback: SessionCallbacks['ondatagrams']) {
    this.#ondatagrams = callback;
    this.#machine.batchDatagrams?.(callback !== undefined);
  }

  /** Settles when the handshake is complete; rejects when it fails. */
  get opened(): Promise<SessionHandshakeInfo> {
    return this.#opened.promise;
  }

  /** Settles when the handshake is confirmed: paths can be opened, keys updated. RFC 9001 §4.1.2 */
  get confirmed(): Promise<void> {
    return this.#confirmed.promise;
  }

  /** Settles when the session is over; rejects when an error ended it. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get closing(): boolean {
    return this.#closing;
  }

  get destroyed(): boolean {
    return this.#closeReason !== undefined;
  }

  /** How the session ended, once it has. */
  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
  }

  get endpoint(): QuicEndpoint | null {
    return this.destroyed ? null : this.#host.endpoint;
  }

  get servername(): string | null {
    return this.#machine.handshake?.serverName ?? null;
  }

  get alpnProtocol(): string | null {
    return this.#machine.handshake?.alpn ?? null;
  }

  /** The PSK that authenticated both sides, by its identity. */
  get psk(): HandshakeSummary['psk'] {
    return this.#machine.handshake?.psk;
  }

  /** Of QUIC; settled when the handshake is complete. */
  get version(): QuicVersionName {
    return this.#machine.version;
  }

  /** What TLS settled; undefined until the handshake is complete. */
  get handshake(): HandshakeSummary | undefined {
    return this.#machine.handshake;
  }

  /** Whether both sides speak multipath; undefined until known. */
  get multipath(): boolean | undefined {
    return this.#machine.multipath;
  }

  get paths(): readonly PathSnapshot[] {
    return this.#machine.paths();
  }

  get stats(): SessionStats {
    return sessionStats(this.#machine, this.#moments);
  }

  /** Opens a stream as soon as the peer allows one more. */
  createBidirectionalStream(options: CreateStreamOptions = {}): Promise<QuicStream> {
    return this.#createStream('bidi', options);
  }

  createUnidirectionalStream(options: CreateStreamOptions = {}): Promise<QuicStream> {
    return this.#createStream('uni', options);
  }

  /** Largest datagram that fits now; 0 where the peer takes none. */
  get maxDatagramSize(): number {
    return this.#machine.maxDatagramSize;
  }

  /** Datagrams that may be queued before the oldest of those that wait is dropped; {@link ondatagramdrain} follows where there is none. */
  get datagramRoom(): number {
    return this.#machine.datagramRoom;
  }

  /** Queues a datagram and gives its number, or 0 where it cannot be sent. */
  async sendDatagram(
    datagram: string | NodeJS.ArrayBufferView | Promise<string | NodeJS.ArrayBufferView>,
    encoding: BufferEncoding = 'utf8',
  ): Promise<bigint> {
    return BigInt(this.sendDatagramNow(await datagramOctets(datagram, encoding)));
  }

  /** As {@link sendDatagram}, without promises, and over one path where `pathId` names it. */
  sendDatagramNow(data: Uint8Array, pathId?: number): number {
    if (this.destroyed) return 0;
    const id = this.#machine.sendDatagram(data, pathId);
    if (id === undefined) return 0;
    this.#driven.wake();
    return id;
  }

  /** Opens a path between two addresses and gives its ID, once it is validated. MP-21 §3.1 */
  async openPath(options: OpenPathOptions): Promise<number> {
    options.signal?.throwIfAborted();
    await this.confirmed;
    return this.#paths.open(options, this.#host.endpoint);
  }

  /**
   * Moves a path to another local address, or to the server's preferred address; data go the old way
   * until the new one is known to work. Rejects where it does not. RFC 9000 §9.2
   */
  async migrate(options: MigrateOptions): Promise<void> {
    await this.confirmed;
    await this.#paths.migrate(options, this.#host.endpoint);
  }

  /** PATH_ABANDON. MP-21 §3.4 */
  closePath(pathId: number, code: bigint | number = APPLICATION_ABANDON_PATH): void {
    this.#paths.close(pathId, Number(code));
  }

  /** Tells the peer how to use a path when it sends. MP-21 §3.3 */
  setPathStatus(pathId: number, status: PathStatus): void {
    this.#paths.setStatus(pathId, status);
  }

  /** @throws {QuicError} `ERR_INVALID_STATE` before the handshake is confirmed or while an update runs */
  updateKey(): void {
    requireState(() => this.#machine.updateKeys(this.#host.now()));
    this.#driven.wake();
  }

  /** Sends a PING, which the peer must acknowledge. */
  ping(pathId?: number): void {
    requireState(() => this.#machine.ping(this.#host.now(), pathId));
    this.#driven.wake();
  }

  /** Lets open streams come to their ends, opens no more, then closes. Settles as {@link closed}. */
  close(options: CloseOptions = {}): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#moments.closingAt = process.hrtime.bigint();
      const open = this.#machine.handshake !== undefined;
      const quiet = (open && this.#streams.whenQuiet()) || SETTLED;
      void quiet.then(() => this.#end(options));
    }
    return this.closed;
  }

  /** Closes at once; {@link closed} rejects with `error` where there is one. */
  destroy(error?: unknown, options: CloseOptions = {}): void {
    if (this.destroyed) return;
    this.#closing = true;
    this.#destroyError ??= error;
    this.#end(closeOptionsFor(error, options));
  }

  /**
   * Hands streams and datagrams to another protocol machine: from now on it takes their events and
   * calls the connection itself, then `wake()`, except after reads within `stream_readable`.
   */
  handOver(handler: ConnectionHandler): DrivenConnection {
    this.#upper = handler;
    return this.#driven;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => undefined);
  }

  async #createStream(
    direction: StreamDirection,
    options: CreateStreamOptions,
  ): Promise<QuicStream> {
    if (this.#closing) throw invalidState('the session is closing');
    const stream = await this.#streams.open(direction, options.highWaterMark);
    if (options.body !== undefined) stream.setBody(options.body);
    return stream;
  }

  #take(event: ConnectionEvent, now: Instant): void {
    const upper = this.#upper;
    if (!isDataEvent(event)) this.#takeSessionEvent(event);
    else if (upper === undefined) this.#takeDataEvent(event);
    if (upper === undefined) return;
    upper.connectionEvent(event, now);
    // What it read opened a window, of which the peer must hear though nothing else is sent.
    if (event.type === 'stream_readable') this.#driven.wake();
  }

  #takeDataEvent(event: StreamSetEvent | DatagramEvent): void {
    if (event.type === 'datagrams') {
      this.#notify('ondatagrams', event.datagrams);
    } else if (event.type === 'datagram') {
      if (this.#ondatagrams === undefined)
        this.#notify('ondatagram', event.data as Octets, event.early);
      else this.#notify('ondatagrams', soleDatagram(event.data, event.early));
    } else if (event.type === 'datagram_status') this.#datagramsSettled(event);
    else if (event.type === 'datagrams_writable') this.#notify('ondatagramdrain');
    else this.#streams.streamEvent(event, this.#closing || this.onstream === undefined);
  }

  #datagramsSettled({ datagramId, count, status }: DatagramsSettled): void {
    if (status === 'acknowledged') this.#moments.datagramsAcknowledged += count;
    else this.#moments.datagramsLost += count;
    for (let i = 0; i < count && this.ondatagramstatus !== undefined; i++) {
      this.#notify('ondatagramstatus', BigInt(datagramId + i), status);
    }
  }

  #takeSessionEvent(event: SessionEvent): void {
    switch (event.type) {
      case 'psk_lookup':
        this.#lookUp(event.lookup.identities);
        return;
      case 'handshake_complete':
        this.#handshakeComplete(event.summary);
        return;
      case 'handshake_confirmed':
        this.#moments.handshakeConfirmedAt = process.hrtime.bigint();
        this.#confirmed.resolve();
        return;
      case 'key_log':
        this.#host.keyLog?.(event.line);
        this.#notify('onkeylog', event.line);
        return;
      case 'session_ticket':
        if (this.onsessionticket === undefined) return;
        this.#notify('onsessionticket', encodeSessionTicket(event, Date.now()) as Octets);
        return;
      case 'new_token':
        this.#newToken(event);
        return;
      case 'key_updated':
        this.#notify('onkeyupdate', event);
        return;
      case 'path_available':
        this.#paths.available();
        return;
      case 'preferred_address':
        this.#moveToPreferred(event);
        return;
      case 'path_opened':
      case 'path_validated':
      case 'path_migrated':
      case 'path_migration_failed':
      case 'path_status':
      case 'path_suspect':
      case 'path_closed':
        this.#paths.pathEvent(event);
        this.#notify('onpath', event);
        return;
      case 'closing':
        this.#over(event.reason);
        return;
      case 'closed':
        this.#over(event.reason);
        this.#host.released(this);
    }
  }

  #newToken({ token, version }: NewToken): void {
    const remote = this.onnewtoken && this.paths[0]?.remote;
    if (remote === undefined) return;
    const octets = encodeAddressToken(token, version) as Octets;
    this.#notify('onnewtoken', octets, toSocketAddress(remote));
  }

  /** RFC 9000 §9.6.1: to the address of the family in use; `path_migration_failed` tells where that fails. */
  #moveToPreferred({ ipv4, ipv6 }: PreferredAddresses): void {
    const local = this.paths[0]?.local.host;
    if (local === undefined || this.#host.preferredAddress === 'ignore') return;
    const remote = local.includes(':') ? ipv6 : ipv4;
    if (remote === undefined) return;
    this.migrate({ local: { host: local, port: 0 }, remote }).catch(() => undefined);
  }

  #lookUp(identities: readonly Uint8Array[]): void {
    answerLookup(this.#host.psk, identities, (psks, failure) => {
      if (failure !== undefined) this.#notify('onerror', failure);
      if (this.#machine.closed) return;
      this.#machine.answerPskLookup(psks, this.#host.now());
      this.#driven.wake();
    });
  }

  #handshakeComplete(summary: HandshakeSummary): void {
    this.#moments.handshakeCompletedAt = process.hrtime.bigint();
    this.#endHandshakeLimit();
    const info = new HandshakeInfo(this.#machine, summary);
    this.#opened.resolve(info);
    this.#streams.handshakeComplete();
    this.#notify('onhandshake', info);
  }

  #endHandshakeLimit(): void {
    this.#endLimit?.();
    this.#endLimit = undefined;
  }

  /** A connected socket learns that nobody listens. The system has matched the report with our datagram. */
  #sendFailed(local: Address, remote: Address | undefined, code: string): void {
    const path = this.#machine.handshake === undefined ? this.paths[0] : undefined;
    if (code !== 'ECONNREFUSED' || path === undefined || remote === undefined) return;
    if (!sameAddress(path.local, local) || !sameAddress(path.remote, remote)) return;
    this.destroy(connectionRefused(remote));
  }

  #end(options: CloseOptions): void {
    if (this.#machine.closed || this.destroyed) return;
    this.#endRequested = true;
    const { code = 0, reason = '', type = 'application' } = options;
    this.#machine.close(this.#host.now(), Number(code), reason, type === 'application');
    this.#driven.wake();
  }

  #over(reason: CloseReason): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = reason;
    this.#closing = true;
    this.#endHandshakeLimit();
    const requested = reason.by === 'local' && this.#endRequested;
    const error = this.#destroyError ?? (requested ? undefined : closeError(reason));
    const ended = error instanceof Error ? () => error : sessionClosed;
    this.#opened.rejectWith(ended);
    this.#confirmed.rejectWith(ended);
    this.#streams.end(ended);
    this.#paths.end(ended);
    if (error === undefined) {
      this.#closed.resolve();
      return;
    }
    this.#closed.reject(error);
    this.#notify('onerror', error);
  }

  /** Calls what the application set; its failure is the session's. */
  #notify<Name extends keyof SessionCallbacks>(
    name: Name,
    ...args: Parameters<NonNullable<SessionCallbacks[Name]>>
  ): void {
    const callback = this[name] as ((...args: unknown[]) => unknown) | undefined;
    if (callback === undefined) return;
    try {
      const result = callback.apply(this, args);
      if (result instanceof Promise) result.catch((error) => this.#callbackFailed(name, error));
    } catch (error) {
      this.#callbackFailed(name, error);
    }
  }

  #callbackFailed(name: keyof SessionCallbacks, error: unknown): void {
    if (name !== 'onerror') this.destroy(error);
  }
}

const SETTLED: Promise<void> = Promise.resolve();
