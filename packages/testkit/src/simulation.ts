import {
  type Address,
  createTransmit,
  type Datagram,
  type Duration,
  type Ecn,
  formatAddress,
  type Instant,
  type Machine,
  type Transmit,
} from '@mpquic/wire';
import { Agenda } from './agenda.ts';
import { Link, type LinkOptions } from './link.ts';
import { SeededRandom } from './seeded-random.ts';

/** Both directions between two addresses. */
export interface Wire {
  /** From the first address to the second. */
  readonly forth: Link;
  readonly back: Link;
}

export interface AttachOptions<Event> {
  /** Where the machine sends from and receives at. */
  readonly addresses: readonly Address[];
  /** Sees every event of the machine, in order; it may call the machine. */
  readonly onEvent?: (event: Event, now: Instant) => void;
  /** Datagrams per `nextTransmit`. Default 16. */
  readonly maxDatagrams?: number;
}

/** A run that did not end as it should. The message names the seed that repeats it. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
  readonly code = 'SIMULATION';
}

/**
 * Runs machines against each other over links, on a virtual clock: no sockets, no timers, no promises.
 * The seed decides everything, so a run repeats exactly.
 */
export class Simulation {
  readonly seed: number;
  readonly random: SeededRandom;
  #now: Instant = 0;
  readonly #linkRandom: SeededRandom;
  readonly #hosts: Host[] = [];
  readonly #hostAt = new Map<string, Host>();
  /** By the address that sends, then by the one that receives. */
  readonly #links = new Map<string, Map<string, Link>>();
  /** What a NAT in front of an address shows of it. */
  readonly #publicOf = new Map<string, Address>();
  readonly #privateOf = new Map<string, Address>();
  readonly #agenda = new Agenda<() => void>();
  readonly #transmit: Transmit = createTransmit(64 * 1024);

  constructor(seed: number) {
    this.seed = seed;
    this.random = new SeededRandom(seed);
    this.#linkRandom = this.random.fork();
  }

  /** Microseconds since the start. */
  get now(): Instant {
    return this.#now;
  }

  /** Adds a machine. It is driven from the next {@link runUntil} or {@link runFor} on. */
  attach<Event>(machine: Machine<Event>, options: AttachOptions<Event>): void {
    const host: Host = {
      machine,
      addresses: options.addresses,
      maxDatagrams: options.maxDatagrams ?? 16,
      drainEvents: (now) => {
        let event = machine.nextEvent();
        while (event !== undefined) {
          options.onEvent?.(event, now);
          event = machine.nextEvent();
        }
      },
    };
    this.#hosts.push(host);
    for (const address of options.addresses) this.#hostAt.set(formatAddress(address), host);
  }

  /** The machine is gone: what still arrives for it is dropped. */
  detach<Event>(machine: Machine<Event>): void {
    const index = this.#hosts.findIndex((host) => host.machine === machine);
    const [host] = index < 0 ? [] : this.#hosts.splice(index, 1);
    for (const address of host?.addresses ?? []) this.#hostAt.delete(formatAddress(address));
  }

  /** Lays a wire between two addresses. Without one, nothing passes between them. */
  connect(
    from: Address,
    to: Address,
    options: LinkOptions = {},
    back: LinkOptions = options,
  ): Wire {
    const wire = { forth: new Link(options), back: new Link(back) };
    this.#lay(from, to, wire.forth);
    this.#lay(to, from, wire.back);
    return wire;
  }

  #lay(from: Address, to: Address, link: Link): void {
    const links = this.#links.get(textOf(from)) ?? new Map<string, Link>();
    this.#links.set(textOf(from), links.set(textOf(to), link));
  }

  /**
   * From now on a NAT shows `address` to others as `visible`, and drops what comes for the mapping
   * before. The links of `address` stay.
   */
  rebind(address: Address, visible: Address): void {
    const key = formatAddress(address);
    const previous = this.#publicOf.get(key);
    if (previous !== undefined) this.#privateOf.delete(formatAddress(previous));
    this.#publicOf.set(key, visible);
    this.#privateOf.set(formatAddress(visible), address);
  }

  /** Calls `action` at a time, or at once where that is past. */
  at(time: Instant, action: () => void): void {
    this.#agenda.add(Math.max(time, this.#now), action);
  }

  /**
   * Runs until `done()`, which is looked at after every step.
   * @throws {SimulationError} where that takes longer than `limit`, or nothing is left to happen
   */
  runUntil(done: () => boolean, limit: Duration, what = 'the goal'): void {
    const deadline = this.#now + limit;
    this.#drive();
    while (!done()) {
      const next = this.#nextInstant();
      if (next > deadline) {
        const why = next === Number.POSITIVE_INFINITY ? 'nothing is left to happen' : 'time is up';
        throw this.failure(`${what} not reached: ${why}`);
      }
      this.#step(next);
    }
  }

  /** Runs for a while. */
  runFor(duration: Duration): void {
    const deadline = this.#now + duration;
    this.#drive();
    for (let next = this.#nextInstant(); next <= deadline; next = this.#nextInstant()) {
      this.#step(next);
    }
    this.#now = deadline;
  }

  /** Runs until nothing is left to happen. @throws {SimulationError} after `limit` */
  runUntilQuiet(limit: Duration): void {
    const deadline = this.#now + limit;
    this.#drive();
    for (let next = this.#nextInstant(); next < Number.POSITIVE_INFINITY; ) {
      if (next > deadline) throw this.failure('still busy');
      this.#step(next);
      next = this.#nextInstant();
    }
  }

  /** An error that names the time and the seed. */
  failure(message: string): SimulationError {
    const seconds = (this.#now / 1_000_000).toFixed(6);
    return new SimulationError(`${message} (seed ${this.seed}, ${seconds} s)`);
  }

  #nextInstant(): Instant {
    let next = this.#agenda.next;
    for (const host of this.#hosts) {
      const timeout = host.machine.nextTimeout();
      if (timeout !== undefined && timeout < next) next = timeout;
    }
    return next;
  }

  #step(at: Instant): void {
    this.#now = Math.max(this.#now, at);
    while (this.#agenda.next <= this.#now) this.#agenda.take()?.();
    for (const host of [...this.#hosts]) {
      const timeout = host.machine.nextTimeout();
      if (timeout === undefined || timeout > this.#now) continue;
      host.machine.handleTimeout(this.#now);
      this.#drain(host);
      const again = host.machine.nextTimeout();
      if (again !== undefined && again <= this.#now) this.#countIdleTimeout(host);
      else host.idleTimeouts = 0;
    }
    this.#drive();
  }

  /** A timeout that is due again at once is legal, but not for ever. */
  #countIdleTimeout(host: Host): void {
    host.idleTimeouts = (host.idleTimeouts ?? 0) + 1;
    if (host.idleTimeouts > MAX_ROUNDS) throw this.failure('a timeout that does not end');
  }

  #drive(): void {
    for (const host of [...this.#hosts]) this.#drain(host);
  }

  #drain(host: Host): void {
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
      host.drainEvents(this.#now);
      if (!host.machine.nextTransmit(this.#now, this.#transmit, host.maxDatagrams)) return;
      this.#send(host);
    }
    throw this.failure('a machine that sends without end');
  }

  /** Splits the run into datagrams, as a kernel does. */
  #send(host: Host): void {
    const { buffer, start, length, segmentSize, remote, ecn } = this.#transmit;
    if (remote === undefined || length === 0) throw this.failure('a transmit without datagrams');
    const local = this.#transmit.local ?? this.#addressTowards(host, remote);
    const size = segmentSize > 0 ? segmentSize : length;
    let datagrams = 0;
    for (let at = start; at < start + length; at += size) {
      const end = Math.min(at + size, start + length);
      this.#carry(local, remote, buffer.subarray(at, end), ecn);
      datagrams += 1;
    }
    if (datagrams !== this.#transmit.datagrams) throw this.failure('a miscounted transmit');
  }

  #addressTowards(host: Host, remote: Address): Address {
    const found = host.addresses.find((address) => this.#linkBetween(address, remote));
    return found ?? (host.addresses[0] as Address);
  }

  /** Links belong to private addresses, whatever a NAT shows. */
  #linkBetween(local: Address, remote: Address): Link | undefined {
    const links = this.#links.get(textOf(local));
    return links?.get(textOf(this.#privateOf.get(textOf(remote)) ?? remote));
  }

  #carry(local: Address, remote: Address, payload: Uint8Array, ecn: Ecn): void {
    const link = this.#linkBetween(local, remote);
    if (link === undefined) return;
    const source = this.#publicOf.get(textOf(local)) ?? local;
    link.carry(this.#now, payload, ecn, this.#linkRandom, (at, copy, mark) => {
      this.#agenda.add(at, () => {
        this.#arrive({ local: remote, remote: source, payload: copy, ecn: mark });
      });
    });
  }

  #arrive(datagram: Datagram): void {
    const visible = textOf(datagram.local);
    const inside = this.#privateOf.get(visible);
    if (inside === undefined && this.#publicOf.has(visible)) return;
    const local = inside ?? datagram.local;
    const host = this.#hostAt.get(textOf(local));
    if (host === undefined) return;
    host.machine.receiveDatagram({ ...datagram, local }, this.#now);
    this.#drain(host);
  }
}

interface Host {
  readonly machine: Machine<unknown>;
  readonly addresses: readonly Address[];
  readonly maxDatagrams: number;
  readonly drainEvents: (now: Instant) => void;
  idleTimeouts?: number;
}

const MAX_ROUNDS = 100_000;

const texts = new WeakMap<Address, string>();

/** {@link formatAddress} of what is mostly the same object again. */
function textOf(address: Address): string {
  let text = texts.get(address);
  if (text === undefined) {
    text = formatAddress(address);
    texts.set(address, text);
  }
  return text;
}
