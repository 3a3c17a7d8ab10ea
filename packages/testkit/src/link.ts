import { type Duration, Ecn, type Instant } from '@mpquic/wire';
import type { SeededRandom } from './seeded-random.ts';

/** One direction of a network path. Everything is absent by default: an instant, perfect wire. */
export interface LinkOptions {
  /** One-way delay, in microseconds. */
  readonly delay?: Duration;
  /** Each datagram takes up to so much longer; the order stays. */
  readonly jitter?: Duration;
  /** Probabilities, 0 to 1. */
  readonly loss?: number;
  readonly duplication?: number;
  /** Probability that a datagram takes {@link reorderingDelay} longer, and others overtake it. */
  readonly reordering?: number;
  /** Default: 10 ms. */
  readonly reorderingDelay?: Duration;
  /** Probability that one octet changes. */
  readonly corruption?: number;
  /** Bits per second, of UDP payload and {@link HEADER_OCTETS} of headers. */
  readonly rate?: number;
  /** Octets that wait for the link to become free, beyond which datagrams are dropped. Default 128 KiB. */
  readonly queueLimit?: number;
  /** Largest UDP payload that passes. */
  readonly mtu?: number;
  /** Nothing passes. */
  readonly blackhole?: boolean;
  /** Probability that an ECN-capable datagram is marked CE. */
  readonly congestionMarking?: number;
  /** The ECN field is cleared. */
  readonly clearsEcn?: boolean;
}

/** IPv4 and UDP headers, which use the rate. */
export const HEADER_OCTETS = 28;
const DEFAULT_QUEUE_LIMIT = 128 * 1024;
const DEFAULT_REORDERING_DELAY: Duration = 10_000;

/** What became of the datagrams that entered one link. */
export interface LinkStatistics {
  sent: number;
  sentOctets: number;
  delivered: number;
  deliveredOctets: number;
  lost: number;
  queueDropped: number;
  tooLarge: number;
  blackholed: number;
  duplicated: number;
  corrupted: number;
  reordered: number;
}

/** Takes a copy of each datagram that leaves a link. */
export type Arrival = (at: Instant, payload: Uint8Array, ecn: Ecn) => void;

/** One direction of a network path. */
export class Link {
  #options: LinkOptions;
  readonly statistics: LinkStatistics = {
    sent: 0,
    sentOctets: 0,
    delivered: 0,
    deliveredOctets: 0,
    lost: 0,
    queueDropped: 0,
    tooLarge: 0,
    blackholed: 0,
    duplicated: 0,
    corrupted: 0,
    reordered: 0,
  };
  /** When the last datagram has left the queue. */
  #freeAt: Instant = 0;
  #lastArrival: Instant = 0;

  constructor(options: LinkOptions = {}) {
    this.#options = options;
  }

  get options(): LinkOptions {
    return this.#options;
  }

  /** Changes some options; datagrams on their way are not affected. */
  set(changes: LinkOptions): void {
    this.#options = { ...this.#options, ...changes };
  }

  /** Carries one datagram: `arrive` is called for each copy that comes out, now or never. */
  carry(now: Instant, payload: Uint8Array, ecn: Ecn, random: SeededRandom, arrive: Arrival): void {
    const options = this.#options;
    const statistics = this.statistics;
    statistics.sent += 1;
    statistics.sentOctets += payload.length;
    if (options.blackhole) {
      statistics.blackholed += 1;
    } else if (options.mtu !== undefined && payload.length > options.mtu) {
      statistics.tooLarge += 1;
    } else if (random.chance(options.loss ?? 0)) {
      statistics.lost += 1;
    } else {
      const sent = this.#queue(now, payload.length);
      if (sent === undefined) {
        statistics.queueDropped += 1;
        return;
      }
      this.#deliver(sent, payload, ecn, random, arrive);
      if (random.chance(options.duplication ?? 0)) {
        statistics.duplicated += 1;
        this.#deliver(sent, payload, ecn, random, arrive);
      }
    }
  }

  /** When the datagram has left the queue, or undefined where the queue is full. */
  #queue(now: Instant, length: number): Instant | undefined {
    const rate = this.#options.rate;
    if (rate === undefined) return now;
    const octetsPerMicrosecond = rate / 8_000_000;
    const start = Math.max(now, this.#freeAt);
    const waiting = (start - now) * octetsPerMicrosecond;
    if (waiting > 0 && waiting + length > (this.#options.queueLimit ?? DEFAULT_QUEUE_LIMIT)) {
      return undefined;
    }
    this.#freeAt = start + (length + HEADER_OCTETS) / octetsPerMicrosecond;
    return this.#freeAt;
  }

  #deliver(
    sent: Instant,
    payload: Uint8Array,
    ecn: Ecn,
    random: SeededRandom,
    arrive: Arrival,
  ): void {
    const options = this.#options;
    let arrival = sent + (options.delay ?? 0);
    if (options.jitter) arrival += random.below(options.jitter);
    if (random.chance(options.reordering ?? 0)) {
      this.statistics.reordered += 1;
      arrival += options.reorderingDelay ?? DEFAULT_REORDERING_DELAY;
    } else {
      arrival = Math.max(arrival, this.#lastArrival);
      this.#lastArrival = arrival;
    }
    const copy = payload.slice();
    if (copy.length > 0 && random.chance(options.corruption ?? 0)) {
      this.statistics.corrupted += 1;
      const at = random.below(copy.length);
      copy[at] = (copy[at] as number) ^ (1 + random.below(255));
    }
    this.statistics.delivered += 1;
    this.statistics.deliveredOctets += copy.length;
    arrive(Math.ceil(arrival), copy, this.#mark(ecn, random));
  }

  #mark(ecn: Ecn, random: SeededRandom): Ecn {
    if (this.#options.clearsEcn || ecn === Ecn.notEct) return Ecn.notEct;
    return random.chance(this.#options.congestionMarking ?? 0) ? Ecn.ce : ecn;
  }
}
