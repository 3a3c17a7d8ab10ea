import {
  type Address,
  type Datagram,
  formatAddress,
  sameAddress,
  type Transmit,
} from '@mpquic/wire';
import { wallClockMicroseconds } from './clock.ts';
import type {
  DatagramSocket,
  DatagramSocketHandler,
  DatagramSocketOptions,
  OpenDatagramSocket,
  SocketCounters,
} from './datagram-socket.ts';
import { isWildcard, localAddressIsGone } from './local-address.ts';
import type { Tap } from './tap.ts';

/** Takes what the sockets of a {@link SocketSet} have to say. */
export interface SocketSetHandler {
  datagramReceived(datagram: Datagram): void;
  batchReceived(): void;
  batchSettled(): void;
  socketsWritable(): void;
  sendFailed(local: Address, remote: Address | undefined, code: string): void;
  localAddressLost(local: Address, code: string): void;
}

/** The sockets of one endpoint, one for each local address. */
export class SocketSet implements DatagramSocketHandler {
  /** Sees every datagram that crosses the socket layer. */
  tap: Tap | undefined;

  readonly #open: OpenDatagramSocket;
  readonly #handler: SocketSetHandler;
  readonly #sockets = new Map<Address, DatagramSocket>();
  /** The same ones, for what is asked before every run. */
  #list: readonly DatagramSocket[] = [];
  readonly #cut = new Set<Address>();
  #closing = false;

  constructor(open: OpenDatagramSocket, handler: SocketSetHandler) {
    this.#open = open;
    this.#handler = handler;
  }

  get locals(): readonly Address[] {
    return [...this.#sockets.keys()];
  }

  get sockets(): Iterable<DatagramSocket> {
    return this.#sockets.values();
  }

  /** Binds one more socket. Rejects with the system's error. */
  async open(options: DatagramSocketOptions): Promise<DatagramSocket> {
    const socket = await this.#open(options, this);
    if (this.#closing) {
      await socket.close();
      throw new Error('the endpoint is closed');
    }
    this.#sockets.set(socket.local, socket);
    this.#listSockets();
    return socket;
  }

  /** The socket that is bound to `local`, or to its port on all addresses. */
  find(local: Address): DatagramSocket | undefined {
    const socket = this.#sockets.get(local);
    if (socket !== undefined) return socket;
    let wildcard: DatagramSocket | undefined;
    for (const [address, candidate] of this.#sockets) {
      if (sameAddress(address, local)) return candidate;
      if (address.port === local.port && isWildcard(address.host, local.host)) wildcard = candidate;
    }
    return wildcard;
  }

  /** The first socket whose remote address can be `remote`. */
  findFor(remote: Address): DatagramSocket | undefined {
    const ipv6 = remote.host.includes(':');
    for (const socket of this.#sockets.values()) {
      if (socket.remote !== undefined) {
        if (sameAddress(socket.remote, remote)) return socket;
      } else if (socket.local.host.includes(':') === ipv6) return socket;
    }
    return undefined;
  }

  /** Whether one of the sockets has a full kernel buffer. */
  get congested(): boolean {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) if ((list[i] as DatagramSocket).congested) return true;
    return false;
  }

  /** False when a socket still refers to the octets of `transmit`. */
  send(transmit: Transmit): boolean {
    const { local, remote } = transmit;
    if (remote === undefined) return true;
    const socket = local === undefined ? this.findFor(remote) : this.find(local);
    if (socket === undefined || this.#cut.has(socket.local)) return true;
    if (this.tap !== undefined) this.#tapRun(this.tap, socket.local, remote, transmit);
    return socket.send(transmit);
  }

  /**
   * Cuts an access as if its radio were gone: datagrams of the local address vanish in both
   * directions, and neither QUIC nor the peer is told. For tests and demonstrations.
   */
  blackhole(local: Address, on: boolean): void {
    const socket = this.find(local);
    if (socket === undefined) throw new Error(`no socket is bound to ${formatAddress(local)}`);
    if (on) this.#cut.add(socket.local);
    else this.#cut.delete(socket.local);
  }

  /** Releases one socket. */
  async close(local: Address): Promise<void> {
    const socket = this.find(local);
    if (socket === undefined) return;
    this.#sockets.delete(socket.local);
    this.#listSockets();
    this.#cut.delete(socket.local);
    await socket.close();
  }

  async closeAll(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.locals.map((local) => this.close(local)));
  }

  /** The sum over all open sockets. */
  counters(): SocketCounters {
    const sum = {
      datagramsSent: 0,
      bytesSent: 0,
      datagramsReceived: 0,
      bytesReceived: 0,
      datagramsDropped: 0,
      sendErrors: 0,
    };
    for (const { counters } of this.#sockets.values()) {
      for (const name of Object.keys(sum) as (keyof SocketCounters)[]) sum[name] += counters[name];
    }
    return sum;
  }

  datagramReceived(datagram: Datagram): void {
    if (this.#cut.size > 0 && this.#isCut(datagram.local)) return;
    if (this.tap !== undefined) {
      const { local, remote, payload } = datagram;
      this.tap({
        direction: 'received',
        local,
        remote,
        payload,
        wallTime: wallClockMicroseconds(),
      });
    }
    // A tap sees every datagram before it is opened: so they are opened one by one.
    this.#handler.datagramReceived(
      this.tap === undefined || datagram.run === undefined
        ? datagram
        : { ...datagram, run: undefined },
    );
  }

  batchReceived(): void {
    this.#handler.batchReceived();
  }

  batchSettled(): void {
    this.#handler.batchSettled();
  }

  socketWritable(): void {
    if (!this.congested) this.#handler.socketsWritable();
  }

  /** The failure may be because the local address is gone: then nothing can be sent or received any more. */
  sendFailed(socket: DatagramSocket, code: string): void {
    if (localAddressIsGone(code, socket.local.host)) this.#lose(socket, code);
    else this.#handler.sendFailed(socket.local, socket.remote, code);
  }

  #listSockets(): void {
    this.#list = [...this.#sockets.values()];
  }

  #lose(socket: DatagramSocket, code: string): void {
    if (!this.#sockets.delete(socket.local)) return;
    this.#listSockets();
    this.#cut.delete(socket.local);
    void socket.close();
    this.#handler.localAddressLost(socket.local, code);
  }

  #isCut(local: Address): boolean {
    const socket = this.find(local);
    return socket !== undefined && this.#cut.has(socket.local);
  }

  #tapRun(tap: Tap, local: Address, remote: Address, transmit: Transmit): void {
    const wallTime = wallClockMicroseconds();
    const end = transmit.start + transmit.length;
    for (let start = transmit.start; start < end; start += transmit.segmentSize) {
      const payload = transmit.buffer.subarray(start, Math.min(start + transmit.segmentSize, end));
      tap({ direction: 'sent', local, remote, payload, wallTime });
    }
  }
}
