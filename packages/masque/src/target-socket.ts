import {
  type Clock,
  type DatagramSocket,
  monotonicClock,
  type OpenDatagramSocket,
  openFastestSocket,
} from '@mpquic/endpoint';
import { type Datagram, formatIp, type Instant } from '@mpquic/wire';
import type { TargetBatch } from './target-batch.ts';

export interface TargetSocketOptions {
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  readonly port: number;
  /** Where to send from; any address when absent. */
  readonly source?: string | undefined;
  readonly openSocket?: OpenDatagramSocket | undefined;
  readonly clock?: Clock | undefined;
  /** What it shares with the other sockets of its proxy. */
  readonly batch: TargetBatch;
  /** A payload of the target, lent for the call. */
  readonly receive: (payload: Uint8Array) => void;
  /** The target does not take datagrams: ICMP said so, or the system. Comes once at most. */
  readonly failed: (code: string) => void;
}

interface Use {
  last: Instant;
}

/** Octets of UDP payload in an Ethernet frame: larger ones would be fragmented. RFC 9298 §3.1 */
const ETHERNET_PAYLOAD = { v4: 1472, v6: 1452 } as const;
/** The loopback interface takes whatever UDP does. */
const LOOPBACK_PAYLOAD = 65_507;

/**
 * A UDP socket connected to one target of a tunnel, so that the kernel drops what comes from anybody else.
 * It sends Not-ECT and never more than a link takes in one piece. RFC 9298 §3.1, §6
 */
export class TargetSocket {
  readonly maximumPayload: number;
  readonly #socket: DatagramSocket;
  readonly #use: Use;
  readonly #batch: TargetBatch;
  #closed = false;

  private constructor(
    socket: DatagramSocket,
    maximumPayload: number,
    use: Use,
    batch: TargetBatch,
  ) {
    this.#batch = batch;
    this.#socket = socket;
    this.maximumPayload = maximumPayload;
    this.#use = use;
  }

  /** Rejects with the system's error. */
  static async open(options: TargetSocketOptions): Promise<TargetSocket> {
    const {
      address,
      port,
      source,
      openSocket = openFastestSocket,
      clock = monotonicClock,
    } = options;
    const use: Use = { last: clock.now() };
    const v4 = address.length === 4;
    let failed = false;
    const fail = (code: string): void => {
      if (failed) return;
      failed = true;
      options.failed(code);
    };
    const socket = await openSocket(
      {
        local: { host: source ?? (v4 ? '0.0.0.0' : '::'), port: 0 },
        remote: { host: formatIp(address), port },
        receiveBufferSize: BUFFER_SIZE,
        sendBufferSize: BUFFER_SIZE,
      },
      {
        datagramReceived: (datagram: Datagram) => options.receive(datagram.payload),
        batchReceived: () => {
          use.last = clock.now();
        },
        socketWritable: () => undefined,
        sendFailed: (_, code) => {
          if (FATAL.has(code)) fail(code);
        },
      },
    );
    const ethernet = v4 ? ETHERNET_PAYLOAD.v4 : ETHERNET_PAYLOAD.v6;
    const maximumPayload = isLoopback(address) ? LOOPBACK_PAYLOAD : ethernet;
    return new TargetSocket(socket, maximumPayload, use, options.batch);
  }

  /** When it was last used, in either direction. */
  get lastUsed(): Instant {
    return this.#use.last;
  }

  /** False where the payload is larger than the link, or the socket is full: it is dropped. */
  send(payload: Uint8Array): boolean {
    if (this.#closed || payload.length > this.maximumPayload || this.#socket.congested)
      return false;
    this.#use.last = this.#batch.add(this.#socket, payload);
    return true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#batch.flushTo(this.#socket);
    void this.#socket.close();
  }
}

/** What an ICMP error or a lost route makes of a connected socket. */
const FATAL: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
  'EPERM',
  'EADDRNOTAVAIL',
]);

/** Of many sockets, each needs little. */
const BUFFER_SIZE = 256 * 1024;

function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === 127;
  return address.every((octet, i) => octet === (i === 15 ? 1 : 0));
}
