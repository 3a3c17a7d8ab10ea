/** A moment, in microseconds on the caller's clock. Never read from the system inside a machine. */
export type Instant = number;

/** A span of time, in microseconds. */
export type Duration = number;

/**
 * One end of a network path. Machines compare addresses by identity before they compare by value, so
 * a caller that hands in one object per address makes the comparison free.
 */
export interface Address {
  /** IPv4 or IPv6 in its canonical text form. */
  readonly host: string;
  readonly port: number;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a === b || (a.port === b.port && a.host === b.host);
}

/** `host:port`, with brackets around IPv6. */
export function formatAddress(address: Address): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

/** The two bits of the IP header's ECN field. RFC 3168 §5. */
export const Ecn = { notEct: 0, ect1: 1, ect0: 2, ce: 3 } as const;
export type Ecn = (typeof Ecn)[keyof typeof Ecn];

/** A UDP payload as it arrived, and the two ends of the network path that carried it. */
export interface Datagram {
  readonly local: Address;
  readonly remote: Address;
  /** Lent for the call: the machine may change it in place and keeps no view of it. */
  readonly payload: Uint8Array;
  readonly ecn?: Ecn;
  /** The datagrams that came together with it, where the socket knows them. */
  readonly run?: DatagramRun | undefined;
}

/**
 * Datagrams from one sender that came together, one behind the other in a buffer and of one size but for the last: so that
 * a machine can work on all of them when it is given the first. Lent as the payload of each.
 */
export interface DatagramRun {
  /** Different from that of the run before. */
  readonly serial: number;
  readonly buffer: Uint8Array;
  /** Where the datagram at hand begins. */
  readonly at: number;
  readonly segmentSize: number;
  /** Where the last one ends. */
  readonly end: number;
  /**
   * Filled in by the machine: how many of them, from the datagram at hand on, it has dealt with. The caller sets it to 1, and
   * goes on behind them.
   */
  taken: number;
}

/**
 * Where a machine writes what it wants sent, owned and reused by the caller: one run of datagrams of
 * `segmentSize` octets each (the last may be shorter) for one network path, so that one call is one
 * segmentation-offload send.
 */
export interface Transmit {
  /** The caller's buffer. Octets from `start` on may be written. */
  readonly buffer: Uint8Array;
  readonly start: number;
  /** Filled in: octets written from `start` on. */
  length: number;
  /** Filled in: octets of each datagram but the last. */
  segmentSize: number;
  /** Filled in: how many datagrams. */
  datagrams: number;
  /** Filled in: the network path; `local` is undefined where any local address does. */
  local: Address | undefined;
  remote: Address | undefined;
  /** Filled in. */
  ecn: Ecn;
}

/** A transmit buffer of `size` octets. */
export function createTransmit(size: number): Transmit {
  return {
    buffer: new Uint8Array(size),
    start: 0,
    length: 0,
    segmentSize: 0,
    datagrams: 0,
    local: undefined,
    remote: undefined,
    ecn: Ecn.notEct,
  };
}

/** Empties it, for a machine that has nothing to send yet. */
export function clearTransmit(into: Transmit): void {
  into.length = 0;
  into.segmentSize = 0;
  into.datagrams = 0;
}

/**
 * The one shape of every protocol machine over UDP: bytes, time and randomness go in as arguments;
 * datagrams, events and the next deadline come out. After each call that goes in, drain
 * `nextTransmit`, then `nextEvent`, then read `nextTimeout`.
 */
export interface Machine<Event> {
  receiveDatagram(datagram: Datagram, now: Instant): void;
  handleTimeout(now: Instant): void;
  /** Fills `into` with at most `maxDatagrams` datagrams; false when there is nothing to send now. */
  nextTransmit(now: Instant, into: Transmit, maxDatagrams: number): boolean;
  /** When {@link handleTimeout} is due, or `undefined` for never. */
  nextTimeout(): Instant | undefined;
  nextEvent(): Event | undefined;
}

/** A source of random octets, handed to machines so that runs can be replayed from a seed. */
export interface Random {
  /** Fills `into` and returns it. */
  fill(into: Uint8Array): Uint8Array;
}
