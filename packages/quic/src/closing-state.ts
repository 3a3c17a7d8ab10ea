import { clearTransmit, type Datagram, type Instant, type Transmit } from '@mpquic/wire';
import { closed } from './close.ts';
import type { EarlyDataOutcome } from './handshake/early-data.ts';
import { CONNECTION_ID_LENGTH } from './paths/connection-id-table.ts';
import type { ConnectionStats, PathSnapshot } from './snapshots.ts';
import type { ConnectionState } from './state.ts';

/** What the closing and the draining period go by. */
export type Closing = Pick<
  ConnectionState,
  'lifetime' | 'counters' | 'localIds' | 'events' | 'environment'
>;

/** What an application may still ask of a connection that is over. */
export interface LastReport {
  readonly earlyData: EarlyDataOutcome;
  readonly multipath: boolean | undefined;
  readonly paths: readonly PathSnapshot[];
  readonly streamsOpened: number;
  readonly datagramsDropped: number;
}

/**
 * What is kept of a connection for its closing or draining period: enough to know its packets, and to send
 * CONNECTION_CLOSE again. RFC 9000 §10.2
 */
export type ClosingState = Closing &
  Pick<ConnectionState, 'role' | 'version' | 'summary'> & { readonly report: LastReport };

/** Whether nothing but the closing or draining period is left: the application has taken all that came. */
export function isSpent(state: ConnectionState): boolean {
  const { phase } = state.lifetime;
  if (phase === 'open' || phase === 'close_pending') return false;
  return state.streams.size === 0 && state.datagramsReceived.length === 0;
}

export function closingStateOf(state: ConnectionState): ClosingState {
  const { role, version, summary, lifetime, counters, localIds, events, environment } = state;
  const report: LastReport = {
    earlyData: earlyDataOf(state),
    multipath: multipathOf(state),
    paths: state.paths.list.map((path) => path.snapshot()),
    streamsOpened: state.streams.opened,
    datagramsDropped: state.datagramsReceived.dropped,
  };
  return { role, version, summary, lifetime, counters, localIds, events, environment, report };
}

export function earlyDataOf({ early }: ConnectionState): EarlyDataOutcome {
  return early?.outcome ?? 'none';
}

/** Undefined until the peer's transport parameters are known. */
export function multipathOf({ peer, early, paths }: ConnectionState): boolean | undefined {
  if (peer === undefined || early?.remembered !== undefined) return undefined;
  return paths.limits !== undefined;
}

export function statsOf(
  { counters }: Closing,
  { streamsOpened, datagramsDropped }: Pick<LastReport, 'streamsOpened' | 'datagramsDropped'>,
): ConnectionStats {
  return {
    ...counters,
    packetsDropped: { ...counters.packetsDropped },
    streamsOpened,
    datagramsDropped: counters.datagramsDropped + datagramsDropped,
  };
}

/** In the closing period, what comes may be answered with CONNECTION_CLOSE. RFC 9000 §10.2.1 */
export function receiveWhileClosing(state: Closing, { payload }: Datagram): void {
  if (state.lifetime.phase !== 'closing') return;
  state.lifetime.replies.datagramReceived(pathIdOf(state, payload));
}

function pathIdOf({ environment }: Closing, payload: Uint8Array): number {
  if (payload.length <= CONNECTION_ID_LENGTH || (payload[0] as number) >= 0x80) return 0;
  return environment.connectionIds.find(payload, 1)?.pathId ?? 0;
}

/** Sends one packet of the closing period that is due. */
export function transmitWhileClosing({ lifetime, counters }: Closing, into: Transmit): boolean {
  clearTransmit(into);
  if (lifetime.phase !== 'closing') return false;
  const packet = lifetime.replies.next();
  if (packet === undefined) return false;
  into.buffer.set(packet.bytes, into.start);
  into.length = packet.bytes.length;
  into.segmentSize = packet.bytes.length;
  into.datagrams = 1;
  into.local = packet.local;
  into.remote = packet.remote;
  into.ecn = 0;
  counters.bytesSent += packet.bytes.length;
  return true;
}

/** When {@link handleClosingTimeout} is due, Infinity for never. */
export function closingTimeout({ lifetime }: Closing): Instant {
  return 'until' in lifetime ? lifetime.until : Number.POSITIVE_INFINITY;
}

export function handleClosingTimeout(state: Closing, now: Instant): void {
  const { lifetime } = state;
  if ('until' in lifetime && lifetime.until <= now) closed(state, lifetime.reason);
}
