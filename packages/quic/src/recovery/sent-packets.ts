import { type Instant, UsageError } from '@mpquic/wire';
import { LossOutcome } from './loss-outcome.ts';
import {
  ACK_ELICITING,
  MTU_PROBE,
  type SentPacket,
  type SentPacketVisitor,
  STATUS,
  Status,
} from './sent-packet.ts';
import { DATAGRAM, SentPacketRing } from './sent-packet-ring.ts';
import { SkippedNumbers } from './skipped-numbers.ts';
import type { StreamRun } from './stream-run.ts';

/**
 * The packets sent in one packet number space, in a ring of columns indexed by packet number.
 * RFC 9002 §A.1
 *
 * Holds nothing before the first packet, grows by doubling, and keeps packets declared lost for a
 * while, so that a late acknowledgement is understood. Packets that are not in flight (ACKs alone)
 * never hold the ring.
 */
export class SentPackets<Delivery> {
  readonly #maxCapacity: number;
  readonly #ring = new SentPacketRing<Delivery>();
  /** Not there before the first. */
  #skipped: SkippedNumbers | undefined;
  /** Lowest number in the ring. */
  #base = 0;
  /** Lowest number that may be outstanding. */
  #oldest = 0;
  #next = 0;
  #outstanding = 0;
  #ackElicitingInFlight = 0;
  #largestAcknowledged = -1;
  #lastAckElicitingSentAt: Instant = Number.NEGATIVE_INFINITY;
  readonly #loss: LossOutcome = new LossOutcome();

  /** `maxCapacity`: packets, a power of two. */
  constructor(maxCapacity: number = MAX_CAPACITY, firstNumber = 0) {
    this.#maxCapacity = maxCapacity;
    this.#base = firstNumber;
    this.#oldest = firstNumber;
    this.#next = firstNumber;
  }

  /** The number that the next packet takes. */
  get nextNumber(): number {
    return this.#next;
  }

  /** -1 before the first acknowledgement: the base of packet number encoding. RFC 9000 §17.1 */
  get largestAcknowledged(): number {
    return this.#largestAcknowledged;
  }

  /** Packets in flight, neither acknowledged nor lost. */
  get outstanding(): number {
    return this.#outstanding;
  }

  get ackElicitingInFlight(): number {
    return this.#ackElicitingInFlight;
  }

  /** -Infinity before the first. */
  get lastAckElicitingSentAt(): Instant {
    return this.#lastAckElicitingSentAt;
  }

  /** Lowest number of an outstanding packet, or {@link nextNumber} where there is none. */
  get oldestOutstanding(): number {
    return this.#oldest;
  }

  /**
   * Whether no packet may be added until some are settled: a peer acknowledges nothing, and the ring
   * has its largest size. One number may be skipped before the packet.
   */
  get full(): boolean {
    return this.room <= 0;
  }

  /** Packets that may be added before it is {@link full}. */
  get room(): number {
    return this.#maxCapacity - (this.#next + 1 - this.#oldest);
  }

  /**
   * Notes the packet that was sent as {@link nextNumber}, and returns that number. What elicits an
   * acknowledgement is in flight.
   * @throws {UsageError} when {@link full}
   */
  add(timeSent: Instant, size: number, ackEliciting: boolean, inFlight: boolean): number {
    const number = this.#next;
    this.#makeRoom(number);
    this.#next = number + 1;
    if (inFlight) {
      const state = ackEliciting ? Status.outstanding | ACK_ELICITING : Status.outstanding;
      this.#ring.begin(number, timeSent, size, state);
      this.#outstanding += 1;
      if (ackEliciting) {
        this.#ackElicitingInFlight += 1;
        this.#lastAckElicitingSentAt = timeSent;
      }
    } else {
      this.#ring.begin(number, timeSent, size, Status.untracked);
      if (this.#outstanding === 0) this.#advance();
    }
    return number;
  }

  /** As {@link add} and {@link attachStream} for all packets of a run. */
  addStreamRun(run: StreamRun): void {
    const { count } = run;
    const first = this.#next;
    for (let i = 0; i < count; i++) this.#makeRoom(first + i);
    this.#next = first + count;
    this.#ring.beginRun(first, run);
    this.#outstanding += count;
    this.#ackElicitingInFlight += count;
    this.#lastAckElicitingSentAt = run.timeSent;
  }

  /**
   * As {@link add} and {@link attachDatagram} for packets that hold one DATAGRAM frame each and nothing else, numbered from
   * `datagramId` on: `run` tells how many, how large and when, and becomes what is noted of them.
   */
  addDatagramRun(run: StreamRun, datagramId: number): void {
    run.streamId = DATAGRAM;
    run.offset = datagramId;
    run.length = 1;
    this.addStreamRun(run);
  }

  /** In place of {@link attachStream}: the first DATAGRAM frame of the packet added last. */
  attachDatagram(datagramId: number): void {
    this.#ring.setDatagram(this.#next - 1, datagramId);
  }

  /** The first STREAM frame of the packet added last. */
  attachStream(streamId: number, offset: number, length: number, fin: boolean): void {
    this.#ring.setStream(this.#next - 1, streamId, offset, length, fin);
  }

  /** The packet added last holds an ACK of this same packet number space. */
  attachAcknowledgement(largestAcknowledged: number): void {
    this.#ring.setAcknowledges(this.#next - 1, largestAcknowledged);
  }

  /** What else the packet added last delivers. The array is kept. */
  attachDeliveries(deliveries: readonly Delivery[]): void {
    this.#ring.setDeliveries(this.#next - 1, deliveries);
  }

  /** The packet added last is a probe of the path MTU: its loss does not count. RFC 9000 §14.4 */
  attachProbe(): void {
    const number = this.#next - 1;
    this.#ring.setState(number, this.#ring.state(number) | MTU_PROBE);
  }

  /** Leaves {@link nextNumber} unused, to catch a peer that acknowledges blindly. RFC 9000 §21.4 */
  skip(): void {
    const number = this.#next;
    this.#makeRoom(number);
    this.#ring.setState(number, Status.skipped);
    this.#skipped ??= new SkippedNumbers();
    this.#skipped.add(number);
    this.#next = number + 1;
    if (this.#outstanding === 0) this.#advance();
  }

  /** When packet `number` was sent, or undefined where it is forgotten. */
  timeSent(number: number): Instant | undefined {
    if (number < this.#base || number >= this.#next) return undefined;
    return this.#ring.timeSent(number);
  }

  /** Whether packet `number` is known and still unacknowledged, declared lost or not. */
  isUnacknowledged(number: number): boolean {
    if (number < this.#base || number >= this.#next) return false;
    const status = this.#ring.state(number) & STATUS;
    return status !== Status.acknowledged && status !== Status.skipped;
  }

  /**
   * Marks `first` to `last` as acknowledged and shows the newly acknowledged ones to `visitor`, runs of them at once.
   * Ranges already known are passed over in constant time. Returns how many of the newly
   * acknowledged were ack-eliciting, or -1 where the range names a number that was never sent: the
   * connection closes with PROTOCOL_VIOLATION. RFC 9000 §13.1, §21.4
   */
  acknowledge(first: number, last: number, visitor: SentPacketVisitor<Delivery>): number {
    if (last >= this.#next || this.#skipped?.isIn(first, last) === true) return -1;
    if (last > this.#largestAcknowledged) this.#largestAcknowledged = last;
    const ring = this.#ring;
    const start = Math.max(first, this.#base);
    let ackEliciting = 0;
    let number = start;
    while (number <= last) {
      const state = ring.state(number);
      const status = state & STATUS;
      if (status === Status.acknowledged) {
        number = ring.runEnd(number);
        continue;
      }
      if (status === Status.skipped) return -1;
      const isOutstanding = status === Status.outstanding;
      const end = isOutstanding ? ring.followersEnd(number, last) : number + 1;
      if ((state & ACK_ELICITING) !== 0) ackEliciting += end - number;
      if (isOutstanding) this.#leaveFlight(state, end - number);
      const packet = ring.show(number, end);
      ring.settle(number, end);
      visitor.packetAcknowledged(packet);
      number = end;
    }
    if (start <= last) ring.setRunEnd(start, number);
    ring.hide();
    return ackEliciting;
  }

  /**
   * Declares packets lost that were sent long enough before one that was acknowledged, by number or
   * by time, and shows them to `visitor`. The outcome is reused by the next call. Packets sent after
   * `persistentFrom`, when the first RTT sample was taken, count for persistent congestion.
   * RFC 9002 §6.1, §7.6.2, §A.10
   */
  detectLost(
    now: Instant,
    lossDelay: number,
    packetThreshold: number,
    persistentFrom: Instant,
    visitor: SentPacketVisitor<Delivery>,
  ): Readonly<LossOutcome> {
    const loss = this.#loss;
    loss.begin();
    const lostNumber = this.#largestAcknowledged - packetThreshold;
    while (this.#oldest <= this.#largestAcknowledged && this.#oldest < this.#next) {
      const number = this.#oldest;
      const state = this.#ring.state(number);
      if ((state & STATUS) !== Status.outstanding) {
        this.#pass(number, state);
        continue;
      }
      const timeSent = this.#ring.timeSent(number);
      // The very sum that becomes the timer decides, or rounding could keep the timer from ending.
      const lossTime = timeSent + lossDelay;
      if (number > lostNumber && lossTime > now) {
        loss.lossTime = lossTime;
        break;
      }
      if ((state & MTU_PROBE) === 0) loss.packetLost(timeSent);
      if ((state & ACK_ELICITING) !== 0) loss.extendRun(timeSent, persistentFrom);
      this.#leaveFlight(state, 1);
      const packet = this.#ring.show(number);
      this.#ring.setState(number, Status.lost | (state & ~STATUS));
      visitor.packetLost(packet);
      this.#oldest = number + 1;
    }
    this.#ring.hide();
    this.#advance();
    return loss;
  }

  /**
   * Shows outstanding packets, oldest first, to `visit` until it returns false: for probes, which
   * send their content again without declaring them lost. RFC 9002 §6.2.4
   */
  visitOutstanding(visit: (packet: SentPacket<Delivery>) => boolean): void {
    for (let number = this.#oldest; number < this.#next; number++) {
      const status = this.#ring.state(number) & STATUS;
      if (status === Status.outstanding && !visit(this.#ring.show(number))) return;
    }
  }

  /**
   * Takes all packets out of the ring and shows the outstanding ones to `visit`: their keys are
   * discarded (RFC 9002 §6.4), or their path is deleted (MP-21 §3.4).
   */
  takeOutstanding(visit: (packet: SentPacket<Delivery>) => void): void {
    for (let number = this.#oldest; number < this.#next; number++) {
      const state = this.#ring.state(number);
      if ((state & STATUS) !== Status.outstanding) continue;
      const packet = this.#ring.show(number);
      this.#ring.setState(number, Status.lost | (state & ~STATUS));
      visit(packet);
    }
    this.forgetAll();
  }

  /** Takes all packets out of the ring: their fate matters no more. */
  forgetAll(): void {
    this.#outstanding = 0;
    this.#ackElicitingInFlight = 0;
    this.#ring.hide();
    this.#ring.forgetAll();
    this.#loss.endRun();
    this.#oldest = this.#next;
    this.#base = this.#next;
  }

  /** Forgets packets declared lost that were sent before `sentBefore`. */
  forgetLost(sentBefore: Instant): void {
    while (this.#base < this.#oldest) {
      const isLost = (this.#ring.state(this.#base) & STATUS) === Status.lost;
      if (isLost && this.#ring.timeSent(this.#base) >= sentBefore) return;
      this.#forgetBase();
    }
  }

  /** So many packets, of the same kind as that with this state. */
  #leaveFlight(state: number, count: number): void {
    this.#outstanding -= count;
    if ((state & ACK_ELICITING) !== 0) this.#ackElicitingInFlight -= count;
  }

  /** Moves {@link #oldest} over a settled packet. */
  #pass(number: number, state: number): void {
    if ((state & STATUS) === Status.acknowledged) {
      this.#loss.endRun();
      this.#oldest = this.#ring.runEnd(number);
    } else {
      this.#oldest += 1;
    }
  }

  /** Moves both ends of the ring over what is settled. */
  #advance(): void {
    while (this.#oldest < this.#next) {
      const state = this.#ring.state(this.#oldest);
      if ((state & STATUS) === Status.outstanding) break;
      this.#pass(this.#oldest, state);
    }
    while (this.#base < this.#oldest) {
      if ((this.#ring.state(this.#base) & STATUS) === Status.lost) break;
      this.#forgetBase();
    }
  }

  #forgetBase(): void {
    this.#ring.forget(this.#base);
    this.#base += 1;
  }

  /** At the largest size, packets declared lost are forgotten early. */
  #makeRoom(number: number): void {
    if (number - this.#base < this.#ring.capacity) return;
    if (this.#ring.capacity < this.#maxCapacity) {
      this.#ring.grow(this.#base, number);
    } else {
      if (this.#base === this.#oldest) throw new UsageError('too many packets outstanding');
      this.#forgetBase();
      this.#advance();
    }
  }
}

const MAX_CAPACITY = 65_536;
