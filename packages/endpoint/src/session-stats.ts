import type { ConnectionMachine } from '@mpquic/quic';

/** Figures of a session, named as in node:quic; times in nanoseconds, of path 0 where they are a path's. */
export interface SessionStats {
  readonly createdAt: bigint;
  readonly closingAt: bigint;
  readonly handshakeCompletedAt: bigint;
  readonly handshakeConfirmedAt: bigint;
  readonly bytesReceived: bigint;
  readonly bytesSent: bigint;
  readonly packetsReceived: bigint;
  readonly packetsSent: bigint;
  readonly packetsLost: bigint;
  readonly bytesInFlight: bigint;
  readonly cwnd: bigint;
  readonly latestRtt: bigint;
  readonly minRtt: bigint;
  readonly rttVar: bigint;
  readonly smoothedRtt: bigint;
  readonly datagramsReceived: bigint;
  readonly datagramsSent: bigint;
  readonly datagramsAcknowledged: bigint;
  readonly datagramsLost: bigint;
  readonly keyUpdates: bigint;
}

/** What a session counts itself; moments in nanoseconds, 0 when not reached. */
export interface SessionMoments {
  createdAt: bigint;
  closingAt: bigint;
  handshakeCompletedAt: bigint;
  handshakeConfirmedAt: bigint;
  datagramsAcknowledged: number;
  datagramsLost: number;
}

export function createMoments(): SessionMoments {
  return {
    createdAt: process.hrtime.bigint(),
    closingAt: 0n,
    handshakeCompletedAt: 0n,
    handshakeConfirmedAt: 0n,
    datagramsAcknowledged: 0,
    datagramsLost: 0,
  };
}

export function sessionStats(machine: ConnectionMachine, moments: SessionMoments): SessionStats {
  const stats = machine.stats();
  const paths = machine.paths();
  const path = paths.find(({ state }) => state === 'active') ?? paths[0];
  const sum = (name: 'bytesInFlight' | 'congestionWindow'): bigint =>
    BigInt(paths.reduce((total, each) => total + each[name], 0));
  return {
    ...moments,
    datagramsAcknowledged: BigInt(moments.datagramsAcknowledged),
    datagramsLost: BigInt(moments.datagramsLost),
    bytesReceived: BigInt(stats.bytesReceived),
    bytesSent: BigInt(stats.bytesSent),
    packetsReceived: BigInt(stats.packetsReceived),
    packetsSent: BigInt(stats.packetsSent),
    packetsLost: BigInt(stats.packetsLost),
    bytesInFlight: sum('bytesInFlight'),
    cwnd: sum('congestionWindow'),
    latestRtt: nanoseconds(path?.latestRtt),
    minRtt: nanoseconds(path?.minRtt),
    rttVar: nanoseconds(path?.rttVariance),
    smoothedRtt: nanoseconds(path?.smoothedRtt),
    datagramsReceived: BigInt(stats.datagramsReceived),
    datagramsSent: BigInt(stats.datagramsSent),
    keyUpdates: BigInt(stats.keyUpdates),
  };
}

function nanoseconds(microseconds: number | undefined): bigint {
  const known = microseconds !== undefined && Number.isFinite(microseconds);
  return known ? BigInt(Math.round(microseconds)) * 1000n : 0n;
}
