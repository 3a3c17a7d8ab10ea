import type { Duration, Instant } from '@mpquic/wire';
import type { Impairment } from './impairment.ts';

/** Counters of one direction. */
export interface LinkCounters {
  datagrams: number;
  octets: number;
  delivered: number;
  duplicated: number;
  corrupted: number;
  lost: number;
  queueFull: number;
  tooLarge: number;
  blackholed: number;
}

/** When a datagram comes out at the other end; one that is dropped never does. */
export type Departures = readonly Instant[];

const MS: Duration = 1_000;
const NEVER: Departures = [];

/**
 * One direction of an access as arithmetic: what a datagram of some size, offered at some time, meets.
 * Keeps no datagrams, sets no timers, and draws its chances from `random` (0 to 1).
 */
export class Link {
  readonly counters: LinkCounters = {
    datagrams: 0,
    octets: 0,
    delivered: 0,
    duplicated: 0,
    corrupted: 0,
    lost: 0,
    queueFull: 0,
    tooLarge: 0,
    blackholed: 0,
  };
  impairment: Impairment;
  readonly #random: () => number;
  /** When the datagrams accepted so far have all been sent at the rate limit. */
  #busyUntil: Instant = 0;
  #lastDeparture: Instant = 0;

  constructor(impairment: Impairment, random: () => number) {
    this.impairment = impairment;
    this.#random = random;
  }

  /** Offers a datagram of `length` octets at `now`; returns when copies of it come out. */
  offer(length: number, now: Instant): Departures {
    const { impairment, counters } = this;
    counters.datagrams += 1;
    counters.octets += length;
    if (impairment.blackhole) {
      counters.blackholed += 1;
      return NEVER;
    }
    if (length > impairment.mtu) {
      counters.tooLarge += 1;
      return NEVER;
    }
    if (this.#happens(impairment.lossPercent)) {
      counters.lost += 1;
      return NEVER;
    }
    const sent = this.#transmit(length, now);
    if (sent === undefined) {
      counters.queueFull += 1;
      return NEVER;
    }
    const departure = this.#propagate(sent);
    counters.delivered += 1;
    if (!this.#happens(impairment.duplicatePercent)) return [departure];
    counters.duplicated += 1;
    return [departure, departure];
  }

  /** What comes out of the datagram that was offered last: itself, or a copy with one octet changed. */
  pass(payload: Uint8Array): Uint8Array {
    if (payload.length === 0 || !this.#happens(this.impairment.corruptPercent)) return payload;
    this.counters.corrupted += 1;
    const changed = payload.slice();
    const place = Math.min(changed.length - 1, Math.floor(this.#random() * changed.length));
    changed[place] = (changed[place] as number) ^ (1 + Math.floor(this.#random() * 255));
    return changed;
  }

  /** When the last bit leaves the queue, or undefined where the queue is full. */
  #transmit(length: number, now: Instant): Instant | undefined {
    const { rateMbit, headerOctets, queueDatagrams } = this.impairment;
    if (rateMbit === 0) return now;
    const duration = ((length + headerOctets) * 8) / rateMbit;
    const start = Math.max(now, this.#busyUntil);
    if (start - now > queueDatagrams * duration) return undefined;
    this.#busyUntil = start + duration;
    return this.#busyUntil;
  }

  #propagate(sent: Instant): Instant {
    const { delayMs, jitterMs, reorderPercent } = this.impairment;
    if (this.#happens(reorderPercent)) return sent;
    const departure = sent + delayMs * MS + this.#random() * jitterMs * MS;
    this.#lastDeparture = Math.max(this.#lastDeparture, departure);
    return this.#lastDeparture;
  }

  #happens(percent: number): boolean {
    return percent > 0 && this.#random() * 100 < percent;
  }
}
