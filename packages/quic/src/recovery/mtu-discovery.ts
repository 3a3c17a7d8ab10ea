import type { Duration, Instant } from '@mpquic/wire';

/** Octets of UDP payload that every path carries. RFC 9000 §14, RFC 8899 §5.1.2 BASE_PLPMTU */
export const BASE_DATAGRAM_SIZE = 1200;
/** What Ethernet carries behind the headers of IPv6: most paths end there. */
const ETHERNET_SIZE = 1452;
/** MAX_PROBES. RFC 8899 §5.1.2 */
const MAX_PROBES = 3;
/** PMTU_RAISE_TIMER: when the search begins anew. RFC 8899 §5.1.1 */
const RAISE_INTERVAL: Duration = 600_000_000;
/** After large packets were given up, which may have been for silence that had nothing to do with them; then doubled. */
const FIRST_RETRY: Duration = 1_000_000;
const NEVER = Number.POSITIVE_INFINITY;
/** The search ends where it could gain no more than so many octets. */
const LEAST_GAIN = 20;
/** Acknowledgements that report large packets lost, and none of them received, make a black hole. */
const BLACK_HOLE_REPORTS = 3;

/**
 * How large the datagrams of one network path may be: packetization layer path MTU discovery by probe
 * packets of a size that is not known to fit. RFC 8899, RFC 9000 §14.3
 *
 * The largest size is tried first, then that of Ethernet, then sizes half way between what fits and what
 * does not. The loss of a probe says nothing about congestion (RFC 9000 §14.4).
 */
export class MtuDiscovery {
  readonly #maximum: number;
  /** Known to fit, or taken for that. */
  #size: number;
  /** The least size that is known not to fit. */
  #tooLarge: number;
  #probed = 0;
  #probeCount = 0;
  #outstanding = false;
  #searchAt: Instant = -NEVER;
  #wait: Duration = RAISE_INTERVAL;
  #reports = 0;
  #reportedAt: Instant = Number.NaN;

  /** `size` octets are in use; up to `maximum` are searched for. */
  constructor(size: number, maximum: number) {
    this.#size = size;
    this.#maximum = maximum;
    this.#tooLarge = maximum + 1;
  }

  /** Octets of UDP payload that fit. */
  get size(): number {
    return this.#size;
  }

  /** Whether larger packets are being looked for. */
  get searching(): boolean {
    return this.#tooLarge - this.#size > LEAST_GAIN || this.#tooLarge > this.#maximum;
  }

  /** Whether a probe is on its way. */
  get outstanding(): boolean {
    return this.#outstanding;
  }

  /** The size of a probe that is due now; 0 for none. */
  probeDue(now: Instant): number {
    if (this.#outstanding || now < this.#searchAt || this.#size >= this.#maximum) return 0;
    if (this.#probeCount > 0) return this.#probed;
    if (!this.searching) this.#begin();
    if (this.#tooLarge > this.#maximum) return this.#maximum;
    if (this.#size < ETHERNET_SIZE && ETHERNET_SIZE < this.#tooLarge) return ETHERNET_SIZE;
    return Math.floor((this.#size + this.#tooLarge) / 2);
  }

  probeSent(size: number): void {
    this.#probed = size;
    this.#outstanding = true;
  }

  /** Packets may be as large as the probe. Returns whether that is more than before. */
  probeAcknowledged(size: number, now: Instant): boolean {
    this.#outstanding = false;
    this.#probeCount = 0;
    if (size <= this.#size) return false;
    this.#size = size;
    if (this.#tooLarge <= size) this.#tooLarge = this.#maximum + 1;
    this.#endSearch(now);
    return true;
  }

  /** After {@link MAX_PROBES} of them, a size counts as too large. */
  probeLost(size: number, now: Instant): void {
    this.#outstanding = false;
    if (size !== this.#probed || size <= this.#size) return;
    this.#probeCount += 1;
    if (this.#probeCount < MAX_PROBES) return;
    this.#probeCount = 0;
    this.#tooLarge = size;
    this.#endSearch(now);
  }

  /** A packet that is no probe arrived. */
  packetAcknowledged(size: number): void {
    if (size > BASE_DATAGRAM_SIZE) this.#reports = 0;
  }

  /** Such a packet was lost. Returns whether large packets fail to arrive: a black hole. RFC 8899 §4.3 */
  packetLost(size: number, now: Instant): boolean {
    if (size <= BASE_DATAGRAM_SIZE || size > this.#size) return false;
    // What one acknowledgement brings to light is one event, however many packets it was.
    if (now === this.#reportedAt) return false;
    this.#reportedAt = now;
    this.#reports += 1;
    return this.#reports >= BLACK_HOLE_REPORTS;
  }

  /** Back to what every path carries, until it {@link answered}. RFC 8899 §5.2 */
  shrink(): void {
    this.#size = BASE_DATAGRAM_SIZE;
    this.#begin();
    this.#outstanding = false;
    this.#reports = 0;
    this.#wait = FIRST_RETRY;
    this.#searchAt = NEVER;
  }

  /** Something was acknowledged: the path works, with small packets at least. */
  answered(now: Instant): void {
    if (this.#searchAt === NEVER) this.#searchAt = now;
  }

  #begin(): void {
    this.#tooLarge = this.#maximum + 1;
    this.#probeCount = 0;
  }

  #endSearch(now: Instant): void {
    if (this.searching && this.#size < this.#maximum) return;
    this.#searchAt = now + this.#wait;
    this.#wait = Math.min(2 * this.#wait, RAISE_INTERVAL);
  }
}
