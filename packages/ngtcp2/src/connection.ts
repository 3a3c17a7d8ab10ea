import type {
  ConnectionConfig,
  ConnectionEvent,
  ConnectionMachine,
  ConnectionStats,
  LentOctets,
  PathSnapshot,
  StreamChunk,
  StreamDirection,
} from '@mpquic/quic';
import type { ExternalPsk, Handshake, HandshakeSummary } from '@mpquic/tls';
import {
  type Address,
  type Datagram,
  Ecn,
  type Instant,
  sameAddress,
  type Transmit,
  UsageError,
} from '@mpquic/wire';
import { setCloseReason } from './close-reason.ts';
import type { ConnectionIds } from './connection-ids.ts';
import { IncomingDatagrams } from './datagram-queues.ts';
import { DatagramSending } from './datagram-sending.ts';
import { Engine } from './engine.ts';
import { PacketWriter } from './packet-writer.ts';
import { PathAddresses } from './path-addresses.ts';
import { pathSnapshot } from './path-snapshot.ts';
import { DEFAULTS } from './settings.ts';
import { INBOX_LENGTH, Outcome, type PathNumbers, type Shim } from './shim.ts';

/** What both roles of a connection begin with. */
export interface ConnectionSetup {
  readonly role: 'client' | 'server';
  readonly config: ConnectionConfig;
  readonly ids: ConnectionIds<object>;
  readonly local: Address;
  readonly remote: Address;
  /** Makes ngtcp2's connection by one of `create_*`. */
  readonly create: (shim: Shim, path: PathNumbers) => number;
  readonly handshake: (engine: Engine) => Handshake;
}

/** One connection of ngtcp2, with one path: the surface of the machine contract of quic. */
export class Ngtcp2Connection implements ConnectionMachine {
  readonly role: 'client' | 'server';
  readonly version = 'v1';
  /** 0-RTT is off. */
  readonly earlyData = 'none';
  readonly multipath = false;

  readonly #engine: Engine;
  readonly #events: ConnectionEvent[] = [];
  readonly #datagrams: DatagramSending;
  readonly #incoming: IncomingDatagrams;
  readonly #writer: PacketWriter;
  readonly #counters = {
    bytesReceived: 0,
    packetsReceived: 0,
    datagramsReceived: 0,
  };
  readonly #path: PathAddresses;
  #closeOwed = false;
  /** Datagrams that came while closing: every power of two of them is answered. RFC 9000 §10.2.1 */
  #answered = 0;
  #pingOwed = false;

  /** @throws {EngineNotBuilt} {UsageError} */
  constructor(setup: ConnectionSetup, now: Instant) {
    const { role, config, ids, local, remote, handshake } = setup;
    this.role = role;
    const event = (one: ConnectionEvent): void => void this.#events.push(one);
    this.#path = new PathAddresses(local, remote, event);
    this.#engine = new Engine(
      {
        role,
        config,
        ids,
        owner: this,
        handshake,
        event,
        datagram: (data) => {
          this.#counters.datagramsReceived += 1;
          this.#incoming.push(data);
        },
        pathValidated: (...outcome) => this.#path.validated(...outcome),
      },
      now,
    );
    const { shim, hosts } = this.#engine;
    this.#writer = new PacketWriter(shim, hosts, config.ecn !== false);
    this.#datagrams = new DatagramSending(
      shim,
      config.datagramSendQueueLimit ?? DEFAULTS.datagramSendQueueLimit,
      (id) => this.#engine.datagramStatus(id, 'lost'),
    );
    this.#incoming = new IncomingDatagrams(
      config.datagramReceiveQueueLimit ?? DEFAULTS.datagramReceiveQueueLimit,
    );
    try {
      if (setup.create(shim, hosts.pathNumbers(local, remote)) !== Outcome.done) {
        throw new UsageError('ngtcp2 does not take this configuration');
      }
      this.#engine.prepareHandshake();
    } catch (error) {
      this.#engine.release();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#engine.lifetime.phase === 'closed';
  }

  get handshake(): HandshakeSummary | undefined {
    return this.#engine.summary;
  }

  /** Where the peer is now. */
  get remote(): Address {
    return this.#path.remote;
  }

  receiveDatagram(datagram: Datagram, now: Instant): void {
    this.take(datagram, now);
  }

  /** As {@link receiveDatagram}; returns what it came to. */
  take({ local, remote, payload, ecn }: Datagram, now: Instant): number {
    this.#counters.bytesReceived += payload.length;
    this.#counters.packetsReceived += 1;
    const { lifetime, shim, hosts } = this.#engine;
    if (lifetime.phase === 'closing') this.#answerWhileClosing();
    if (lifetime.phase !== 'open' || payload.length > INBOX_LENGTH) return Outcome.closing;
    shim.put(shim.inbox, payload);
    const path = hosts.pathNumbers(local, remote);
    const { length } = payload;
    const outcome = this.#run(() => shim.call.receive(length, ecn ?? Ecn.notEct, ...path, now));
    if (outcome === Outcome.done) this.#engine.streams.noticeStopped();
    else this.#settle(outcome, now);
    return outcome;
  }

  handleTimeout(now: Instant): void {
    const { lifetime, shim } = this.#engine;
    if (lifetime.phase !== 'open') {
      if (lifetime.expire(now)) this.#engine.release();
      return;
    }
    this.#settle(
      this.#run(() => shim.call.expire(now)),
      now,
    );
  }

  nextTransmit(now: Instant, into: Transmit, maxDatagrams: number): boolean {
    const { lifetime, shim, confirmed } = this.#engine;
    if (lifetime.phase === 'open') {
      this.#engine.updateKeysWhenDue(now);
      const wrote = this.#writer.writeRun(into, maxDatagrams, () => this.#writePacket(now));
      // Its pacing begins with an assumed round trip that would hold back the first flight.
      if (wrote && confirmed && this.#isOpen) shim.call.packets_sent(now);
      if (wrote || this.#isOpen) return wrote;
    }
    if (!this.#closeOwed || this.closed) return false;
    this.#closeOwed = false;
    return this.#writer.writeRun(into, 1, () => this.#run(() => shim.call.write_close(now)));
  }

  nextTimeout(): Instant | undefined {
    const { lifetime, shim } = this.#engine;
    if (lifetime.phase === 'closed') return undefined;
    if (lifetime.phase !== 'open') return lifetime.deadline;
    const expiry = shim.call.expiry();
    return expiry < 0 ? undefined : Math.ceil(expiry);
  }

  nextEvent(): ConnectionEvent | undefined {
    const event = this.#events.shift();
    if (event !== undefined) return event;
    const data = this.#incoming.shift();
    if (data !== undefined) return { type: 'datagram', data, early: false };
    return this.#isOpen && this.#datagrams.takeWritable()
      ? { type: 'datagrams_writable' }
      : undefined;
  }

  answerPskLookup(psks: readonly (ExternalPsk | undefined)[], now: Instant): void {
    if (!this.#isOpen) return;
    this.#run(() => {
      this.#engine.answerPskLookup(psks, now);
      return Outcome.done;
    });
    this.#closeOwed ||= this.#engine.lifetime.phase === 'closing';
  }

  openStream(direction: StreamDirection): number | undefined {
    return this.#isOpen ? this.#engine.streams.open(direction) : undefined;
  }

  writeStream(streamId: number, data: Uint8Array, fin: boolean): number {
    return this.#isOpen ? this.#engine.streams.write(streamId, data, fin) : 0;
  }

  readStream(streamId: number): StreamChunk | undefined {
    return this.#engine.streams.read(streamId, this.#isOpen);
  }

  peekStream(streamId: number, into: LentOctets): boolean {
    return this.#engine.streams.peek(streamId, into);
  }

  consumeStream(streamId: number, octets: number): boolean {
    return this.#engine.streams.consume(streamId, octets, this.#isOpen);
  }

  /** Its memory is the module's: nothing to reuse. */
  recycle(): void {}

  resetStream(streamId: number, code: number): void {
    if (this.#isOpen) this.#engine.streams.reset(streamId, code);
  }

  stopSending(streamId: number, code: number): void {
    if (this.#isOpen) this.#engine.streams.stopSending(streamId, code);
  }

  get maxDatagramSize(): number {
    if (!this.#isOpen || this.handshake === undefined) return 0;
    return this.#datagrams.maxSize;
  }

  get datagramsWaiting(): number {
    return this.#incoming.length;
  }

  get datagramRoom(): number {
    return this.#isOpen ? this.#datagrams.room : 0;
  }

  sendDatagram(data: Uint8Array): number | undefined {
    const { maxDatagramSize } = this;
    if (data.length > maxDatagramSize || maxDatagramSize === 0) return undefined;
    return this.#datagrams.push(data);
  }

  /** There is one path. */
  useScheduler(): void {}

  openPath(): never {
    throw new UsageError('the ngtcp2 engine has one path');
  }

  migratePath(pathId: number, local: Address, remote: Address, now: Instant): boolean {
    if (pathId !== 0 || this.role !== 'client' || !this.#engine.confirmed) {
      throw new UsageError('only a client moves its path, once the handshake is confirmed');
    }
    const { shim, hosts } = this.#engine;
    const path = hosts.pathNumbers(local, remote);
    if (this.#run(() => shim.call.migrate(...path, now)) !== Outcome.done) return false;
    this.#path.move(local, remote);
    return true;
  }

  closePath(): never {
    throw new UsageError('the only path cannot be closed: close the connection instead');
  }

  setPathStatus(): never {
    throw new UsageError('the ngtcp2 engine has one path, and no status of it');
  }

  localAddressLost(local: Address, now: Instant): void {
    if (sameAddress(local, this.#path.local)) {
      this.close(now, NO_VIABLE_PATH, 'no local address is left', false);
    }
  }

  paths(): readonly PathSnapshot[] {
    if (this.closed) return [];
    const { shim, summary } = this.#engine;
    const { local, remote } = this.#path;
    const traffic = {
      bytesSent: this.#writer.bytesSent,
      bytesReceived: this.#counters.bytesReceived,
      packetsSent: this.#writer.packetsSent,
      packetsReceived: this.#counters.packetsReceived,
    };
    return [pathSnapshot(shim, { local, remote }, traffic, summary !== undefined)];
  }

  updateKeys(now: Instant): void {
    if (this.#isOpen && this.#engine.updateKeys(now)) return;
    throw new UsageError(
      'keys cannot be updated before the handshake is confirmed, nor twice at once',
    );
  }

  ping(): void {
    if (!this.#isOpen) return;
    this.#pingOwed = true;
    this.#engine.shim.call.set_ping(1);
  }

  stats(): ConnectionStats {
    return {
      ...this.#counters,
      datagramsSent: this.#datagrams.sent,
      bytesSent: this.#writer.bytesSent,
      packetsSent: this.#writer.packetsSent,
      // ngtcp2 keeps these two to itself.
      packetsLost: 0,
      packetsDropped: {},
      keyUpdates: this.#engine.keyUpdates,
      streamsOpened: this.#engine.streams.opened,
      datagramsDropped: this.#incoming.dropped,
    };
  }

  close(now: Instant, code = 0, reason = '', application = true): void {
    if (!this.#isOpen) return;
    setCloseReason(this.#engine.shim, application, code, reason);
    this.#engine.beginClosing({ by: 'local', application, code, frameType: 0, reason }, now);
    this.#closeOwed = true;
  }

  /** Forgets everything without an event: the peer was never heard. */
  discard(): void {
    this.#engine.release();
  }

  get #isOpen(): boolean {
    return this.#engine.lifetime.phase === 'open';
  }

  /** Datagrams first: they are what cannot wait. */
  #writePacket(now: Instant): number {
    if (!this.#isOpen) return 0;
    const { shim, streams, summary } = this.#engine;
    shim.call.begin_packet();
    const result = this.#run(() => {
      const filled = summary === undefined ? Outcome.more : this.#datagrams.fillPacket(now);
      return filled === Outcome.more ? streams.fillPacket(now) : filled;
    });
    if (result < 0) this.#settle(result, now);
    if (result > 0 && this.#pingOwed) {
      this.#pingOwed = false;
      shim.call.set_ping(0);
    }
    return result;
  }

  #run(call: () => number): number {
    return this.#engine.run(call);
  }

  #settle(outcome: number, now: Instant): void {
    this.#engine.settle(outcome, now);
    if (outcome === Outcome.failed) this.#closeOwed = true;
  }

  #answerWhileClosing(): void {
    this.#answered += 1;
    if ((this.#answered & (this.#answered - 1)) === 0) this.#closeOwed = true;
  }
}

/** RFC 9000 §20.1 */
const NO_VIABLE_PATH = 0x10;
