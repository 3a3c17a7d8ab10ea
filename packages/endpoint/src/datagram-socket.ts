import type { Address, Datagram, Transmit } from '@mpquic/wire';

/** What a socket counts. Octets are those of UDP payloads. */
export interface SocketCounters {
  datagramsSent: number;
  bytesSent: number;
  datagramsReceived: number;
  bytesReceived: number;
  /** Not sent because the kernel and the socket's own queue were full. */
  datagramsDropped: number;
  /** Sends that the system refused. */
  sendErrors: number;
}

/** Takes what a socket has to say. None of these may throw. */
export interface DatagramSocketHandler {
  /** The object and its payload are lent for the call; the socket uses both again. */
  datagramReceived(datagram: Datagram): void;
  /** No more datagrams at the moment: the time to answer all of them at once. */
  batchReceived(): void;
  /** Ends each batch when the promises and ticks that came of it have run, also where the socket was closed within it. */
  batchSettled?(): void;
  /** {@link DatagramSocket.congested} turned false. */
  socketWritable(socket: DatagramSocket): void;
  /** One send failed, which ends nothing: `code` is the system's, such as ECONNREFUSED or EMSGSIZE. */
  sendFailed(socket: DatagramSocket, code: string): void;
}

/**
 * One bound UDP socket. Implementations are interchangeable: {@link openDgramSocket} on node:dgram, and
 * that of @mpquic/native on system calls that Node.js does not offer.
 */
export interface DatagramSocket {
  /**
   * Where it is bound, port known. The same object in every datagram that it delivers, except that a socket
   * bound to a wildcard may name the very address that a datagram came to.
   */
  readonly local: Address;
  /** The only remote address it exchanges datagrams with, where it is connected to one. */
  readonly remote: Address | undefined;
  /** Whether the kernel's buffer is full: to send more now makes a queue grow. */
  readonly congested: boolean;
  readonly counters: Readonly<SocketCounters>;
  /** Whether the ECN field of datagrams is set as asked, and told of those that arrive. RFC 9000 §13.4 */
  readonly marksEcn: boolean;
  /** Whether datagrams that do not fit are dropped, here or on their way, rather than fragmented. RFC 9000 §14 */
  readonly forbidsFragmentation: boolean;
  /** The object that stands for `remote` in what the socket receives: who compares by identity does so faster. */
  adopt(remote: Address): Address;
  /**
   * Sends the run of datagrams in `transmit`; `transmit.remote` is set. Failures are reported to the handler, not
   * thrown. False when the socket still refers to the octets, so that the caller takes another buffer.
   */
  send(transmit: Transmit): boolean;
  /** Sends what is queued, as far as the kernel takes it at once, and releases the port. */
  close(): Promise<void>;
}

export interface DatagramSocketOptions {
  /** Where to bind; port 0 lets the system choose. */
  readonly local: Address;
  /** Connects the socket: faster sends, errors of the peer's host reported, other senders filtered. */
  readonly remote?: Address | undefined;
  /** Octets of the kernel's buffers, as far as the system allows. Default 4 MiB. */
  readonly receiveBufferSize?: number;
  readonly sendBufferSize?: number;
  /** Datagrams queued when the kernel's buffer is full, beyond which more are dropped. Default 256. */
  readonly queueLimit?: number;
  /**
   * Sockets of this process that share the local address, 256 at most, each bound in turn: the system hands every datagram
   * to the one whose place `workerOf` names. Default 1. Sockets that cannot do it reject with ENOTSUP.
   */
  readonly workers?: number | undefined;
  /** A socket of this process that is bound to {@link local} already, to be used instead of a new one. */
  readonly descriptor?: number | undefined;
}

/** Binds a socket. Rejects with the system's error (EADDRINUSE, EADDRNOTAVAIL, EACCES, ...). */
export type OpenDatagramSocket = (
  options: DatagramSocketOptions,
  handler: DatagramSocketHandler,
) => Promise<DatagramSocket>;
