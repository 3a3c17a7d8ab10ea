import type { Address, Datagram, Transmit } from '@mpquic/wire';

/*
 * The contract of packages/endpoint/src/datagram-socket.ts, which a package below it cannot import; the compiler
 * compares the two where endpoint takes this package's sockets.
 */

export interface SocketCounters {
  datagramsSent: number;
  bytesSent: number;
  datagramsReceived: number;
  bytesReceived: number;
  datagramsDropped: number;
  sendErrors: number;
}

export interface DatagramSocketHandler {
  datagramReceived(datagram: Datagram): void;
  batchReceived(): void;
  /** Ends each batch when the promises and ticks that came of it have run, also where the socket was closed within it. */
  batchSettled?(): void;
  socketWritable(socket: DatagramSocket): void;
  sendFailed(socket: DatagramSocket, code: string): void;
}

export interface DatagramSocket {
  readonly local: Address;
  readonly remote: Address | undefined;
  readonly congested: boolean;
  readonly counters: Readonly<SocketCounters>;
  readonly marksEcn: boolean;
  readonly forbidsFragmentation: boolean;
  adopt(remote: Address): Address;
  send(transmit: Transmit): boolean;
  close(): Promise<void>;
}

export interface DatagramSocketOptions {
  readonly local: Address;
  readonly remote?: Address | undefined;
  readonly receiveBufferSize?: number;
  readonly sendBufferSize?: number;
  readonly queueLimit?: number;
  readonly workers?: number | undefined;
  readonly descriptor?: number | undefined;
}

export type OpenDatagramSocket = (
  options: DatagramSocketOptions,
  handler: DatagramSocketHandler,
) => Promise<DatagramSocket>;
