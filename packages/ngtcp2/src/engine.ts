import {
  type CloseReason,
  type ConnectionConfig,
  type ConnectionEvent,
  TransportErrorCode,
} from '@mpquic/quic';
import type { ExternalPsk, Handshake, HandshakeEvent, HandshakeSummary } from '@mpquic/tls';
import type { Address, Instant, Random } from '@mpquic/wire';
import { readCloseReason, setTlsFailure } from './close-reason.ts';
import type { ConnectionIds } from './connection-ids.ts';
import { type ConnectionHost, hostFunctions } from './host.ts';
import { HostNumbers } from './host-numbers.ts';
import { KeyTable } from './key-table.ts';
import { KeyUpdates } from './key-updates.ts';
import { Lifetime } from './lifetime.ts';
import { PacketKeyDeriver } from './packet-keys.ts';
import { applySettings, DEFAULTS } from './settings.ts';
import { Outcome, type PathNumbers, Shim } from './shim.ts';
import { StreamSet } from './stream-set.ts';
import { EngineFailure, TlsDriver } from './tls-driver.ts';
import { webAssembly } from './web-assembly.ts';

/** What the engine does for its connection, and asks of it. */
export interface EngineOptions {
  readonly role: 'client' | 'server';
  readonly config: ConnectionConfig;
  readonly ids: ConnectionIds<object>;
  /** Whose connection IDs those are that ngtcp2 asks for. */
  readonly owner: object;
  /** TLS, made when it is first needed. */
  readonly handshake: (engine: Engine) => Handshake;
  readonly event: (event: ConnectionEvent) => void;
  readonly datagram: (data: Uint8Array) => void;
  readonly pathValidated: (works: boolean, local: Address, remote: Address) => void;
}

/** ngtcp2 in an instance of its own, with TLS, keys and connection IDs of this project: what its callbacks come to. */
export class Engine implements ConnectionHost {
  readonly shim: Shim;
  readonly random: Random;
  readonly keys: KeyTable;
  readonly streams: StreamSet;
  readonly hosts: HostNumbers = new HostNumbers();
  readonly lifetime: Lifetime;
  readonly #options: EngineOptions;
  readonly #deriver: PacketKeyDeriver;
  readonly #keyUpdates: KeyUpdates;
  #tls: TlsDriver | undefined;
  #released = false;
  #summary: HandshakeSummary | undefined;
  #confirmed = false;
  #peerParameters: Uint8Array = NOTHING;
  #wasReset = false;
  #hasRetryKey = false;

  /** @throws {EngineNotBuilt} */
  constructor(options: EngineOptions, now: Instant) {
    const { config, role, event } = options;
    this.#options = options;
    this.random = config.random ?? config.crypto.random;
    this.keys = new KeyTable(config.crypto);
    this.#deriver = new PacketKeyDeriver(config.crypto, this.keys);
    this.#keyUpdates = new KeyUpdates(config.keyUpdateAfterPackets, event);
    this.lifetime = new Lifetime(event);
    this.shim = new Shim(hostFunctions(() => this));
    this.streams = new StreamSet({
      role,
      shim: this.shim,
      sendBufferLimit: config.streamSendBufferLimit ?? DEFAULTS.streamSendBufferLimit,
      event,
    });
    this.shim.call.begin(now);
    applySettings(this.shim.call, config);
  }

  get summary(): HandshakeSummary | undefined {
    return this.#summary;
  }

  get confirmed(): boolean {
    return this.#confirmed;
  }

  get keyUpdates(): number {
    return this.#keyUpdates.count;
  }

  /**
   * One call of the module. Where that breaks, which only a fault of the module's own does, the
   * connection is over, and no other.
   */
  run(call: () => number): number {
    try {
      return call();
    } catch (error) {
      this.end({ ...LOCAL, code: TransportErrorCode.INTERNAL_ERROR, reason: 'ngtcp2 broke' });
      if (error instanceof webAssembly.RuntimeError) return Outcome.dropped;
      throw error;
    }
  }

  /** What follows from an outcome that is no success. */
  settle(outcome: number, now: Instant): void {
    switch (outcome) {
      case Outcome.failed:
        this.beginClosing(readCloseReason(this.shim, 'local'), now);
        return;
      case Outcome.draining:
        this.#drain(now);
        return;
      case Outcome.idle:
        this.end({ ...LOCAL, by: 'idle', code: 0, reason: '' });
        return;
      case Outcome.noVersion:
        this.end({ ...LOCAL, code: VERSION_NEGOTIATION_ERROR, reason: 'no version in common' });
        return;
      case Outcome.dropped:
        this.end({ ...LOCAL, code: TransportErrorCode.INTERNAL_ERROR, reason: 'dropped' });
    }
  }

  /** CONNECTION_CLOSE goes out; closing takes three probe timeouts. RFC 9000 §10.2 */
  beginClosing(reason: CloseReason, now: Instant): void {
    this.lifetime.begin('closing', reason, now + 3 * this.shim.call.probe_timeout());
  }

  /** Over at once. */
  end(reason: CloseReason): void {
    this.lifetime.end(reason);
    this.release();
  }

  /** Makes TLS. @throws {UsageError} on a configuration that cannot lead to a handshake */
  prepareHandshake(): void {
    const handshake = this.#options.handshake(this);
    this.#tls = new TlsDriver(handshake, this.shim, this.#deriver, (event) =>
      this.#tlsEvent(event),
    );
  }

  /** Wipes keys, in the module's memory too, and forgets connection IDs and streams. No call of the module may follow. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#tls?.dispose();
    this.#tls = undefined;
    this.keys.dispose();
    this.streams.clear();
    this.#options.ids.removeAll(this.#options.owner);
    this.shim.octets.fill(0);
  }

  /** Later than its callback, as the keys of PSKs may be. */
  answerPskLookup(psks: readonly (ExternalPsk | undefined)[], now: Instant): void {
    if (!this.#guardTls(() => this.#tls?.answerPskLookup(psks))) this.settle(Outcome.failed, now);
  }

  /** False where one runs already, or none may yet. RFC 9001 §6.1 */
  updateKeys(now: Instant): boolean {
    if (!this.#confirmed || this.shim.call.update_keys(now) !== Outcome.done) return false;
    this.#keyUpdates.start();
    return true;
  }

  /** Updates keys that have sealed as many packets as they are to, as soon as they may be. */
  updateKeysWhenDue(now: Instant): void {
    if (this.#keyUpdates.due) this.updateKeys(now);
  }

  /** A server's answer to the client's transport parameters. @throws {EngineFailure} */
  answerParameters(client: Uint8Array): Uint8Array {
    this.#receiveParameters(client);
    return this.localParameters();
  }

  /** The transport parameters of this side, encoded by ngtcp2. */
  localParameters(): Uint8Array {
    const length = this.shim.call.local_parameters();
    if (length < 0) throw new EngineFailure('the transport parameters are too long');
    return this.shim.copy(this.shim.scratch, length);
  }

  // What ngtcp2 calls.

  initialKeys(destination: Uint8Array): boolean {
    const { client, server } = this.#deriver.initialKeys(destination);
    const isServer = this.#options.role === 'server';
    const [read, write] = isServer ? [client, server] : [server, client];
    // Needed, and taken, before there was a Retry.
    const retryKey = isServer || this.#hasRetryKey ? 0 : this.#deriver.retryKey();
    this.#hasRetryKey = true;
    const { call, scratch } = this.shim;
    this.shim.put(scratch, read.iv);
    this.shim.put(scratch + read.iv.length, write.iv);
    const result = call.install_initial_keys(
      read.packetKey,
      read.maskKey,
      write.packetKey,
      write.maskKey,
      retryKey,
    );
    return result === Outcome.done;
  }

  startHandshake(): boolean {
    return this.#guardTls(() => this.#tls?.start());
  }

  cryptoData(level: number, data: Uint8Array): boolean {
    return this.#guardTls(() => this.#tls?.receive(level, data));
  }

  handshakeConfirmed(): void {
    if (this.#confirmed) return;
    this.#confirmed = true;
    this.#options.event({ type: 'handshake_confirmed' });
  }

  nextKey(
    writing: boolean,
    secret: Uint8Array,
  ): ReturnType<PacketKeyDeriver['nextPhase']> | undefined {
    const suite = this.#tls?.suite;
    if (suite === undefined) return undefined;
    const next = this.#deriver.nextPhase(suite, secret);
    if (writing) this.#keyUpdates.prepared(next.packetKey);
    return next;
  }

  sealedUnder(key: number): void {
    this.#keyUpdates.sealedUnder(key);
  }

  issueId(id: Uint8Array): Uint8Array {
    this.#options.ids.issue(id, this.#options.owner);
    return this.#options.ids.resetToken(id);
  }

  removeId(id: Uint8Array): void {
    this.#options.ids.remove(id, this.#options.owner);
  }

  streamsAvailable(bidirectional: boolean): void {
    const direction = bidirectional ? 'bidi' : 'uni';
    this.#options.event({ type: 'streams_available', direction });
  }

  datagram(data: Uint8Array): void {
    this.#options.datagram(data);
  }

  datagramStatus(datagramId: number, status: 'acknowledged' | 'lost'): void {
    this.#options.event({ type: 'datagram_status', datagramId, count: 1, status });
  }

  pathValidated(works: boolean, [localHost, localPort, remoteHost, remotePort]: PathNumbers): void {
    const local = this.hosts.local(localHost, localPort);
    const remote = this.hosts.remote(remoteHost, remotePort);
    if (local === undefined || remote === undefined) return;
    this.#options.pathValidated(works, local, remote);
  }

  statelessReset(): void {
    this.#wasReset = true;
  }

  newToken(token: Uint8Array): void {
    this.#options.event({ type: 'new_token', token, version: 'v1' });
  }

  #tlsEvent(event: Exclude<HandshakeEvent, { readonly type: 'send' | 'secret' }>): void {
    switch (event.type) {
      case 'transport_parameters':
        if (this.#options.role === 'client') this.#receiveParameters(event.data);
        return;
      case 'complete':
        this.#summary = event.summary;
        this.shim.call.complete_handshake();
        this.#options.event({ type: 'handshake_complete', summary: event.summary });
        // RFC 9001 §4.1.2: for a server, complete is confirmed.
        if (this.#options.role === 'server') this.handshakeConfirmed();
        return;
      case 'session_ticket':
        this.#options.event({
          ...event,
          version: 'v1',
          parameters: this.#peerParameters,
        });
        return;
      case 'psk_lookup':
      case 'key_log':
        this.#options.event(event);
        return;
      case 'early_data':
        return;
    }
  }

  #receiveParameters(encoded: Uint8Array): void {
    this.#peerParameters = encoded.slice();
    if (encoded.length > PARAMETERS_LIMIT) throw new EngineFailure('too many parameters');
    this.shim.put(this.shim.scratch, encoded);
    if (this.shim.call.receive_parameters(encoded.length) !== Outcome.done) {
      throw new EngineFailure('the transport parameters are refused');
    }
  }

  /** False where the handshake failed; how to close is set then. */
  #guardTls(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      if (!setTlsFailure(this.shim, error) && !(error instanceof EngineFailure)) throw error;
      return false;
    }
  }

  #drain(now: Instant): void {
    const reason: CloseReason = this.#wasReset
      ? { ...LOCAL, by: 'reset', code: 0, reason: '' }
      : readCloseReason(this.shim, 'peer');
    this.lifetime.begin('draining', reason, now + 3 * this.shim.call.probe_timeout());
  }
}

const LOCAL = { by: 'local', application: false, frameType: 0 } as const;
/** RFC 9368 §10.2 */
const { VERSION_NEGOTIATION_ERROR } = TransportErrorCode;
const NOTHING = new Uint8Array(0);
const PARAMETERS_LIMIT = 8192;
