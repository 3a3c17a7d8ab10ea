import type { Instant } from '@mpquic/wire';
import { OutgoingDatagrams } from './datagram-queues.ts';
import { Outcome, type Shim } from './shim.ts';

/** Datagrams on their way from the application into packets of ngtcp2's. RFC 9221 */
export class DatagramSending {
  readonly #shim: Shim;
  readonly #queue: OutgoingDatagrams;
  #sent = 0;

  /** `lost` hears of those that give way to what is above `queueLimit`. */
  constructor(shim: Shim, queueLimit: number, lost: (id: number) => void) {
    this.#shim = shim;
    this.#queue = new OutgoingDatagrams(queueLimit, lost);
  }

  /** How many went into packets. */
  get sent(): number {
    return this.#sent;
  }

  /** Octets of the largest that fits a packet, and the peer takes. */
  get maxSize(): number {
    const { call } = this.#shim;
    const frame = Math.max(0, call.peer_max_datagram_frame_size() - FRAME_HEAD);
    const overhead = PACKET_OVERHEAD + call.peer_id_length() + FRAME_HEAD;
    return Math.min(frame, Math.max(0, call.max_packet_size() - overhead));
  }

  /** Datagrams that may be queued before the oldest is dropped. */
  get room(): number {
    return this.#queue.room;
  }

  /** As `OutgoingDatagrams` says. */
  takeWritable(): boolean {
    return this.#queue.takeWritable();
  }

  /** Copies the octets and returns their number. */
  push(data: Uint8Array): number {
    return this.#queue.push(data);
  }

  /** Fills the packet that was begun; `more` where it has room for streams. */
  fillPacket(now: Instant): number {
    const { call, inbox } = this.#shim;
    for (let next = this.#queue.first; next !== undefined; next = this.#queue.first) {
      this.#shim.put(inbox, next.data);
      const result = call.write_datagram(next.id, inbox, next.data.length, now);
      if (result === Outcome.refused) {
        this.#queue.dropFirst();
        continue;
      }
      if (call.taken() > 0) {
        this.#queue.shift();
        this.#sent += 1;
      }
      if (result !== Outcome.more) return result === 0 ? Outcome.more : result;
    }
    return Outcome.more;
  }
}

/** First octet, packet number of up to 4 octets, and tag; the connection ID is the peer's. */
const PACKET_OVERHEAD = 1 + 4 + 16;
/** Type and length of a DATAGRAM frame. */
const FRAME_HEAD = 3;
