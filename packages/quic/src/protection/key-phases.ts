import type { CryptoProvider, PacketOpener, PacketSealer } from '@mpquic/crypto';
import type { DatagramRun, Duration, Instant } from '@mpquic/wire';
import { CONNECTION_ID_LENGTH } from '../paths/connection-id-table.ts';
import { TransportError } from '../transport-error.ts';
import type { PacketHeader } from '../wire/packet-header.ts';
import type { PacketNumberLength } from '../wire/packet-number.ts';
import type { QuicVersion } from '../wire/versions.ts';
import type { OpenedRun } from './opened-run.ts';
import {
  decryptPacket,
  numberLengthOf,
  type OpenedPacket,
  openShortPacket,
  type PacketInRun,
} from './packet-opening.ts';
import { ReadKeys, WriteKeys } from './phase-keys.ts';
import { PhasePackets } from './phase-packets.ts';
import type { ProtectionSuite } from './suites.ts';

/** Packets kept back from the confidentiality limit, for the batch under way and the close. */
const RESERVED_PACKETS = 1024;

export interface KeyPhasesParameters {
  readonly crypto: CryptoProvider;
  readonly version: QuicVersion;
  readonly suite: ProtectionSuite;
  /** The largest PTO of all paths, asked for when a key update begins or is confirmed. MP-21 §2.5 */
  readonly largestPto: () => Duration;
  /** An update is due after so many packets under one key; the suite's limit bounds it. */
  readonly updateAfterPackets?: number | undefined;
}

/**
 * The 1-RTT keys of a connection, for all of its paths: previous, current and next ones, updates by
 * either side, and the limits of their use. RFC 9001 §6, MP-21 §2.5
 */
export class KeyPhases {
  readonly #parameters: KeyPhasesParameters;
  readonly #updateAfter: number;
  #read: ReadKeys | undefined;
  #write: WriteKeys | undefined;
  /** Key updates so far; its lowest bit is the Key Phase bit. */
  #generation = 0;
  #sealedPackets = 0;
  #failedPackets = 0;
  readonly #packets = new PhasePackets();
  #discardPreviousAt: Instant | undefined;
  /** When the peer's first acknowledgment of the current phase came. */
  #confirmedAt: Instant | undefined;
  #retryBuffer: Uint8Array = NOTHING;

  constructor(parameters: KeyPhasesParameters) {
    this.#parameters = parameters;
    const { confidentialityLimit } = parameters.suite;
    this.#updateAfter = Math.min(
      parameters.updateAfterPackets ?? Number.POSITIVE_INFINITY,
      confidentialityLimit / 2,
    );
  }

  /** Takes over the first application traffic secret of the peer. */
  installRead(secret: Uint8Array): void {
    const { crypto, version, suite } = this.#parameters;
    this.#read = new ReadKeys(crypto, version, suite, secret);
  }

  /** Takes over the first application traffic secret of this side. */
  installWrite(secret: Uint8Array): void {
    const { crypto, version, suite } = this.#parameters;
    this.#write = new WriteKeys(crypto, version, suite, secret);
  }

  get canOpen(): boolean {
    return this.#read !== undefined;
  }

  /** Seals packets of the current phase; every use is reported to {@link sealed}. */
  get sealer(): PacketSealer | undefined {
    return this.#write?.sealer;
  }

  /** The Key Phase bit of packets to send. */
  get keyPhase(): 0 | 1 {
    return (this.#generation & 1) as 0 | 1;
  }

  /** Key updates so far, by either side. */
  get generation(): number {
    return this.#generation;
  }

  /** Counts `count` packets sealed for one path, of which `first` has the lowest number. */
  sealed(pathId: number, first: number, count: number): void {
    this.#sealedPackets += count;
    const packets = this.#packets.of(pathId);
    if (packets.lowestSent < 0) packets.lowestSent = first;
  }

  /**
   * Whether no packet but the one that closes the connection, with AEAD_LIMIT_REACHED, may be sealed.
   * RFC 9001 §6.6
   */
  get isExhausted(): boolean {
    return this.#sealedPackets >= this.#parameters.suite.confidentialityLimit - RESERVED_PACKETS;
  }

  /** Whether the current key has sealed so many packets that {@link update} should be called. */
  isUpdateDue(now: Instant): boolean {
    return this.#sealedPackets >= this.#updateAfter && this.mayUpdate(now);
  }

  /**
   * Whether this side may update keys: both directions are there, and after an earlier update its
   * acknowledgment came three times the largest PTO ago. The caller knows whether the handshake is
   * confirmed. RFC 9001 §6.1, MP-21 §2.5
   */
  mayUpdate(now: Instant): boolean {
    if (!this.#read || !this.#write) return false;
    if (this.#generation === 0) return true;
    if (this.#confirmedAt === undefined) return false;
    return now >= this.#confirmedAt + 3 * this.#parameters.largestPto();
  }

  /** Updates the keys of both directions; packets sealed from now on carry the new Key Phase bit. */
  update(): void {
    this.#read?.advance();
    this.#write?.advance();
    this.#generation += 1;
    this.#sealedPackets = 0;
    this.#packets.clear();
    this.#confirmedAt = undefined;
    this.#discardPreviousAt = undefined;
  }

  /**
   * Takes note of an acknowledgment.
   * @param generation of the packet that carried it
   * @throws {TransportError} KEY_UPDATE_ERROR where older keys carry it than those it acknowledges
   * (RFC 9001 §6.2)
   */
  acknowledged(pathId: number, largest: number, generation: number, now: Instant): void {
    const lowest = this.#packets.known(pathId)?.lowestSent ?? -1;
    if (lowest < 0 || largest < lowest) return;
    if (generation < this.#generation) {
      throw new TransportError('KEY_UPDATE_ERROR', 'old keys acknowledge packets of new keys');
    }
    this.#confirmedAt ??= now;
  }

  /**
   * Removes the protection of a 1-RTT packet, changing it in place; false where there are no keys or
   * authentication fails. A packet of the next phase updates the keys of both directions.
   * @param largestReceived on this path, -1 where none
   * @throws {TransportError} PROTOCOL_VIOLATION on reserved bits, KEY_UPDATE_ERROR on updates against
   * the rules, AEAD_LIMIT_REACHED after too many failures
   */
  open(
    header: PacketHeader,
    pathId: number,
    largestReceived: number,
    now: Instant,
    into: OpenedPacket,
    inRun?: PacketInRun,
  ): boolean {
    const read = this.#read;
    if (!read) return false;
    into.keysUpdated = false;
    into.generation = this.#generation;
    const { keyPhase } = this;
    const outcome = openShortPacket(
      read.current,
      header,
      pathId,
      largestReceived,
      keyPhase,
      into,
      inRun,
    );
    if (outcome === 'forged') return this.failed();
    if (outcome === 'other_key_phase') {
      return this.#openOther(read, header, numberLengthOf(header), pathId, now, into);
    }
    this.#noteReceived(pathId, into.packetNumber, now);
    return true;
  }

  /**
   * Opens the packets of a run from the datagram at hand on, as far as they are of the current phase: index of the
   * first of them in `opened`, -1 where they are to be opened one by one. Every one that is used is reported to
   * {@link runReceived}.
   */
  openRun(run: DatagramRun, pathId: number, largestReceived: number, opened: OpenedRun): number {
    const opener = this.opener;
    if (opener?.openRun === undefined) return -1;
    const { keyPhase } = this;
    return opened.find(opener, run, CONNECTION_ID_LENGTH, pathId, largestReceived, keyPhase);
  }

  /** Opens packets of the current phase. */
  get opener(): PacketOpener | undefined {
    return this.#read?.current;
  }

  /** Notes packets `first` to `last`, opened by {@link openRun}. */
  runReceived(pathId: number, first: number, last: number, now: Instant): void {
    this.#noteReceived(pathId, first, now);
    this.#noteReceived(pathId, last, now);
  }

  /**
   * Counts a packet of any level that failed authentication; returns false.
   * @throws {TransportError} AEAD_LIMIT_REACHED at the integrity limit (RFC 9001 §6.6)
   */
  failed(): false {
    this.#failedPackets += 1;
    if (this.#failedPackets > this.#parameters.suite.integrityLimit) {
      throw new TransportError('AEAD_LIMIT_REACHED', 'too many packets failed authentication');
    }
    return false;
  }

  /** When the previous keys are to be discarded. */
  nextTimeout(): Instant | undefined {
    return this.#discardPreviousAt;
  }

  /** Discards the previous keys when their time is over. RFC 9001 §6.5 */
  handleTimeout(now: Instant): void {
    if (this.#discardPreviousAt === undefined || now < this.#discardPreviousAt) return;
    this.#discardPreviousAt = undefined;
    this.#read?.discardPrevious();
  }

  /** Drops what is kept for a path whose state is deleted. */
  forgetPath(pathId: number): void {
    this.#packets.forget(pathId);
  }

  /** Wipes all keys and secrets. */
  dispose(): void {
    this.#read?.dispose();
    this.#write?.dispose();
    this.#read = undefined;
    this.#write = undefined;
    this.#retryBuffer.fill(0);
  }

  /** A Key Phase bit other than the current one: previous or next keys, by packet number. RFC 9001 §6.5 */
  #openOther(
    read: ReadKeys,
    header: PacketHeader,
    numberLength: PacketNumberLength,
    pathId: number,
    now: Instant,
    into: OpenedPacket,
  ): boolean {
    const { previous } = read;
    if (!previous) return this.#openNext(read, header, numberLength, pathId, now, into);
    const packets = this.#packets.known(pathId);
    const wasReceived = packets !== undefined && packets.highestReceived >= 0;
    const mayBeNext = wasReceived && into.packetNumber > packets.highestReceived;
    const packet = mayBeNext ? this.#copyForRetry(header) : header;
    if (decryptPacket(previous, header, numberLength, pathId, into)) {
      if (wasReceived && into.packetNumber > packets.lowestReceived) {
        throw new TransportError('KEY_UPDATE_ERROR', 'old keys on a packet after the update');
      }
      into.generation = this.#generation - 1;
      return true;
    }
    if (mayBeNext) return this.#openNext(read, packet, numberLength, pathId, now, into);
    return this.failed();
  }

  #openNext(
    read: ReadKeys,
    header: PacketHeader,
    numberLength: PacketNumberLength,
    pathId: number,
    now: Instant,
    into: OpenedPacket,
  ): boolean {
    if (!decryptPacket(read.next, header, numberLength, pathId, into)) return this.failed();
    if (this.#generation > 0 && this.#sealedPackets === 0) {
      throw new TransportError('KEY_UPDATE_ERROR', 'second update before the first was confirmed');
    }
    this.update();
    this.#noteReceived(pathId, into.packetNumber, now);
    into.generation = this.#generation;
    into.keysUpdated = true;
    return true;
  }

  /** Opening may ruin the ciphertext, so that a second try needs its own. */
  #copyForRetry(header: PacketHeader): PacketHeader {
    const { start, end } = header;
    if (this.#retryBuffer.length < end - start) this.#retryBuffer = new Uint8Array(end - start);
    this.#retryBuffer.set(header.buffer.subarray(start, end));
    return {
      ...header,
      buffer: this.#retryBuffer,
      start: 0,
      end: end - start,
      packetNumberOffset: header.packetNumberOffset - start,
    };
  }

  #noteReceived(pathId: number, packetNumber: number, now: Instant): void {
    const packets = this.#packets.of(pathId);
    if (packets.highestReceived < 0) {
      packets.lowestReceived = packetNumber;
      packets.highestReceived = packetNumber;
      if (this.#read?.previous) {
        this.#discardPreviousAt ??= now + 3 * this.#parameters.largestPto();
      }
    } else if (packetNumber > packets.highestReceived) {
      packets.highestReceived = packetNumber;
    } else if (packetNumber < packets.lowestReceived) {
      packets.lowestReceived = packetNumber;
    }
  }
}

const NOTHING = new Uint8Array();
