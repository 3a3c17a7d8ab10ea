import assert from 'node:assert/strict';
import { nodeCryptoProvider, SEAL_ROW_LENGTH, SealColumn } from '@mpquic/crypto';
import { SeededRandom } from '@mpquic/testkit';
import {
  createClientHandshake,
  createServerHandshake,
  type EncryptionLevel,
  type Handshake,
} from '@mpquic/tls';
import { type Address, concatBytes, createTransmit, Ecn, type Instant, toHex } from '@mpquic/wire';
import type { CloseReason, ConnectionEvent } from '../src/connection-event.ts';
import type { ConnectionMachine, ConnectionSet, PacketLevel } from '../src/contract.ts';
import { createOpenedPacket } from '../src/protection/packet-opening.ts';
import { createConnectionSet } from '../src/set/connection-set.ts';
import { FrameReader } from '../src/wire/frame-reader.ts';
import { frameLength, writeFrame } from '../src/wire/frame-table.ts';
import {
  cloneFrame,
  type Frame,
  type FrameOf,
  type FrameType,
  frameData,
} from '../src/wire/frames.ts';
import { patchLength, writeLongHeader, writeShortHeader } from '../src/wire/header-writer.ts';
import {
  DatagramReader,
  destinationConnectionId,
  type PacketHeader,
  sourceConnectionId,
} from '../src/wire/packet-header.ts';
import {
  DEFAULT_TRANSPORT_PARAMETERS,
  encodeTransportParameters,
} from '../src/wire/transport-parameters.ts';
import { QUIC_V1, type QuicVersion } from '../src/wire/versions.ts';
import { CLIENT_ADDRESS, PSK, SERVER_ADDRESS } from './connection-pair.ts';
import {
  cryptoFrame,
  descendingRanges,
  type PacketOptions,
  type PeerOptions,
  type SeenFrame,
} from './scripted-frames.ts';
import { ScriptedKeys } from './scripted-keys.ts';

export { ackFrame, cryptoFrame, pathAckFrame, streamFrame } from './scripted-frames.ts';

/**
 * The other end of one connection, which does what the test says and nothing else: it makes packets
 * of any frames, with real keys, and looks at what comes back.
 */
export class ScriptedPeer {
  /** Role of the peer; the connection under test has the other. */
  readonly role: 'client' | 'server';
  readonly seen: SeenFrame[] = [];
  readonly events: ConnectionEvent[] = [];
  readonly set: ConnectionSet = createConnectionSet();
  readonly random: SeededRandom = new SeededRandom(7);
  /** The peer's own connection IDs, by path and sequence number. */
  readonly ownIds: Map<string, Uint8Array> = new Map();
  /** Connection IDs of the connection under test, as it announced them. */
  readonly testedIds: Map<string, Uint8Array> = new Map();
  now: Instant = 1_000_000;
  /** Of the packets that the peer makes; {@link turnTo} changes it. */
  version: QuicVersion;
  tls: Handshake | undefined;
  tested: ConnectionMachine | undefined;
  /** Sequence number of the peer's destination connection ID on each path. */
  readonly destinationSequence: Map<number, number> = new Map();
  multipath = true;
  readonly datagrams: Uint8Array[] = [];
  readonly #options: PeerOptions;
  readonly #nextNumber = new Map<string, number>();
  readonly #largest = new Map<string, number>();
  readonly #keys: ScriptedKeys;
  readonly #cryptoSent = new Map<EncryptionLevel, number>();
  readonly #cryptoReceived = new Map<EncryptionLevel, number>();
  readonly #reader = new FrameReader();
  readonly #header = new DatagramReader();
  originalDestination: Uint8Array;

  constructor(role: 'client' | 'server', options: PeerOptions = {}) {
    this.role = role;
    this.#options = options;
    this.version = options.version ?? QUIC_V1;
    this.#keys = new ScriptedKeys(role);
    this.ownIds.set('0/0', this.random.fill(new Uint8Array(options.sourceLength ?? 8)));
    this.originalDestination = this.random.fill(new Uint8Array(8));
    if (role === 'client') this.#startClient();
    else this.#startServer();
  }

  get connection(): ConnectionMachine {
    assert.ok(this.tested, 'there is a connection');
    return this.tested;
  }

  get application(): ScriptedKeys['application'] {
    return this.#keys.application;
  }

  get peerAddress(): Address {
    return this.role === 'client' ? CLIENT_ADDRESS : SERVER_ADDRESS;
  }

  get testedAddress(): Address {
    return this.role === 'client' ? SERVER_ADDRESS : CLIENT_ADDRESS;
  }

  // ---- handshake

  #parameters(): Uint8Array {
    const server =
      this.role === 'server' ? { originalDestinationConnectionId: this.originalDestination } : {};
    return encodeTransportParameters({
      ...DEFAULT_TRANSPORT_PARAMETERS,
      maxIdleTimeout: 60_000_000,
      initialMaxData: 1_000_000,
      initialMaxStreamDataBidiLocal: 100_000,
      initialMaxStreamDataBidiRemote: 100_000,
      initialMaxStreamDataUni: 100_000,
      initialMaxStreamsBidi: 10,
      initialMaxStreamsUni: 10,
      maxDatagramFrameSize: 65535,
      initialMaxPathId: 3,
      activeConnectionIdLimit: 4,
      initialSourceConnectionId: this.ownIds.get('0/0'),
      ...server,
      ...this.#options.parameters,
    });
  }

  #startClient(): void {
    this.set.listen({
      crypto: nodeCryptoProvider,
      random: new SeededRandom(8),
      alpn: ['test'],
      requirePsk: true,
      ...this.#options.server,
    });
    this.testedIds.set('0/0', this.originalDestination);
    this.#keys.begin(this.version, this.originalDestination);
    this.tls = createClientHandshake({
      crypto: nodeCryptoProvider,
      alpn: ['test'],
      psks: [PSK],
      transportParameters: this.#parameters(),
      ...this.#options.tls,
    });
    this.tls.start();
  }

  #startServer(): void {
    this.tested = this.set.connect(
      {
        crypto: nodeCryptoProvider,
        random: new SeededRandom(9),
        alpn: ['test'],
        psks: [PSK],
        local: CLIENT_ADDRESS,
        remote: SERVER_ADDRESS,
        ...this.#options.client,
      },
      this.now,
    );
  }

  /** Runs the whole handshake; afterwards nothing is on its way and {@link seen} is empty. */
  establish(): this {
    if (this.role === 'server') this.pump();
    for (let rounds = 0; rounds < 10 && !this.#isEstablished; rounds++) this.handshakeStep();
    assert.ok(this.#isEstablished, 'the handshake comes about');
    if (this.role === 'server') this.write([{ type: 'handshake_done' }]);
    this.acknowledgeAll();
    assert.ok(
      this.events.some((event) => event.type === 'handshake_confirmed'),
      'the handshake is confirmed',
    );
    this.seen.length = 0;
    return this;
  }

  get #isEstablished(): boolean {
    return this.tested?.handshake !== undefined && this.#keys.hasApplication;
  }

  /** Sends what TLS has to say, one packet per level, and takes what comes back. */
  handshakeStep(): void {
    for (const { level, frames } of this.handshakeFlight()) {
      this.write(frames, { level, padTo: level === 'initial' ? 1200 : 0 });
    }
    this.pump();
  }

  /** CRYPTO frames that the peer's TLS has to send, by level. */
  handshakeFlight(): { readonly level: PacketLevel; readonly frames: Frame[] }[] {
    const flight: { readonly level: PacketLevel; readonly frames: Frame[] }[] = [];
    this.#drainTls();
    for (const event of this.#tlsSends.splice(0)) {
      const offset = this.#cryptoSent.get(event.level) ?? 0;
      this.#cryptoSent.set(event.level, offset + event.data.length);
      flight.push({ level: event.level, frames: [cryptoFrame(event.data, offset)] });
    }
    return flight;
  }

  readonly #tlsSends: { readonly level: EncryptionLevel; data: Uint8Array }[] = [];

  #drainTls(): void {
    const { tls } = this;
    for (let event = tls?.nextEvent(); event !== undefined; event = tls?.nextEvent()) {
      if (event.type === 'send') this.#keepTlsData(event.level, event.data);
      else if (event.type === 'psk_lookup') tls?.answerPskLookup([PSK]);
      else if (event.type === 'secret') {
        this.#keys.install(event, this.version, this.laterVersion);
      }
    }
  }

  /** In one piece for each level. */
  #keepTlsData(level: EncryptionLevel, data: Uint8Array): void {
    const last = this.#tlsSends.at(-1);
    if (last?.level === level) last.data = concatBytes(last.data, data);
    else this.#tlsSends.push({ level, data });
  }

  // ---- sending

  /** Sends one datagram with one packet of these frames, and takes what comes back. */
  write(frames: readonly Frame[], options: PacketOptions = {}): void {
    this.send(this.packet(frames, options), options);
  }

  /** Sends octets that need not be frames, as the content of one 1-RTT packet. */
  writeRaw(content: readonly number[], options: PacketOptions = {}): void {
    this.send(this.packet([], { ...options, content: new Uint8Array(content) }), options);
  }

  /** Hands a datagram to the connection under test. */
  send(payload: Uint8Array, options: PacketOptions = {}): void {
    const remote = options.from ?? this.peerAddress;
    const local = options.to ?? this.testedAddress;
    this.set.receiveDatagram({ local, remote, payload, ecn: options.ecn ?? Ecn.notEct }, this.now);
    this.tested ??= this.set.nextAccepted();
    this.pump();
  }

  /** A protected packet of these frames. */
  packet(frames: readonly Frame[], options: PacketOptions = {}): Uint8Array {
    const level = options.level ?? 'application';
    const pathId = options.pathId ?? 0;
    const number = options.packetNumber ?? this.nextNumber(level, pathId);
    this.#nextNumber.set(`${level}/${pathId}`, number + 1);
    const buffer = new Uint8Array(4096);
    const destination = options.destination ?? this.#destination(pathId);
    const source = options.source ?? (this.ownIds.get('0/0') as Uint8Array);
    const headerEnd =
      level === 'application'
        ? writeShortHeader(buffer, 0, destination, this.application.keyPhase, number, 4)
        : writeLongHeader(
            buffer,
            0,
            this.version,
            level,
            destination,
            source,
            options.token,
            number,
            4,
          );
    let at = headerEnd;
    if (options.content !== undefined) {
      buffer.set(options.content, at);
      at += options.content.length;
    }
    for (const frame of frames) {
      assert.ok(at + frameLength(frame) < buffer.length - 16, 'the frames fit');
      at = writeFrame(frame, buffer, at);
    }
    const least = Math.max(options.padTo ?? 0, 0) - 16;
    if (at < least) at = least;
    const payloadLength = at - headerEnd;
    if (level !== 'application') patchLength(buffer, headerEnd, 4, payloadLength + 16);
    buffer[0] = (buffer[0] as number) | (options.firstOctetBits ?? 0);
    const row = new Int32Array(SEAL_ROW_LENGTH);
    row[SealColumn.headerLength] = headerEnd;
    row[SealColumn.packetNumberLength] = 4;
    row[SealColumn.payloadLength] = payloadLength;
    row[SealColumn.pathId] = pathId;
    row[SealColumn.packetNumberLow] = number;
    this.#keys.sealer(level).seal(buffer, row, 1);
    if (level === 'application') this.application.sealed(pathId, number, 1);
    return buffer.slice(0, at + 16);
  }

  nextNumber(level: PacketLevel = 'application', pathId = 0): number {
    return this.#nextNumber.get(`${level}/${pathId}`) ?? 0;
  }

  #destination(pathId: number): Uint8Array {
    const sequence = this.destinationSequence.get(pathId) ?? 0;
    const id = this.testedIds.get(`${pathId}/${sequence}`);
    assert.ok(id, `the connection announced connection ID ${sequence} of path ${pathId}`);
    return id;
  }

  /** A frame that announces a connection ID of the peer, which is then known. */
  newConnectionId(pathId: number, sequenceNumber: number, retirePriorTo = 0): Frame {
    const connectionId = this.random.fill(new Uint8Array(8));
    this.ownIds.set(`${pathId}/${sequenceNumber}`, connectionId);
    const statelessResetToken = this.random.fill(new Uint8Array(16));
    const fields = { sequenceNumber, retirePriorTo, connectionId, statelessResetToken };
    return this.multipath
      ? { type: 'path_new_connection_id', pathId, ...fields }
      : { type: 'new_connection_id', ...fields };
  }

  /** Acknowledges every packet number seen so far on every path, and what that brings about. */
  acknowledgeAll(): void {
    for (let rounds = 0; rounds < 4; rounds++) {
      this.pump();
      const frames: Frame[] = [];
      for (const [key, numbers] of this.#receivedNumbers) {
        const ranges = descendingRanges([...numbers]);
        const fields = { ackDelay: 0, rangeCount: ranges.length / 2, ranges, ecn: undefined };
        const pathId = Number(key);
        frames.push(
          this.multipath ? { type: 'path_ack', pathId, ...fields } : { type: 'ack', ...fields },
        );
      }
      if (frames.length > 0) this.write(frames);
    }
  }

  /** ACK of the application packets of one path. */
  acknowledgement(pathId = 0): Frame {
    const ranges = descendingRanges([...(this.#receivedNumbers.get(String(pathId)) ?? [])]);
    return {
      type: 'path_ack',
      pathId,
      ackDelay: 0,
      rangeCount: ranges.length / 2,
      ranges,
      ecn: undefined,
    };
  }

  readonly #receivedNumbers = new Map<string, Set<number>>();

  // ---- receiving

  /** Takes all datagrams and events of the connection under test. */
  pump(): void {
    const transmit = createTransmit(65536);
    for (let rounds = 0; rounds < 1000; rounds++) {
      this.#takeEvents();
      const sent =
        this.set.nextTransmit(this.now, transmit) ||
        this.tested?.nextTransmit(this.now, transmit, 16) === true;
      if (!sent) return;
      const { buffer, start, length, segmentSize, local, remote } = transmit;
      for (let at = start; at < start + length; at += segmentSize) {
        const end = Math.min(at + segmentSize, start + length);
        this.#receive(buffer.slice(at, end), local, remote);
      }
    }
    assert.fail('the connection sends without end');
  }

  #takeEvents(): void {
    const { tested } = this;
    for (let event = tested?.nextEvent(); event !== undefined; event = tested?.nextEvent()) {
      this.events.push(event);
      if (event.type === 'psk_lookup') {
        tested?.answerPskLookup(
          event.lookup.identities.map(() => PSK),
          this.now,
        );
      }
    }
  }

  #receive(datagram: Uint8Array, local: Address | undefined, remote: Address | undefined): void {
    this.datagrams.push(datagram.slice());
    this.#header.begin(datagram, 0, datagram.length, this.#options.sourceLength ?? 8);
    for (let header = this.#header.next(); header; header = this.#header.next()) {
      if (this.role === 'server' && header.type === 'initial' && this.tls === undefined) {
        this.#meetClient(header);
      }
      const opened = createOpenedPacket();
      const pathId = header.type === 'application' ? this.#pathOf(header) : 0;
      const key = `${header.type}/${pathId}`;
      const largest = this.#largest.get(key) ?? -1;
      if (!this.#keys.open(header, pathId, largest, this.now, opened)) continue;
      this.#largest.set(key, Math.max(largest, opened.packetNumber));
      const level = header.type as PacketLevel;
      if (level !== 'application') this.testedIds.set('0/0', sourceConnectionId(header).slice());
      this.#reader.begin(level, opened.buffer, opened.payloadStart, opened.payloadEnd);
      for (let frame = this.#reader.next(); frame; frame = this.#reader.next()) {
        const destination = toHex(destinationConnectionId(header));
        const { packetNumber } = opened;
        const where = { level, pathId, packetNumber, local, remote, destination };
        this.#note({ ...where, datagramLength: datagram.length, frame: cloneFrame(frame) });
      }
      if (level === 'application' && this.#reader.ackEliciting) {
        const numbers = this.#receivedNumbers.get(String(pathId)) ?? new Set();
        this.#receivedNumbers.set(String(pathId), numbers.add(opened.packetNumber));
      }
    }
  }

  #note(seen: SeenFrame): void {
    this.seen.push(seen);
    const { level, frame } = seen;
    if (frame.type === 'path_new_connection_id') {
      this.testedIds.set(`${frame.pathId}/${frame.sequenceNumber}`, frame.connectionId);
    } else if (frame.type === 'new_connection_id') {
      this.testedIds.set(`0/${frame.sequenceNumber}`, frame.connectionId);
    } else if (frame.type === 'crypto') {
      const received = this.#cryptoReceived.get(level) ?? 0;
      const data = frameData(frame);
      if (frame.offset > received || frame.offset + data.length <= received) return;
      this.#cryptoReceived.set(level, frame.offset + data.length);
      this.tls?.receive(level, data.subarray(received - frame.offset));
      this.#drainTls();
    }
  }

  #meetClient(header: PacketHeader): void {
    this.originalDestination = destinationConnectionId(header).slice();
    const crypto = nodeCryptoProvider;
    this.turnTo(header.version ?? QUIC_V1);
    this.tls = createServerHandshake({
      crypto,
      alpn: ['test'],
      transportParameters: this.#parameters(),
      ...this.#options.tls,
    });
  }

  /** The next Initial is taken for a client's first. */
  forgetClient(): void {
    this.tls = undefined;
    this.#tlsSends.length = 0;
    this.#keys.forget();
    this.#cryptoSent.clear();
    this.#cryptoReceived.clear();
    this.#nextNumber.clear();
    this.#largest.clear();
  }

  /** Of Handshake and 1-RTT packets. */
  get laterVersion(): QuicVersion {
    return this.#options.turnsTo ?? this.version;
  }

  /** From now on Initial packets are of this version. */
  turnTo(version: QuicVersion): void {
    this.version = version;
    this.#keys.begin(version, this.originalDestination);
  }

  #pathOf(header: PacketHeader): number {
    const destination = toHex(destinationConnectionId(header));
    for (const [key, id] of this.ownIds) {
      if (toHex(id) === destination) return Number(key.split('/')[0]);
    }
    return 0;
  }

  // ---- looking

  /** The next frame of a type that the connection sends, which is taken out with all before it. */
  wantFrame<T extends FrameType>(why: string, type: T, level?: PacketLevel): FrameOf<T> {
    return this.wantSeen(why, type, level).frame as FrameOf<T>;
  }

  wantSeen(why: string, type: FrameType, level?: PacketLevel): SeenFrame {
    this.pump();
    const index = this.seen.findIndex(
      (seen) => seen.frame.type === type && (level === undefined || seen.level === level),
    );
    const types = this.seen.map((seen) => seen.frame.type).join(', ');
    assert.ok(index >= 0, `${why}: wanted ${type}, saw ${types || 'nothing'}`);
    const found = this.seen[index] as SeenFrame;
    this.seen.splice(0, index + 1);
    return found;
  }

  /** No frame of this type was sent. */
  wantNo(why: string, type: FrameType): void {
    this.pump();
    assert.ok(!this.seen.some((seen) => seen.frame.type === type), `${why}: no ${type}`);
  }

  /** Nothing but acknowledgements and padding was sent. */
  wantIdle(why: string): void {
    this.pump();
    const types = this.seen.map((seen) => seen.frame.type);
    const other = types.filter((type) => !['ack', 'path_ack', 'padding'].includes(type));
    assert.deepEqual(other, [], why);
    this.seen.length = 0;
  }

  /** The connection closed for this transport error, and said so. */
  wantClose(why: string, code: number): CloseReason {
    this.pump();
    const closing = this.events.find((event) => event.type === 'closing');
    assert.ok(closing, `${why}: closes`);
    const { reason } = closing;
    assert.equal(
      `0x${reason.code.toString(16)}`,
      `0x${code.toString(16)}`,
      `${why}: ${reason.reason}`,
    );
    assert.equal(reason.by, 'local', why);
    const frame = this.wantFrame(why, 'connection_close');
    assert.equal(frame.errorCode, code, why);
    return reason;
  }

  /** The connection is open. */
  wantOpen(why: string): void {
    this.pump();
    const closing = this.events.find((event) => event.type === 'closing');
    assert.equal(closing?.reason.reason, undefined, why);
  }

  dropped(reason: string): number {
    return this.connection.stats().packetsDropped[reason] ?? 0;
  }

  /** Lets time pass, with all timeouts on the way. */
  advance(duration: number): void {
    const end = this.now + duration;
    for (let rounds = 0; rounds < 10_000; rounds++) {
      this.pump();
      const timeout = this.connection.nextTimeout();
      if (timeout === undefined || timeout > end) break;
      this.now = Math.max(this.now, timeout);
      this.connection.handleTimeout(this.now);
    }
    this.now = end;
    this.pump();
  }

  /** Lets time pass up to the next timeout and no further. */
  advanceToTimer(): void {
    this.pump();
    const timeout = this.connection.nextTimeout();
    assert.ok(timeout !== undefined, 'a timer runs');
    this.now = Math.max(this.now, timeout);
    this.connection.handleTimeout(this.now);
    this.pump();
  }
}
