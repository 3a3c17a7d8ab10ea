import type { SocketCounters } from './datagram-socket.ts';

/** Figures of an endpoint, named as in node:quic; moments in nanoseconds, 0 when not reached. */
export interface EndpointStats {
  readonly createdAt: bigint;
  readonly destroyedAt: bigint;
  readonly bytesReceived: bigint;
  readonly bytesSent: bigint;
  /** Datagrams. */
  readonly packetsReceived: bigint;
  readonly packetsSent: bigint;
  readonly serverSessions: bigint;
  readonly clientSessions: bigint;
  /** Datagrams that a full send queue dropped. */
  readonly packetsDropped: bigint;
  readonly sendErrors: bigint;
}

/** What an endpoint counts itself. */
export interface EndpointMoments {
  createdAt: bigint;
  destroyedAt: bigint;
  serverSessions: bigint;
  clientSessions: bigint;
}

export function endpointStats(moments: EndpointMoments, counters: SocketCounters): EndpointStats {
  return {
    ...moments,
    bytesReceived: BigInt(counters.bytesReceived),
    bytesSent: BigInt(counters.bytesSent),
    packetsReceived: BigInt(counters.datagramsReceived),
    packetsSent: BigInt(counters.datagramsSent),
    packetsDropped: BigInt(counters.datagramsDropped),
    sendErrors: BigInt(counters.sendErrors),
  };
}
