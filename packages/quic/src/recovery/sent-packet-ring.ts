import { type Instant, LARGE_COUNT_START } from '@mpquic/wire';
import type { StreamOctets } from '../streams/stream-octets.ts';
import type { Mutable } from '../wire/mutable.ts';
import {
  ACK_ELICITING,
  DELIVERIES,
  FOLLOWS,
  type SentPacket,
  STATUS,
  STREAM_FIN,
  Status,
} from './sent-packet.ts';
import type { StreamRun } from './stream-run.ts';

/** Most packet number spaces are those of handshakes, which see few packets. */
const INITIAL_CAPACITY = 2;

/** Columns of {@link SentPacketRing.#values}. */
const TIME_SENT = 0;
/** Or {@link DATAGRAM}: they follow each other as octets do. */
const STREAM_ID = 1;
/** Of an acknowledged packet: the number behind the run of acknowledged packets that begins with it. */
const STREAM_OFFSET = 2;
const STREAM_LENGTH = 3;
const SIZE = 4;
const ACKNOWLEDGES = 5;
const VALUES = 6;

/** In place of the ID of a stream: the octets are DATAGRAM frames, one octet each, at the offset of their ID. */
export const DATAGRAM = -2;

/**
 * What is noted of sent packets, in arrays of numbers indexed by packet number modulo their size: small ones, as nearly all
 * connections have, take a fourth of what typed arrays would. Knows neither where the ring begins nor where it ends.
 */
export class SentPacketRing<Delivery> {
  #mask = -1;
  #states: number[] = NO_NUMBERS;
  #values: number[] = NO_NUMBERS;
  /** Empty until a packet needs it. */
  #deliveries: (readonly Delivery[] | undefined)[] = NO_SLOTS;
  /** Not there before the first packet is shown. */
  #view: MutableView<Delivery> | undefined;

  /** Numbers that fit, a power of two; 0 at first. */
  get capacity(): number {
    return this.#mask + 1;
  }

  /** Status and flags. */
  state(number: number): number {
    return this.#states[number & this.#mask] as number;
  }

  setState(number: number, state: number): void {
    this.#states[number & this.#mask] = state;
  }

  timeSent(number: number): Instant {
    return this.#values[(number & this.#mask) * VALUES + TIME_SENT] as number;
  }

  /** Notes a new packet, over whatever was in its slot. */
  begin(number: number, timeSent: Instant, size: number, state: number): void {
    const at = number & this.#mask;
    this.#states[at] = state;
    this.#values[at * VALUES + TIME_SENT] = timeSent;
    this.#values[at * VALUES + STREAM_ID] = -1;
    this.#values[at * VALUES + ACKNOWLEDGES] = -1;
    this.#values[at * VALUES + SIZE] = size;
  }

  /** The number behind the run of outstanding packets that begins with this one, `last` being in it at most. */
  followersEnd(number: number, last: number): number {
    let end = number + 1;
    while (end <= last && this.#states[end & this.#mask] === FOLLOWER) end += 1;
    return end;
  }

  /** Notes the packets of a run, of which `first` is the first. */
  beginRun(first: number, run: StreamRun): void {
    const { count, timeSent, size, streamId, offset, length } = run;
    const values = this.#values;
    for (let i = 0; i < count; i++) {
      const at = (first + i) & this.#mask;
      const base = at * VALUES;
      this.#states[at] = i === 0 ? PLAIN : FOLLOWER;
      values[base + TIME_SENT] = timeSent;
      values[base + STREAM_ID] = streamId;
      values[base + STREAM_OFFSET] = offset + i * length;
      values[base + STREAM_LENGTH] = length;
      values[base + SIZE] = size;
      values[base + ACKNOWLEDGES] = -1;
    }
    const at = first & this.#mask;
    if (this.#follows((first - 1) & this.#mask, at)) this.#states[at] = FOLLOWER;
  }

  /** The first STREAM frame of a packet noted by {@link begin}, which may go on with a run. */
  setStream(number: number, streamId: number, offset: number, length: number, fin: boolean): void {
    const at = number & this.#mask;
    this.#values[at * VALUES + STREAM_ID] = streamId;
    this.#values[at * VALUES + STREAM_OFFSET] = offset;
    this.#values[at * VALUES + STREAM_LENGTH] = length;
    if (fin) this.#states[at] = (this.#states[at] as number) | STREAM_FIN;
    else if (this.#follows((number - 1) & this.#mask, at)) this.#states[at] = FOLLOWER;
  }

  /** In place of {@link setStream}. */
  setDatagram(number: number, datagramId: number): void {
    this.setStream(number, DATAGRAM, datagramId, 1, false);
  }

  /** Whether the packet in slot `at` holds nothing but octets that follow those of the one before, with which it was sent. */
  #follows(before: number, at: number): boolean {
    const values = this.#values;
    const end =
      (values[before * VALUES + STREAM_OFFSET] as number) +
      (values[before * VALUES + STREAM_LENGTH] as number);
    return (
      this.#states[at] === PLAIN &&
      ((this.#states[before] as number) & PLAIN_MASK) === PLAIN &&
      values[at * VALUES + STREAM_OFFSET] === end &&
      values[at * VALUES + STREAM_ID] === values[before * VALUES + STREAM_ID] &&
      values[at * VALUES + TIME_SENT] === values[before * VALUES + TIME_SENT] &&
      values[at * VALUES + SIZE] === values[before * VALUES + SIZE]
    );
  }

  setAcknowledges(number: number, largestAcknowledged: number): void {
    const at = number & this.#mask;
    this.#values[at * VALUES + ACKNOWLEDGES] = largestAcknowledged;
    this.#states[at] = (this.#states[at] as number) & ~FOLLOWS;
  }

  setDeliveries(number: number, deliveries: readonly Delivery[]): void {
    const at = number & this.#mask;
    if (this.#deliveries.length === 0) this.#deliveries = emptySlots(this.capacity);
    this.#deliveries[at] = deliveries;
    this.#states[at] = (this.#states[at] as number) | DELIVERIES;
  }

  /** Lets go of what only the packet's fate was waiting for. */
  forget(number: number): void {
    const at = number & this.#mask;
    if (((this.#states[at] as number) & DELIVERIES) !== 0) this.#deliveries[at] = undefined;
  }

  forgetAll(): void {
    this.#deliveries = NO_SLOTS;
  }

  /** Marks packets up to `end` acknowledged, of which only the first delivers anything. {@link show} them before. */
  settle(first: number, end: number): void {
    this.forget(first);
    const values = this.#values;
    for (let number = first; number < end; number++) {
      const at = number & this.#mask;
      this.#states[at] = Status.acknowledged;
      values[at * VALUES + STREAM_OFFSET] = end;
    }
  }

  /** The number behind the run of acknowledged packets that begins with this one, as far as known. */
  runEnd(number: number): number {
    return this.#values[(number & this.#mask) * VALUES + STREAM_OFFSET] as number;
  }

  setRunEnd(number: number, end: number): void {
    this.#values[(number & this.#mask) * VALUES + STREAM_OFFSET] = end;
  }

  /** The packets from `number` up to `end`, a run of them, as a view, valid until the next call. */
  show(number: number, end: number = number + 1): SentPacket<Delivery> {
    const at = number & this.#mask;
    const last = (end - 1) & this.#mask;
    const state = this.#states[at] as number;
    this.#view ??= emptyView();
    const view = this.#view;
    view.number = number;
    view.count = end - number;
    view.timeSent = this.#values[at * VALUES + TIME_SENT] as number;
    view.size = this.#values[at * VALUES + SIZE] as number;
    view.ackEliciting = (state & ACK_ELICITING) !== 0;
    view.inFlight = (state & STATUS) === Status.outstanding;
    view.declaredLost = (state & STATUS) === Status.lost;
    this.#showContent(view, at, last);
    view.stream.fin = (state & STREAM_FIN) !== 0;
    view.acknowledges = this.#values[at * VALUES + ACKNOWLEDGES] as number;
    view.deliveries = (state & DELIVERIES) === 0 ? undefined : this.#deliveries[at];
    return view;
  }

  /** What the packets from slot `at` to slot `last` carry of a stream, or as datagrams. */
  #showContent(view: MutableView<Delivery>, at: number, last: number): void {
    const values = this.#values;
    const streamId = values[at * VALUES + STREAM_ID] as number;
    const offset = values[at * VALUES + STREAM_OFFSET] as number;
    view.datagramId = streamId === DATAGRAM ? offset : -1;
    view.streamId = Math.max(streamId, -1);
    const { stream } = view;
    stream.offset = 0;
    stream.length = 0;
    if (streamId < 0) return;
    stream.offset = offset;
    stream.length = values[last * VALUES + STREAM_LENGTH] as number;
    if (last !== at) stream.length += (values[last * VALUES + STREAM_OFFSET] as number) - offset;
  }

  /** Lets go of what the packet shown last delivered, which would live as long as the ring. */
  hide(): void {
    if (this.#view !== undefined) this.#view.deliveries = undefined;
  }

  /** Doubles the capacity; the numbers from `base` up to `next` keep what is noted of them. */
  grow(base: number, next: number): void {
    const capacity = Math.max(INITIAL_CAPACITY, this.capacity * 2);
    const states = new Array<number>(capacity).fill(0);
    // From the first a number that is no small integer: what the array holds is stored as it is.
    const values = new Array<number>(capacity * VALUES).fill(Number.NaN);
    const deliveries =
      this.#deliveries.length === 0 ? this.#deliveries : emptySlots<readonly Delivery[]>(capacity);
    for (let number = base; number < next; number++) {
      const from = number & this.#mask;
      const to = number & (capacity - 1);
      states[to] = this.#states[from] as number;
      for (let column = 0; column < VALUES; column++) {
        values[to * VALUES + column] = this.#values[from * VALUES + column] as number;
      }
      if (deliveries.length !== 0) deliveries[to] = this.#deliveries[from];
    }
    this.#states = states;
    this.#values = values;
    this.#deliveries = deliveries;
    this.#mask = capacity - 1;
  }
}

type MutableView<Delivery> = Omit<Mutable<SentPacket<Delivery>>, 'stream'> & {
  readonly stream: Mutable<StreamOctets>;
};

function emptySlots<T>(count: number): (T | undefined)[] {
  return new Array<T | undefined>(count).fill(undefined);
}

function emptyView<Delivery>(): MutableView<Delivery> {
  return {
    number: 0,
    count: 1,
    timeSent: LARGE_COUNT_START,
    size: 0,
    ackEliciting: false,
    inFlight: false,
    declaredLost: false,
    streamId: -1,
    stream: { offset: LARGE_COUNT_START, length: 0, fin: false },
    datagramId: -1,
    acknowledges: -1,
    deliveries: undefined,
  };
}

/** An outstanding packet that delivers nothing but a STREAM frame; followers hold no acknowledgement either. */
const PLAIN = Status.outstanding | ACK_ELICITING;
const PLAIN_MASK = STATUS | ACK_ELICITING;
const FOLLOWER = PLAIN | FOLLOWS;

const NO_NUMBERS: number[] = [];
const NO_SLOTS: undefined[] = [];
