import { cursor, readVarint, writeVarint } from './reference-frames.ts';
import { HEADER_LENGTH } from './reference-protection.ts';

const MAX_RANGES = 64;
const MAX_SENT_RANGES = 16;
const MAX_GAPS = 2000;

interface SinkStream {
  offset: number;
  readonly early: Map<number, Uint8Array>;
}

/** The receiving half of the bare data path: STREAM frames in order to the application, ACK ranges. */
export class ReferenceReceiver {
  readonly #low: Float64Array = new Float64Array(MAX_RANGES);
  readonly #high: Float64Array = new Float64Array(MAX_RANGES);
  readonly #streams = new Map<number, SinkStream>();
  readonly #deliver: (octets: Uint8Array) => void;
  #ranges = 0;
  packetsReceived = 0;
  /** Packets since the last ACK frame. */
  unacknowledged = 0;

  constructor(deliver: (octets: Uint8Array) => void) {
    this.#deliver = deliver;
  }

  /** The plaintext of a packet with STREAM frames. */
  receive(payload: Uint8Array, packetNumber: number): void {
    if (!this.#remember(packetNumber)) return;
    this.packetsReceived += 1;
    this.unacknowledged += 1;
    cursor.position = 0;
    while (cursor.position < payload.length) {
      const type = payload[cursor.position++] as number;
      if (type !== 0x0e) throw new Error(`frame type ${type} in the reference path`);
      const id = readVarint(payload);
      const offset = readVarint(payload);
      const length = readVarint(payload);
      const start = cursor.position;
      cursor.position = start + length;
      this.#accept(id, offset, payload.subarray(start, start + length));
    }
  }

  /** Writes a short header and an ACK frame, and returns their length. */
  writeAcknowledgement(packet: Uint8Array, packetNumber: number): number {
    const low = this.#low;
    const high = this.#high;
    this.unacknowledged = 0;
    packet[0] = 0x41;
    packet[9] = packetNumber >>> 8;
    packet[10] = packetNumber;
    const last = this.#ranges - 1;
    const others = Math.min(last, MAX_SENT_RANGES);
    packet[HEADER_LENGTH] = 0x02;
    let at = writeVarint(packet, HEADER_LENGTH + 1, high[last] as number);
    at = writeVarint(packet, at, 0);
    at = writeVarint(packet, at, others);
    at = writeVarint(packet, at, (high[last] as number) - (low[last] as number));
    for (let i = last - 1; i >= last - others; i--) {
      at = writeVarint(packet, at, (low[i + 1] as number) - (high[i] as number) - 2);
      at = writeVarint(packet, at, (high[i] as number) - (low[i] as number));
    }
    return at;
  }

  #accept(id: number, offset: number, octets: Uint8Array): void {
    let stream = this.#streams.get(id);
    if (stream === undefined) {
      stream = { offset: 0, early: new Map() };
      this.#streams.set(id, stream);
    }
    if (offset > stream.offset) {
      if (stream.early.size < MAX_GAPS) {
        stream.early.set(offset, octets);
        return;
      }
      // Lost data never comes again: go on behind it.
      stream.early.clear();
    } else if (offset < stream.offset) {
      return;
    }
    stream.offset = offset + octets.length;
    this.#deliver(octets);
    if (stream.early.size > 0) this.#drain(stream);
  }

  #drain(stream: SinkStream): void {
    for (;;) {
      const octets = stream.early.get(stream.offset);
      if (octets === undefined) return;
      stream.early.delete(stream.offset);
      stream.offset += octets.length;
      this.#deliver(octets);
    }
  }

  /** False for a packet number that was there before, or is older than all ranges kept. */
  #remember(packetNumber: number): boolean {
    const low = this.#low;
    const high = this.#high;
    let i = this.#ranges - 1;
    if (i >= 0 && packetNumber === (high[i] as number) + 1) {
      high[i] = packetNumber;
      return true;
    }
    while (i >= 0 && packetNumber < (low[i] as number)) i--;
    if (i >= 0 && packetNumber <= (high[i] as number)) return false;
    const joinsLower = i >= 0 && packetNumber === (high[i] as number) + 1;
    const joinsUpper = i + 1 < this.#ranges && packetNumber === (low[i + 1] as number) - 1;
    if (joinsLower && joinsUpper) {
      high[i] = high[i + 1] as number;
      this.#remove(i + 1);
    } else if (joinsLower) high[i] = packetNumber;
    else if (joinsUpper) low[i + 1] = packetNumber;
    else this.#insert(i + 1, packetNumber);
    return true;
  }

  #remove(index: number): void {
    this.#low.copyWithin(index, index + 1, this.#ranges);
    this.#high.copyWithin(index, index + 1, this.#ranges);
    this.#ranges -= 1;
  }

  #insert(index: number, packetNumber: number): void {
    let at = index;
    if (this.#ranges === MAX_RANGES) {
      if (at === 0) return;
      this.#remove(0);
      at -= 1;
    }
    this.#low.copyWithin(at + 1, at, this.#ranges);
    this.#high.copyWithin(at + 1, at, this.#ranges);
    this.#low[at] = packetNumber;
    this.#high[at] = packetNumber;
    this.#ranges += 1;
  }
}
