import type { RemoteInfo, Socket } from 'node:dgram';
import {
  type Address,
  createTransmit,
  type Instant,
  type Machine,
  plainOctets,
} from '@mpquic/wire';
import { openUdpSocket } from './udp-socket.ts';

/** A datagram as a socket sent or received it; `payload` is lent for the call. */
export interface SocketDatagram {
  readonly direction: 'sent' | 'received';
  readonly local: Address;
  readonly remote: Address;
  readonly payload: Uint8Array;
}

export interface MachineSocketOptions<Event> {
  readonly address: Address;
  readonly machine: Machine<Event>;
  readonly onEvent: (event: Event) => void;
  /** Sees every datagram. */
  readonly tap?: ((datagram: SocketDatagram) => void) | undefined;
}

const LARGEST_DATAGRAM = 65_507;

/**
 * Drives one sans-IO machine over one UDP socket: datagrams in and out, one armed timer, events to a
 * callback. After a call that gives the machine something to do, call {@link flush}.
 */
export class MachineSocket<Event> {
  /** Where it is bound. */
  readonly address: Address;
  readonly #options: MachineSocketOptions<Event>;
  readonly #socket: Socket;
  readonly #transmit = createTransmit(LARGEST_DATAGRAM);
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(options: MachineSocketOptions<Event>, socket: Socket) {
    const { address, port } = socket.address();
    this.address = { host: address, port };
    this.#options = options;
    this.#socket = socket;
    socket.on('message', (payload, from) => this.#receive(plainOctets(payload), from));
    socket.on('error', () => undefined);
  }

  /** @throws {Error} of node:dgram where the address cannot be bound */
  static async open<Event>(options: MachineSocketOptions<Event>): Promise<MachineSocket<Event>> {
    return new MachineSocket(options, await openUdpSocket(options.address));
  }

  /** The clock that the machine is driven by. */
  now(): Instant {
    return Math.round(performance.now() * 1000);
  }

  /** Sends what the machine wants sent, hands on its events, and arms the timer. */
  flush(): void {
    if (this.#closed) return;
    const { machine } = this.#options;
    this.#send();
    for (let event = machine.nextEvent(); event !== undefined; event = machine.nextEvent()) {
      this.#options.onEvent(event);
    }
    this.#send();
    this.#arm();
  }

  close(): void {
    if (this.#closed) return;
    this.#send();
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  #receive(payload: Uint8Array, from: RemoteInfo): void {
    if (this.#closed) return;
    const local = this.address;
    const remote = { host: from.address, port: from.port };
    this.#options.tap?.({ direction: 'received', local, remote, payload });
    this.#options.machine.receiveDatagram({ local, remote, payload }, this.now());
    this.flush();
  }

  #send(): void {
    const transmit = this.#transmit;
    while (!this.#closed && this.#options.machine.nextTransmit(this.now(), transmit, 1)) {
      const { buffer, start, length, remote } = transmit;
      if (remote === undefined) continue;
      const payload = buffer.slice(start, start + length);
      this.#options.tap?.({ direction: 'sent', local: this.address, remote, payload });
      // It may hold a key, and is not needed once it is sent.
      this.#socket.send(payload, remote.port, remote.host, () => void payload.fill(0));
    }
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const due = this.#options.machine.nextTimeout();
    if (due === undefined || this.#closed) return;
    const wait = Math.max(0, Math.ceil((due - this.now()) / 1000));
    this.#timer = setTimeout(() => {
      this.#options.machine.handleTimeout(this.now());
      this.flush();
    }, wait);
  }
}
