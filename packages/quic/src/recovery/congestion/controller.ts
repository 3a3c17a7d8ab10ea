import type { Instant } from '@mpquic/wire';
import type { AcknowledgedPackets } from './acknowledged-packets.ts';

/**
 * Limits what one network path has in flight. RFC 9002 §7
 *
 * Sizes are octets of UDP payload. Only in-flight packets are reported: ack-eliciting ones and those
 * with PADDING.
 */
export interface CongestionController {
  readonly name: string;
  readonly congestionWindow: number;
  readonly bytesInFlight: number;
  /** Octets that may be sent now: what the window leaves, and more where the flight comes down to it step by step. */
  readonly room: number;
  /** Infinity until the first congestion event. */
  readonly slowStartThreshold: number;
  readonly inSlowStart: boolean;

  /**
   * Whether the window went unused for want of data, rather than for the pacer's sake: it does not
   * grow meanwhile. RFC 9002 §7.8
   */
  setApplicationLimited(limited: boolean, now: Instant): void;
  /** Packets of the path have another largest size from now on. RFC 9002 §7.2 */
  setMaxDatagramSize(size: number): void;
  packetSent(size: number, now: Instant): void;
  /** `packets` is lent for the call. */
  packetsAcknowledged(packets: AcknowledgedPackets): void;
  /** Takes a lost packet out of flight; {@link congestionEvent} follows once for all of an ACK. */
  packetLost(size: number): void;
  /** Takes a packet out of flight that is neither acknowledged nor lost: keys or path are gone. */
  packetDiscarded(size: number): void;
  /**
   * Loss, or an increase of ECN-CE, of a packet sent at `timeSent`; ignored where that was before the
   * current recovery period. RFC 9002 §7.3.2, §7.1
   */
  congestionEvent(timeSent: Instant, now: Instant): void;
  /** Down to the minimum window. RFC 9002 §7.6.2 */
  persistentCongestion(now: Instant): void;
}

/** RFC 9002 §7.2 */
export function initialWindow(maxDatagramSize: number): number {
  return Math.min(10 * maxDatagramSize, Math.max(14_720, 2 * maxDatagramSize));
}

/** RFC 9002 §7.2 */
export function minimumWindow(maxDatagramSize: number): number {
  return 2 * maxDatagramSize;
}
