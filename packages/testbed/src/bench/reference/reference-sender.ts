import { cursor, readVarint, writeVarint, writeVarint2 } from './reference-frames.ts';
import { HEADER_LENGTH, TAG_LENGTH } from './reference-protection.ts';

const RING = 16384;
const WINDOW_PACKETS = 512;
const PACKET_THRESHOLD = 3;
const SILENCE_MS = 60;
const SOURCE_LENGTH = 1 << 20;

interface SourceStream {
  readonly id: number;
  readonly source: Uint8Array;
  offset: number;
  sourcePosition: number;
}

/** Protects the packet in the sender's buffer and sends it. */
export type SendPacket = (packet: Uint8Array, length: number, packetNumber: number) => void;

/**
 * The sending half of the bare data path: STREAM frames of some streams in turn, a fixed window, losses by packet
 * threshold. What is lost is not sent again: this is a floor for what a real stack costs, not a stack.
 */
export class ReferenceSender {
  readonly #send: SendPacket;
  readonly #packetSize: number;
  readonly #packet: Uint8Array;
  readonly #streams: SourceStream[] = [];
  /** 1 while in flight. */
  readonly #inFlightRing: Uint8Array = new Uint8Array(RING);
  #turn = 0;
  #next = 0;
  #lowest = 0;
  #largestAcknowledged = -1;
  #inFlight = 0;
  #lastAcknowledgement = performance.now();
  packetsLost = 0;

  constructor(packetSize: number, streams: number, send: SendPacket) {
    this.#send = send;
    this.#packetSize = packetSize;
    this.#packet = new Uint8Array(packetSize);
    for (let i = 0; i < streams; i++) {
      const source = new Uint8Array(SOURCE_LENGTH).fill(i);
      this.#streams.push({ id: 4 * i, source, offset: 0, sourcePosition: 0 });
    }
  }

  get packetsSent(): number {
    return this.#next;
  }

  /** Sends as much as the window allows. */
  pump(): void {
    while (this.#inFlight < WINDOW_PACKETS) this.#sendOne();
  }

  /** An ACK frame at `position`, which is the whole payload. */
  acknowledged(payload: Uint8Array, position: number): void {
    cursor.position = position + 1;
    let high = readVarint(payload);
    readVarint(payload);
    const ranges = readVarint(payload);
    let low = high - readVarint(payload);
    if (high > this.#largestAcknowledged) this.#largestAcknowledged = high;
    for (let range = 0; ; range++) {
      this.#settle(Math.max(low, this.#lowest), high);
      if (range === ranges) break;
      high = low - readVarint(payload) - 2;
      low = high - readVarint(payload);
    }
    this.#detectLosses(this.#largestAcknowledged - PACKET_THRESHOLD);
    this.#lastAcknowledgement = performance.now();
  }

  /** Gives up what is in flight after a silence; to be called now and then. */
  recover(): void {
    if (this.#inFlight === 0 || performance.now() - this.#lastAcknowledgement < SILENCE_MS) return;
    this.#detectLosses(this.#next - 1);
    this.#lastAcknowledgement = performance.now();
    this.pump();
  }

  #sendOne(): void {
    const packet = this.#packet;
    const packetNumber = this.#next++;
    const stream = this.#streams[this.#turn] as SourceStream;
    this.#turn = (this.#turn + 1) % this.#streams.length;
    packet[0] = 0x41;
    packet[9] = packetNumber >>> 8;
    packet[10] = packetNumber;
    let at = HEADER_LENGTH;
    packet[at++] = 0x0e;
    at = writeVarint(packet, at, stream.id);
    at = writeVarint(packet, at, stream.offset);
    const room = this.#packetSize - TAG_LENGTH - at - 2;
    at = writeVarint2(packet, at, room);
    if (stream.sourcePosition + room > SOURCE_LENGTH) stream.sourcePosition = 0;
    const { source, sourcePosition } = stream;
    packet.set(source.subarray(sourcePosition, sourcePosition + room), at);
    stream.sourcePosition += room;
    stream.offset += room;
    this.#inFlightRing[packetNumber & (RING - 1)] = 1;
    this.#inFlight += 1;
    this.#send(packet, at + room, packetNumber);
  }

  #settle(from: number, to: number): void {
    const ring = this.#inFlightRing;
    for (let packetNumber = from; packetNumber <= to; packetNumber++) {
      const slot = packetNumber & (RING - 1);
      this.#inFlight -= ring[slot] as number;
      ring[slot] = 0;
    }
  }

  #detectLosses(limit: number): void {
    const ring = this.#inFlightRing;
    let lowest = this.#lowest;
    for (; lowest <= limit; lowest++) {
      const slot = lowest & (RING - 1);
      this.packetsLost += ring[slot] as number;
      this.#inFlight -= ring[slot] as number;
      ring[slot] = 0;
    }
    while (lowest < this.#next && ring[lowest & (RING - 1)] === 0) lowest++;
    this.#lowest = lowest;
  }
}
