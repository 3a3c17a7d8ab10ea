import { type Instant, UsageError } from '@mpquic/wire';

/** One sent packet as {@link SentPackets} shows it: a view that is reused, valid for the call. */
export interface SentPacket<Delivery> {
  readonly number: number;
  readonly timeSent: Instant;
  /** Octets of UDP payload. */
  readonly size: number;
  readonly ackEliciting: boolean;
  /** Counts against the congestion window. Never so for a packet that was declared lost before. */
  readonly inFlight: boolean;
  /** Declared lost earlier, and acknowledged now: its content may have been sent again. */
  readonly declaredLost: boolean;
  /** The first STREAM frame; -1 where it has none. */
  readonly streamId: number;
  readonly streamOffset: number;
  readonly streamLength: number;
  readonly streamFin: boolean;
  /** Largest Acknowledged of an ACK of this same packet number space; -1 where it has none. */
  readonly acknowledges: number;
  /** Everything else that wants to know of its fate. */
  readonly deliveries: readonly Delivery[] | undefined;
}

/** Learns what became of packets. One object for the life of its owner, so that no call allocates. */
export interface SentPacketVisitor<Delivery> {
  packetAcknowledged(packet: SentPacket<Delivery>): void;
  packetLost(packet: SentPacket<Delivery>): void;
}

/** RFC 9002 §6.1 */
export interface LossOutcome {
  /** When the next packet is lost by time, Infinity for never. */
  lossTime: Instant;
  /** Packets declared lost. */
  count: number;
  /** Latest time that a lost in-flight packet was sent. */
  latestTimeSent: Instant;
  /** Longest span between two lost ack-eliciting packets with nothing acknowledged between. §7.6.2 */
  persistentSpan: number;
}

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
  #mask = -1;
  #timeSent: Float64Array = NO_FLOATS;
  #size: Uint16Array = NO_SHORTS;
  #state: Uint8Array = NO_OCTETS;
  #streamId: Float64Array = NO_FLOATS;
  /** Of an acknowledged packet: the number behind the run of settled packets that begins with it. */
  #streamOffset: Float64Array = NO_FLOATS;
  #streamLength: Uint16Array = NO_SHORTS;
  #acknowledges: Float64Array = NO_FLOATS;
  /** Empty until a packet needs it. */
  #deliveries: (readonly Delivery[] | undefined)[] = [];

  /** Lowest number in the ring. */
  #base = 0;
  /** Lowest number that may be outstanding. */
  #oldest = 0;
  #next = 0;
  #outstanding = 0;
  #ackElicitingInFlight = 0;
  #largestAcknowledged = -1;
  #lastAckElicitingSentAt: Instant = Number.NEGATIVE_INFINITY;
  #lastSkipped = -1;
  /** Skipped numbers, latest first overwritten, that an ACK must not name. */
  readonly #skipped: number[] = [];
  #skippedCursor = 0;
  /** Send time of the first ack-eliciting packet of the run of lost packets that is being passed. */
  #lostRunStart: Instant = Number.NaN;
  readonly #view: MutableView<Delivery> = emptyView();
  readonly #loss: LossOutcome = {
    lossTime: Number.POSITIVE_INFINITY,
    count: 0,
    latestTimeSent: Number.NEGATIVE_INFINITY,
    persistentSpan: 0,
  };

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
    return this.#next + 2 - this.#oldest > this.#maxCapacity;
  }

  /**
   * Notes the packet that was sent as {@link nextNumber}, and returns that number. What elicits an
   * acknowledgement is in flight.
   * @throws {UsageError} when {@link full}
   */
  add(timeSent: Instant, size: number, ackEliciting: boolean, inFlight: boolean): number {
    const number = this.#next;
    const at = this.#slot(number);
    this.#timeSent[at] = timeSent;
    this.#size[at] = size;
    this.#streamId[at] = -1;
    this.#acknowledges[at] = -1;
    this.#next = number + 1;
    if (!inFlight) {
      this.#state[at] = UNTRACKED;
    } else if (ackEliciting) {
      this.#state[at] = OUTSTANDING | ACK_ELICITING;
      this.#outstanding += 1;
      this.#ackElicitingInFlight += 1;
      this.#lastAckElicitingSentAt = timeSent;
    } else {
      this.#state[at] = OUTSTANDING;
      this.#outstanding += 1;
    }
    if (this.#outstanding === 0) this.#advance();
    return number;
  }

  /** The first STREAM frame of the packet added last. */
  attachStream(streamId: number, offset: number, length: number, fin: boolean): void {
    const at = (this.#next - 1) & this.#mask;
    this.#streamId[at] = streamId;
    this.#streamOffset[at] = offset;
    this.#streamLength[at] = length;
    if (fin) this.#state[at] = (this.#state[at] as number) | STREAM_FIN;
  }

  /** The packet added last holds an ACK of this same packet number space. */
  attachAcknowledgement(largestAcknowledged: number): void {
    this.#acknowledges[(this.#next - 1) & this.#mask] = largestAcknowledged;
  }

  /** What else the packet added last delivers. The array is kept. */
  attachDeliveries(deliveries: readonly Delivery[]): void {
    const at = (this.#next - 1) & this.#mask;
    if (this.#deliveries.length === 0) this.#deliveries = emptySlots(this.#mask + 1);
    this.#deliveries[at] = deliveries;
    this.#state[at] = (this.#state[at] as number) | DELIVERIES;
  }

  /** Leaves {@link nextNumber} unused, to catch a peer that acknowledges blindly. RFC 9000 §21.4 */
  skip(): void {
    const number = this.#next;
    this.#state[this.#slot(number)] = SKIPPED;
    this.#skipped[this.#skippedCursor] = number;
    this.#skippedCursor = (this.#skippedCursor + 1) % SKIPPED_KEPT;
    this.#lastSkipped = number;
    this.#next = number + 1;
    if (this.#outstanding === 0) this.#advance();
  }

  /** When packet `number` was sent, or undefined where it is forgotten. */
  timeSent(number: number): Instant | undefined {
    if (number < this.#base || number >= this.#next) return undefined;
    return this.#timeSent[number & this.#mask];
  }

  /** Whether packet `number` is known and still unacknowledged, declared lost or not. */
  isUnacknowledged(number: number): boolean {
    if (number < this.#base || number >= this.#next) return false;
    const status = (this.#state[number & this.#mask] as number) & STATUS;
    return status === OUTSTANDING || status === LOST || status === UNTRACKED;
  }

  /**
   * Marks `first` to `last` as acknowledged and shows the newly acknowledged ones to `visitor`.
   * Ranges already known are passed over in constant time. Returns how many of the newly
   * acknowledged were ack-eliciting, or -1 where the range names a number that was never sent: the
   * connection closes with PROTOCOL_VIOLATION. RFC 9000 §13.1, §21.4
   */
  acknowledge(first: number, last: number, visitor: SentPacketVisitor<Delivery>): number {
    if (last >= this.#next || this.#namesSkipped(first, last)) return -1;
    if (last > this.#largestAcknowledged) this.#largestAcknowledged = last;
    let ackEliciting = 0;
    const start = Math.max(first, this.#base);
    let number = start;
    while (number <= last) {
      const at = number & this.#mask;
      const state = this.#state[at] as number;
      if ((state & STATUS) === ACKNOWLEDGED) {
        number = this.#streamOffset[at] as number;
        continue;
      }
      if ((state & STATUS) === SKIPPED) return -1;
      if ((state & ACK_ELICITING) !== 0) ackEliciting += 1;
      this.#settle(number, at, state, visitor);
      number += 1;
      this.#streamOffset[at] = number;
    }
    if (start <= last) this.#streamOffset[start & this.#mask] = number;
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
    loss.lossTime = Number.POSITIVE_INFINITY;
    loss.count = 0;
    loss.latestTimeSent = Number.NEGATIVE_INFINITY;
    loss.persistentSpan = 0;
    const lostNumber = this.#largestAcknowledged - packetThreshold;
    while (this.#oldest <= this.#largestAcknowledged && this.#oldest < this.#next) {
      const number = this.#oldest;
      const at = number & this.#mask;
      const state = this.#state[at] as number;
      if ((state & STATUS) !== OUTSTANDING) {
        this.#pass(at, state);
        continue;
      }
      const timeSent = this.#timeSent[at] as number;
      // The very sum that becomes the timer decides, or rounding could keep the timer from ending.
      const lossTime = timeSent + lossDelay;
      if (number > lostNumber && lossTime > now) {
        loss.lossTime = lossTime;
        break;
      }
      if (Number.isNaN(this.#lostRunStart) && timeSent > persistentFrom) {
        if ((state & ACK_ELICITING) !== 0) this.#lostRunStart = timeSent;
      }
      this.#declareLost(number, at, state, visitor);
      this.#oldest = number + 1;
    }
    this.#advance();
    return loss;
  }

  /**
   * Shows outstanding packets, oldest first, to `visit` until it returns false: for probes, which
   * send their content again without declaring them lost. RFC 9002 §6.2.4
   */
  visitOutstanding(visit: (packet: SentPacket<Delivery>) => boolean): void {
    for (let number = this.#oldest; number < this.#next; number++) {
      const at = number & this.#mask;
      const state = this.#state[at] as number;
      if ((state & STATUS) === OUTSTANDING && !visit(this.#show(number, at, state))) return;
    }
  }

  /**
   * Takes all packets out of the ring and shows the outstanding ones to `visit`: their keys are
   * discarded (RFC 9002 §6.4), or their path is deleted (MP-21 §3.4).
   */
  takeOutstanding(visit: (packet: SentPacket<Delivery>) => void): void {
    for (let number = this.#oldest; number < this.#next; number++) {
      const at = number & this.#mask;
      const state = this.#state[at] as number;
      if ((state & STATUS) !== OUTSTANDING) continue;
      this.#state[at] = LOST | (state & ~STATUS);
      visit(this.#show(number, at, state));
    }
    this.#deliveries = [];
    this.#lostRunStart = Number.NaN;
    this.#outstanding = 0;
    this.#ackElicitingInFlight = 0;
    this.#oldest = this.#next;
    this.#base = this.#next;
  }

  /** Forgets packets declared lost that were sent before `sentBefore`. */
  forgetLost(sentBefore: Instant): void {
    while (this.#base < this.#oldest) {
      const at = this.#base & this.#mask;
      const status = (this.#state[at] as number) & STATUS;
      if (status === LOST && (this.#timeSent[at] as number) >= sentBefore) return;
      this.#forgetBase(at);
    }
  }

  /** Numbers left out are remembered beyond the ring, though not for ever. */
  #namesSkipped(first: number, last: number): boolean {
    if (this.#lastSkipped < first) return false;
    for (const number of this.#skipped) if (number >= first && number <= last) return true;
    return false;
  }

  #forgetBase(at: number): void {
    if (((this.#state[at] as number) & DELIVERIES) !== 0) this.#deliveries[at] = undefined;
    this.#base += 1;
  }

  #settle(number: number, at: number, state: number, visitor: SentPacketVisitor<Delivery>): void {
    if ((state & STATUS) === OUTSTANDING) {
      this.#outstanding -= 1;
      if ((state & ACK_ELICITING) !== 0) this.#ackElicitingInFlight -= 1;
    }
    const packet = this.#show(number, at, state);
    this.#state[at] = ACKNOWLEDGED;
    if ((state & DELIVERIES) !== 0) this.#deliveries[at] = undefined;
    visitor.packetAcknowledged(packet);
  }

  #declareLost(
    number: number,
    at: number,
    state: number,
    visitor: SentPacketVisitor<Delivery>,
  ): void {
    const loss = this.#loss;
    const timeSent = this.#timeSent[at] as number;
    this.#outstanding -= 1;
    if ((state & ACK_ELICITING) !== 0) {
      this.#ackElicitingInFlight -= 1;
      const span = timeSent - this.#lostRunStart;
      if (span > loss.persistentSpan) loss.persistentSpan = span;
    }
    this.#state[at] = LOST | (state & ~STATUS);
    loss.count += 1;
    loss.latestTimeSent = timeSent;
    visitor.packetLost(this.#show(number, at, state));
  }

  /** Moves {@link #oldest} over a settled packet. */
  #pass(at: number, state: number): void {
    if ((state & STATUS) === ACKNOWLEDGED) {
      this.#lostRunStart = Number.NaN;
      this.#oldest = this.#streamOffset[at] as number;
    } else {
      this.#oldest += 1;
    }
  }

  /** Moves both ends of the ring over what is settled. */
  #advance(): void {
    while (this.#oldest < this.#next) {
      const at = this.#oldest & this.#mask;
      const state = this.#state[at] as number;
      if ((state & STATUS) === OUTSTANDING) break;
      this.#pass(at, state);
    }
    while (this.#base < this.#oldest) {
      const at = this.#base & this.#mask;
      if (((this.#state[at] as number) & STATUS) === LOST) break;
      this.#forgetBase(at);
    }
  }

  #show(number: number, at: number, state: number): SentPacket<Delivery> {
    const view = this.#view;
    view.number = number;
    view.timeSent = this.#timeSent[at] as number;
    view.size = this.#size[at] as number;
    view.ackEliciting = (state & ACK_ELICITING) !== 0;
    view.inFlight = (state & STATUS) === OUTSTANDING;
    view.declaredLost = (state & STATUS) === LOST;
    view.streamId = this.#streamId[at] as number;
    view.streamOffset = this.#streamOffset[at] as number;
    view.streamLength = this.#streamLength[at] as number;
    view.streamFin = (state & STREAM_FIN) !== 0;
    view.acknowledges = this.#acknowledges[at] as number;
    view.deliveries = (state & DELIVERIES) === 0 ? undefined : this.#deliveries[at];
    return view;
  }

  /** The slot of a new number, with room made for it. */
  #slot(number: number): number {
    if (number - this.#base > this.#mask) {
      if (this.#mask + 1 < this.#maxCapacity) this.#grow();
      else this.#dropBase();
    }
    return number & this.#mask;
  }

  /** At the largest size, packets declared lost are forgotten early. */
  #dropBase(): void {
    if (this.#base === this.#oldest) throw new UsageError('too many packets outstanding');
    this.#forgetBase(this.#base & this.#mask);
    this.#advance();
  }

  #grow(): void {
    const capacity = Math.max(INITIAL_CAPACITY, (this.#mask + 1) * 2);
    const timeSent = new Float64Array(capacity);
    const size = new Uint16Array(capacity);
    const state = new Uint8Array(capacity);
    const streamId = new Float64Array(capacity);
    const streamOffset = new Float64Array(capacity);
    const streamLength = new Uint16Array(capacity);
    const acknowledges = new Float64Array(capacity);
    const deliveries: (readonly Delivery[] | undefined)[] =
      this.#deliveries.length === 0 ? this.#deliveries : emptySlots(capacity);
    for (let number = this.#base; number < this.#next; number++) {
      const from = number & this.#mask;
      const to = number & (capacity - 1);
      timeSent[to] = this.#timeSent[from] as number;
      size[to] = this.#size[from] as number;
      state[to] = this.#state[from] as number;
      streamId[to] = this.#streamId[from] as number;
      streamOffset[to] = this.#streamOffset[from] as number;
      streamLength[to] = this.#streamLength[from] as number;
      acknowledges[to] = this.#acknowledges[from] as number;
      if (deliveries.length !== 0) deliveries[to] = this.#deliveries[from];
    }
    this.#timeSent = timeSent;
    this.#size = size;
    this.#state = state;
    this.#streamId = streamId;
    this.#streamOffset = streamOffset;
    this.#streamLength = streamLength;
    this.#acknowledges = acknowledges;
    this.#deliveries = deliveries;
    this.#mask = capacity - 1;
  }
}

type MutableView<Delivery> = {
  -readonly [Key in keyof SentPacket<Delivery>]: SentPacket<Delivery>[Key];
};

function emptySlots<T>(count: number): (T | undefined)[] {
  return new Array<T | undefined>(count).fill(undefined);
}

function emptyView<Delivery>(): MutableView<Delivery> {
  return {
    number: 0,
    timeSent: 0,
    size: 0,
    ackEliciting: false,
    inFlight: false,
    declaredLost: false,
    streamId: -1,
    streamOffset: 0,
    streamLength: 0,
    streamFin: false,
    acknowledges: -1,
    deliveries: undefined,
  };
}

const INITIAL_CAPACITY = 16;
const MAX_CAPACITY = 65_536;
/** An ACK of a number skipped before these last ones passes unnoticed. */
const SKIPPED_KEPT = 16;

const STATUS = 0x07;
const OUTSTANDING = 1;
/** Sent, but not in flight. */
const UNTRACKED = 2;
const ACKNOWLEDGED = 3;
const LOST = 4;
const SKIPPED = 5;
const ACK_ELICITING = 0x08;
const STREAM_FIN = 0x10;
const DELIVERIES = 0x20;

const NO_FLOATS = new Float64Array(0);
const NO_SHORTS = new Uint16Array(0);
const NO_OCTETS = new Uint8Array(0);
