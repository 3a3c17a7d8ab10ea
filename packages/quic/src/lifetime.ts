import type { Address, Instant } from '@mpquic/wire';
import type { CloseReason } from './connection-event.ts';

/** CONNECTION_CLOSE in a datagram for one path, kept to be sent again as it is. RFC 9000 §10.2.1 */
export interface ClosePacket {
  readonly pathId: number;
  readonly local: Address;
  readonly remote: Address;
  readonly bytes: Uint8Array;
}

/** Where a connection stands between its first packet and its last. RFC 9000 §10 */
export type Lifetime =
  | { readonly phase: 'open' }
  /** A CONNECTION_CLOSE is to be built; keys are still there. */
  | { readonly phase: 'close_pending'; readonly reason: CloseReason; readonly until: Instant }
  | {
      readonly phase: 'closing';
      readonly reason: CloseReason;
      readonly until: Instant;
      readonly replies: CloseReplies;
    }
  | { readonly phase: 'draining'; readonly reason: CloseReason; readonly until: Instant }
  | { readonly phase: 'closed'; readonly reason: CloseReason };

export type LifetimePhase = Lifetime['phase'];

/**
 * The packets of the closing state: each is sent once, then again in answer to what arrives, at first
 * to one datagram, then to every second, fourth, eighth. RFC 9000 §10.2.1
 */
export class CloseReplies {
  readonly #packets: readonly ClosePacket[];
  readonly #due: ClosePacket[];
  #received = 0;
  #replyAt = 1;

  constructor(packets: readonly ClosePacket[]) {
    this.#packets = packets;
    this.#due = [...packets];
  }

  datagramReceived(pathId: number): void {
    this.#received += 1;
    if (this.#received < this.#replyAt) return;
    this.#replyAt *= 2;
    const packet = this.#packets.find((other) => other.pathId === pathId) ?? this.#packets[0];
    if (packet !== undefined && !this.#due.includes(packet)) this.#due.push(packet);
  }

  /** The next packet to send now. */
  next(): ClosePacket | undefined {
    return this.#due.shift();
  }
}
