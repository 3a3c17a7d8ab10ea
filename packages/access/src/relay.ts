import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { openUdpSocket } from '@mpquic/service';
import { type Address, formatAddress, type Instant } from '@mpquic/wire';
import { DelayQueue } from './delay-queue.ts';
import type { Impairment } from './impairment.ts';
import { Link, type LinkCounters } from './link.ts';

export interface RelayOptions {
  /** Where UEs send to. */
  readonly listen: Address;
  /** The UPF behind the access. */
  readonly remote: Address;
  /** Local host of the sockets towards the UPF, as a NAT has an outside address. */
  readonly outside: string;
  readonly uplink: Impairment;
  readonly downlink: Impairment;
  /** Sees every datagram before the link does; false drops it. */
  readonly admit?: (direction: 'uplink' | 'downlink', payload: Uint8Array) => boolean;
  /** 0 to 1; seeded in tests. */
  readonly random?: () => number;
}

export interface RelayStatistics {
  readonly uplink: LinkCounters;
  readonly downlink: LinkCounters;
  readonly bindings: number;
  readonly rebindings: number;
  /** Datagrams dropped because too many waited, or too many UEs came. */
  readonly overflow: number;
}

interface Forward {
  readonly socket: Socket;
  readonly payload: Uint8Array;
  readonly to: Address;
}

/** One UE address and the outside socket that stands for it. */
interface Binding {
  readonly inside: Address;
  outside: Socket;
}

const MAX_BINDINGS = 4_096;
const MAX_WAITING = 200_000;
const SOCKET_BUFFER = 4 << 20;

/** A UDP relay that stands for one access: a NAT with a link of two directions behind it. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #inside: Socket;
  readonly #bindings = new Map<string, Binding>();
  readonly #waiting: DelayQueue<Forward>;
  readonly uplink: Link;
  readonly downlink: Link;
  #rebindings = 0;
  #overflow = 0;
  #closed = false;

  private constructor(options: RelayOptions, inside: Socket) {
    const random = options.random ?? Math.random;
    this.#options = options;
    this.#inside = inside;
    this.uplink = new Link(options.uplink, random);
    this.downlink = new Link(options.downlink, random);
    this.#waiting = new DelayQueue((forward) => this.#send(forward), clock);
    inside.on('message', (payload, from) => this.#receiveInside(payload, from));
  }

  /** @throws {Error} of node:dgram where the address cannot be listened on */
  static async open(options: RelayOptions): Promise<Relay> {
    const inside = await openSocket(options.listen.host, options.listen.port);
    return new Relay(options, inside);
  }

  get address(): Address {
    const { address, port } = this.#inside.address();
    return { host: address, port };
  }

  get statistics(): RelayStatistics {
    return {
      uplink: this.uplink.counters,
      downlink: this.downlink.counters,
      bindings: this.#bindings.size,
      rebindings: this.#rebindings,
      overflow: this.#overflow,
    };
  }

  /** Gives every UE a new outside port, as a NAT that lost its bindings; on another host where one is given. */
  async rebind(outside: string = this.#options.outside): Promise<void> {
    for (const binding of this.#bindings.values()) {
      const replacement = await this.#openOutside(binding, outside);
      binding.outside.close();
      binding.outside = replacement;
    }
    this.#rebindings += 1;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting.close();
    this.#inside.close();
    for (const { outside } of this.#bindings.values()) outside.close();
    this.#bindings.clear();
  }

  #receiveInside(payload: Uint8Array, from: RemoteInfo): void {
    const inside = { host: from.address, port: from.port };
    const key = formatAddress(inside);
    const binding = this.#bindings.get(key);
    if (binding !== undefined) {
      this.#forward(this.uplink, binding.outside, payload, this.#options.remote);
      return;
    }
    if (this.#bindings.size >= MAX_BINDINGS) {
      this.#overflow += 1;
      return;
    }
    const created: Binding = { inside, outside: createSocket(family(this.#options.outside)) };
    this.#bindings.set(key, created);
    this.#listenOutside(created, created.outside);
    created.outside.bind(0, this.#options.outside, () => {
      if (!this.#closed) this.#forward(this.uplink, created.outside, payload, this.#options.remote);
    });
  }

  async #openOutside(binding: Binding, outside: string): Promise<Socket> {
    const socket = await openSocket(outside, 0);
    this.#listenOutside(binding, socket);
    return socket;
  }

  #listenOutside(binding: Binding, socket: Socket): void {
    socket.on('error', () => undefined);
    socket.on('message', (payload, from) => {
      const { remote } = this.#options;
      if (from.port !== remote.port || from.address !== remote.host) return;
      this.#forward(this.downlink, this.#inside, payload, binding.inside);
    });
  }

  #forward(link: Link, socket: Socket, payload: Uint8Array, to: Address): void {
    const now = clock();
    const direction = link === this.uplink ? 'uplink' : 'downlink';
    if (this.#options.admit?.(direction, payload) === false) return;
    const departures = link.offer(payload.length, now);
    if (departures.length === 0) return;
    const passed = link.pass(payload);
    for (const departure of departures) {
      if (departure <= now) this.#send({ socket, payload: passed, to });
      else if (this.#waiting.size < MAX_WAITING) {
        this.#waiting.push({ socket, payload: passed, to }, departure);
      } else this.#overflow += 1;
    }
  }

  #send({ socket, payload, to }: Forward): void {
    if (this.#closed) return;
    try {
      socket.send(payload, to.port, to.host, () => undefined);
    } catch {
      // The binding was replaced while the datagram waited: it is lost, as behind a real NAT.
    }
  }
}

function clock(): Instant {
  return performance.now() * 1000;
}

function family(host: string): 'udp4' | 'udp6' {
  return host.includes(':') ? 'udp6' : 'udp4';
}

async function openSocket(host: string, port: number): Promise<Socket> {
  const buffers = { recvBufferSize: SOCKET_BUFFER, sendBufferSize: SOCKET_BUFFER };
  const socket = await openUdpSocket({ host, port }, buffers);
  socket.on('error', () => undefined);
  return socket;
}
