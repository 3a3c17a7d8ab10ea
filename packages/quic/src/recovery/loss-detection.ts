import type { Duration, Instant } from '@mpquic/wire';
import type { Mutable } from '../wire/mutable.ts';
import {
  type AcknowledgedPackets,
  createAcknowledgedPackets,
} from './congestion/acknowledged-packets.ts';
import type { CongestionController } from './congestion/controller.ts';
import type { RttEstimator } from './rtt.ts';
import type { SentPacket, SentPacketVisitor } from './sent-packet.ts';
import type { SentPackets } from './sent-packets.ts';

/** kPacketThreshold. RFC 9002 §6.1.1 */
const PACKET_THRESHOLD = 3;
/** kPersistentCongestionThreshold. RFC 9002 §7.6.1 */
const PERSISTENT_CONGESTION_THRESHOLD = 3;
/** A late acknowledgement is understood for so many probe timeouts after its packet was sent. */
const LOST_PACKETS_KEPT = 4;
/** Doublings of the probe timeout: beyond, the idle timeout ends the connection anyway. */
const MAX_BACKOFF = 16;

/** The packet number spaces of one path, in the order of RFC 9002 §A.1. Paths other than 0 have only the last. */
export const Space = { initial: 0, handshake: 1, application: 2 } as const;
export type Space = (typeof Space)[keyof typeof Space];

/** What the timer depends on besides the packets. RFC 9002 §A.8 */
export interface TimerConditions {
  /** The server may not send until it receives: no timer. */
  readonly atAmplificationLimit: boolean;
  /** The peer is known to have validated this endpoint's address; always so on servers. */
  readonly peerValidatedAddress: boolean;
  readonly hasHandshakeKeys: boolean;
  readonly handshakeConfirmed: boolean;
}

/** What a timeout asks for. `probe`: one or two ack-eliciting packets in {@link LossDetection.timerSpace}. */
export type TimeoutOutcome = 'none' | 'loss' | 'probe';

/**
 * Loss detection of one path: RFC 9002 Appendix A over its packet number spaces, with its RTT and its
 * congestion controller. MP-21 §5: path 0 also owns the Initial and Handshake spaces.
 */
export class LossDetection<Delivery> {
  readonly #rtt: RttEstimator;
  readonly #congestion: CongestionController;
  readonly #spaces: (SentPackets<Delivery> | undefined)[] = [undefined, undefined, undefined];
  readonly #lossTimes: Instant[] = [NEVER, NEVER, NEVER];
  /** When each space last asked for a probe, which may not have been possible to send. */
  readonly #probedAt: Instant[] = [-NEVER, -NEVER, -NEVER];
  readonly #visitor: FlightVisitor<Delivery>;
  #maxAckDelay: Duration = 25_000;
  #ptoCount = 0;
  /** What the anti-deadlock timer counts from while nothing is in flight. */
  #lastChangeAt: Instant = 0;
  #timerSpace: Space = Space.application;
  #packetsLost = 0;

  constructor(
    rtt: RttEstimator,
    congestion: CongestionController,
    visitor: SentPacketVisitor<Delivery>,
  ) {
    this.#rtt = rtt;
    this.#congestion = congestion;
    this.#visitor = new FlightVisitor(rtt, congestion, visitor);
  }

  /** Consecutive probe timeouts without an acknowledgement. */
  get ptoCount(): number {
    return this.#ptoCount;
  }

  get packetsLost(): number {
    return this.#packetsLost;
  }

  /** The space that the last {@link deadline} or {@link handleTimeout} was about. */
  get timerSpace(): Space {
    return this.#timerSpace;
  }

  /** The peer's max_ack_delay: 25 ms unless its transport parameters say otherwise. */
  set maxAckDelay(value: Duration) {
    this.#maxAckDelay = value;
  }

  /** Probe timeout of application data without backoff, max_ack_delay included. RFC 9002 §6.2.1 */
  get probeTimeout(): Duration {
    return this.#rtt.probeTimeout(this.#maxAckDelay);
  }

  space(space: Space): SentPackets<Delivery> | undefined {
    return this.#spaces[space];
  }

  addSpace(space: Space, packets: SentPackets<Delivery>): void {
    this.#spaces[space] = packets;
  }

  /**
   * After `packets.add(...)` of a packet in flight. RFC 9002 §A.5
   * The caller's pacer learns of it from the caller.
   */
  packetSent(size: number, now: Instant): void {
    this.#lastChangeAt = now;
    this.#congestion.packetSent(size, now);
  }

  /**
   * An ACK frame: `ranges[2 * i]` to `ranges[2 * i + 1]`, both included, highest range first.
   * `ackDelay` in microseconds as decoded. The visitor sees what is newly acknowledged, then what is
   * lost. Returns false where the frame acknowledges a packet that was never sent: the connection
   * closes with PROTOCOL_VIOLATION. RFC 9002 §A.7
   */
  ackReceived(
    space: Space,
    ranges: Float64Array,
    rangeCount: number,
    ackDelay: Duration,
    conditions: TimerConditions,
    now: Instant,
  ): boolean {
    const packets = this.#spaces[space];
    if (packets === undefined) return true;
    const largest = ranges[1] as number;
    const largestSentAt = packets.isUnacknowledged(largest) ? packets.timeSent(largest) : undefined;
    this.#visitor.begin(now);
    if (!this.#acknowledge(packets, ranges, rangeCount)) return false;
    const newlyAcknowledged = this.#visitor.acknowledged;
    if (newlyAcknowledged === 0) return true;
    if (largestSentAt !== undefined && this.#visitor.ackEliciting > 0) {
      this.#sample(space, now - largestSentAt, ackDelay, conditions.handshakeConfirmed, now);
    }
    this.#detectLost(space, packets, now);
    if (conditions.peerValidatedAddress) this.#ptoCount = 0;
    this.#lastChangeAt = now;
    return true;
  }

  /** ECN-CE counts rose with an ACK of a packet sent at `timeSent`. RFC 9002 §7.1, §B.7 */
  congestionExperienced(timeSent: Instant, now: Instant): void {
    this.#congestion.congestionEvent(timeSent, now);
  }

  /** When {@link handleTimeout} is due, Infinity for never. RFC 9002 §A.8 */
  deadline(conditions: TimerConditions): Instant {
    const lossTime = this.#earliestLossTime();
    if (lossTime !== NEVER) return lossTime;
    if (conditions.atAmplificationLimit) return NEVER;
    if (!this.#anyAckElicitingInFlight()) {
      return conditions.peerValidatedAddress ? NEVER : this.#antiDeadlock(conditions);
    }
    return this.#probeTime(conditions);
  }

  /** RFC 9002 §A.9 */
  handleTimeout(conditions: TimerConditions, now: Instant): TimeoutOutcome {
    if (this.deadline(conditions) > now) return 'none';
    const packets = this.#spaces[this.#timerSpace];
    if (this.#lossTimes[this.#timerSpace] !== NEVER && packets !== undefined) {
      this.#visitor.begin(now);
      this.#detectLost(this.#timerSpace, packets, now);
      return 'loss';
    }
    this.#ptoCount += 1;
    this.#lastChangeAt = now;
    this.#probedAt[this.#timerSpace] = now;
    return 'probe';
  }

  /**
   * The keys of a space are gone: its packets leave the flight and its timers end. RFC 9002 §A.11
   * `forgotten` sees the packets that were outstanding.
   */
  discardSpace(
    space: Space,
    now: Instant,
    forgotten?: (packet: SentPacket<Delivery>) => void,
  ): void {
    const packets = this.#spaces[space];
    if (packets === undefined) return;
    packets.takeOutstanding((packet) => {
      this.#congestion.packetDiscarded(packet.size);
      forgotten?.(packet);
    });
    this.#spaces[space] = undefined;
    this.#lossTimes[space] = NEVER;
    this.#ptoCount = 0;
    this.#lastChangeAt = now;
  }

  /** The address changed or the path is used anew: backoff starts over. RFC 9000 §9.4 */
  resetBackoff(now: Instant): void {
    this.#ptoCount = 0;
    this.#lastChangeAt = now;
  }

  /** Acknowledges every range; false where one names a packet never sent. */
  #acknowledge(packets: SentPackets<Delivery>, ranges: Float64Array, rangeCount: number): boolean {
    for (let i = 0; i < rangeCount; i++) {
      const eliciting = packets.acknowledge(
        ranges[2 * i] as number,
        ranges[2 * i + 1] as number,
        this.#visitor,
      );
      if (eliciting < 0) return false;
      this.#visitor.ackEliciting += eliciting;
    }
    return true;
  }

  /** RFC 9002 §5.3 */
  #sample(
    space: Space,
    latest: Duration,
    ackDelay: Duration,
    handshakeConfirmed: boolean,
    now: Instant,
  ): void {
    let delay = space === Space.initial ? 0 : ackDelay;
    if (handshakeConfirmed) delay = Math.min(delay, this.#maxAckDelay);
    this.#rtt.sample(latest, delay, now);
  }

  /** RFC 9002 §A.10, §B.8 */
  #detectLost(space: Space, packets: SentPackets<Delivery>, now: Instant): void {
    const loss = packets.detectLost(
      now,
      this.#rtt.lossDelay(),
      PACKET_THRESHOLD,
      this.#rtt.firstSampleAt ?? NEVER,
      this.#visitor,
    );
    this.#lossTimes[space] = loss.lossTime;
    packets.forgetLost(now - LOST_PACKETS_KEPT * this.probeTimeout);
    if (loss.count === 0) return;
    this.#packetsLost += loss.count;
    this.#congestion.congestionEvent(loss.latestTimeSent, now);
    if (loss.persistentSpan > PERSISTENT_CONGESTION_THRESHOLD * this.probeTimeout) {
      this.#congestion.persistentCongestion(now);
      this.#rtt.restartMinimum();
    }
  }

  #earliestLossTime(): Instant {
    let earliest = NEVER;
    for (let space = 0; space < 3; space++) {
      const lossTime = this.#lossTimes[space] as Instant;
      if (lossTime < earliest) {
        earliest = lossTime;
        this.#timerSpace = space as Space;
      }
    }
    return earliest;
  }

  #anyAckElicitingInFlight(): boolean {
    for (const packets of this.#spaces) {
      if (packets !== undefined && packets.ackElicitingInFlight > 0) return true;
    }
    return false;
  }

  /** A client probes though nothing is in flight, lest the server wait for octets. RFC 9002 §6.2.2.1 */
  #antiDeadlock(conditions: TimerConditions): Instant {
    this.#timerSpace = conditions.hasHandshakeKeys ? Space.handshake : Space.initial;
    return this.#lastChangeAt + this.#backedOff(this.#rtt.probeTimeout(0));
  }

  /** GetPtoTimeAndSpace of RFC 9002 §A.8 */
  #probeTime(conditions: TimerConditions): Instant {
    let earliest = NEVER;
    for (let space = 0; space < 3; space++) {
      const packets = this.#spaces[space];
      if (packets === undefined || packets.ackElicitingInFlight === 0) continue;
      if (space === Space.application && !conditions.handshakeConfirmed) continue;
      const delay = space === Space.application ? this.#maxAckDelay : 0;
      const since = Math.max(packets.lastAckElicitingSentAt, this.#probedAt[space] as Instant);
      const time = since + this.#backedOff(this.#rtt.probeTimeout(delay));
      if (time < earliest) {
        earliest = time;
        this.#timerSpace = space as Space;
      }
    }
    return earliest;
  }

  #backedOff(timeout: Duration): Duration {
    return timeout * (1 << Math.min(this.#ptoCount, MAX_BACKOFF));
  }
}

/** Tells the congestion controller of every packet before its owner's visitor sees it. */
class FlightVisitor<Delivery> implements SentPacketVisitor<Delivery> {
  readonly #rtt: RttEstimator;
  readonly #congestion: CongestionController;
  readonly #next: SentPacketVisitor<Delivery>;
  readonly #packets: Mutable<AcknowledgedPackets> = createAcknowledgedPackets();
  acknowledged = 0;
  ackEliciting = 0;

  constructor(
    rtt: RttEstimator,
    congestion: CongestionController,
    next: SentPacketVisitor<Delivery>,
  ) {
    this.#rtt = rtt;
    this.#congestion = congestion;
    this.#next = next;
  }

  begin(now: Instant): void {
    this.#packets.now = now;
    this.acknowledged = 0;
    this.ackEliciting = 0;
  }

  packetAcknowledged(packet: SentPacket<Delivery>): void {
    this.acknowledged += packet.count;
    if (packet.inFlight) {
      const packets = this.#packets;
      packets.count = packet.count;
      packets.size = packet.size;
      packets.timeSent = packet.timeSent;
      packets.smoothedRtt = this.#rtt.smoothed;
      this.#congestion.packetsAcknowledged(packets);
    }
    this.#next.packetAcknowledged(packet);
  }

  packetLost(packet: SentPacket<Delivery>): void {
    this.#congestion.packetLost(packet.size);
    this.#next.packetLost(packet);
  }
}

const NEVER = Number.POSITIVE_INFINITY;
