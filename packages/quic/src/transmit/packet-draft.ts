import { AEAD_TAG_LENGTH, SEAL_ROW_LENGTH, SealColumn } from '@mpquic/crypto';
import type { PacketLevel } from '../contract.ts';
import type { PieceTable } from '../streams/piece-table.ts';
import { FRAME_CODECS, frameLength, writeFrame } from '../wire/frame-table.ts';
import type { Frame } from '../wire/frames.ts';
import { patchLength } from '../wire/header-writer.ts';
import type { PacketNumberLength } from '../wire/packet-number.ts';
import type { SentFrame } from './sent-frame.ts';

/** RFC 9001 §5.4.2: packet number and payload together have at least 4 octets, so that a sample fits. */
const LEAST_PROTECTED = 4;

/**
 * The packet that is being written into the transmit buffer. One object serves every packet: it holds
 * what is known of the one under way.
 */
export class PacketDraft {
  level: PacketLevel = 'application';
  packetNumber = 0;
  ackEliciting = false;
  /** Whether it holds PADDING, which counts as in flight. RFC 9002 §2 */
  padded = false;
  /** Largest Acknowledged of an ACK of the same packet number space; -1 for none. */
  acknowledges = -1;
  /** The first STREAM frame; -1 where there is none, or a DATAGRAM frame came before it. */
  streamId = -1;
  streamOffset = 0;
  streamLength = 0;
  streamFin = false;
  /** The first DATAGRAM frame; -1 where there is none, or a STREAM frame came before it. */
  datagramId = -1;
  /** Remembered until the packet's fate is known. */
  deliveries: SentFrame[] | undefined;
  /** Frames as an observer sees them; undefined where nobody looks. */
  observed: Frame[] | undefined;
  buffer: Uint8Array = NO_BYTES;
  /** Takes octets of streams to be copied when the run is complete, where packets leave in runs and nobody looks. */
  pieces: PieceTable | undefined;
  /** Offset of the next octet to write. */
  at = 0;
  #start = 0;
  #payloadStart = 0;
  #limit = 0;
  #numberLength: PacketNumberLength = 1;

  /** Starts behind a header that `buffer` holds from `start` up to `payloadStart`. */
  begin(
    level: PacketLevel,
    buffer: Uint8Array,
    start: number,
    payloadStart: number,
    end: number,
    packetNumber: number,
    numberLength: PacketNumberLength,
    observed: boolean,
  ): void {
    this.level = level;
    this.buffer = buffer;
    this.#start = start;
    this.#payloadStart = payloadStart;
    this.at = payloadStart;
    this.#limit = end - AEAD_TAG_LENGTH;
    this.packetNumber = packetNumber;
    this.#numberLength = numberLength;
    this.ackEliciting = false;
    this.padded = false;
    this.acknowledges = -1;
    this.streamId = -1;
    this.datagramId = -1;
    this.deliveries = undefined;
    this.observed = observed ? [] : undefined;
    this.pieces = undefined;
  }

  /** Offset that frames must not pass. */
  get limit(): number {
    return this.#limit;
  }

  /** Octets left for frames. */
  get room(): number {
    return this.#limit - this.at;
  }

  /** Octets that the whole packet may have. */
  get capacity(): number {
    return this.#limit + AEAD_TAG_LENGTH - this.#start;
  }

  get isEmpty(): boolean {
    return this.at === this.#payloadStart;
  }

  /** Octets of the whole packet as it stands, tag included. */
  get length(): number {
    return this.at + AEAD_TAG_LENGTH - this.#start;
  }

  /** Writes a frame as it is; false where it does not fit. */
  write(frame: Frame): boolean {
    if (frameLength(frame) > this.room) return false;
    this.at = writeFrame(frame, this.buffer, this.at);
    if (FRAME_CODECS[frame.type].ackEliciting) this.ackEliciting = true;
    this.observed?.push(frame);
    return true;
  }

  remember(frame: SentFrame): void {
    if (this.deliveries === undefined) this.deliveries = [frame];
    else this.deliveries.push(frame);
  }

  /** Notes a DATAGRAM frame that was written, as {@link rememberStream} does. */
  rememberDatagram(datagramId: number): void {
    this.ackEliciting = true;
    if (this.#hasOwn) this.remember({ type: 'datagram', datagramId });
    else this.datagramId = datagramId;
  }

  /** Notes a STREAM frame that was written: in the packet's own fields, where these are free. */
  rememberStream(streamId: number, offset: number, length: number, fin: boolean): void {
    this.ackEliciting = true;
    if (this.#hasOwn) {
      this.remember({ type: 'stream', streamId, offset, length, fin });
      return;
    }
    this.streamId = streamId;
    this.streamOffset = offset;
    this.streamLength = length;
    this.streamFin = fin;
  }

  get #hasOwn(): boolean {
    return this.streamId >= 0 || this.datagramId >= 0;
  }

  /** Writes PADDING; the caller knows it to fit. */
  padBy(octets: number): void {
    this.buffer.fill(0, this.at, this.at + octets);
    this.observed?.push({ type: 'padding', length: octets });
    this.at += octets;
    this.padded = true;
  }

  /** Fills up with PADDING until the whole packet has `length` octets. RFC 9000 §14.1 */
  padTo(length: number): void {
    const end = Math.min(this.#limit, this.#start + length - AEAD_TAG_LENGTH);
    if (end > this.at) this.padBy(end - this.at);
  }

  /** Ends the packet: its row for the sealer, and its octets, tag included. */
  finish(table: Int32Array, row: number, pathId: number): number {
    const least = this.#payloadStart + LEAST_PROTECTED - this.#numberLength;
    if (this.at < least) this.padTo(least + AEAD_TAG_LENGTH - this.#start);
    const payloadLength = this.at - this.#payloadStart;
    if (this.level !== 'application') {
      patchLength(
        this.buffer,
        this.#payloadStart,
        this.#numberLength,
        payloadLength + AEAD_TAG_LENGTH,
      );
    }
    const headerLength = this.#payloadStart - this.#start;
    const { packetNumber } = this;
    const numberLength = this.#numberLength;
    const start = this.#start;
    writeSealRow(
      table,
      row,
      start,
      headerLength,
      numberLength,
      payloadLength,
      pathId,
      packetNumber,
    );
    return this.length;
  }
}

/** Describes a packet to the sealer. */
export function writeSealRow(
  table: Int32Array,
  row: number,
  start: number,
  headerLength: number,
  numberLength: PacketNumberLength,
  payloadLength: number,
  pathId: number,
  packetNumber: number,
): void {
  const base = row * SEAL_ROW_LENGTH;
  table[base + SealColumn.offset] = start;
  table[base + SealColumn.headerLength] = headerLength;
  table[base + SealColumn.packetNumberLength] = numberLength;
  table[base + SealColumn.payloadLength] = payloadLength;
  table[base + SealColumn.pathId] = pathId;
  table[base + SealColumn.packetNumberLow] = packetNumber;
  table[base + SealColumn.packetNumberHigh] = Math.floor(packetNumber / 2 ** 32);
}

const NO_BYTES = new Uint8Array();
