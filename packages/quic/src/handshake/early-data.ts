import type { Instant } from '@mpquic/wire';
import { LevelKeys } from '../protection/level-keys.ts';
import { Space } from '../recovery/loss-detection.ts';
import type { ConnectionState } from '../state.ts';
import { dropOversizedDatagrams } from '../transfer/datagram-exchange.ts';
import { restartStreams } from '../transfer/stream-sending.ts';
import { contentLost } from '../transmit/delivery.ts';
import { TransportError } from '../transport-error.ts';
import {
  DEFAULT_TRANSPORT_PARAMETERS,
  type TransportParameters,
} from '../wire/transport-parameters.ts';
import type { QuicVersion } from '../wire/versions.ts';
import { loweredLimit } from './remembered-parameters.ts';

/** What became of 0-RTT data. `none`: it was not offered, or not accepted by a server. */
export type EarlyDataOutcome = 'none' | 'offered' | 'accepted' | 'rejected';

/** 0-RTT of one connection; there is none without an offer. RFC 9001 §4.6 */
export interface EarlyData {
  outcome: EarlyDataOutcome;
  /** 0-RTT packets have the version of the client's first packet. RFC 9369 §4.1 */
  readonly version: QuicVersion;
  readonly keys: LevelKeys;
  /** Client: that of the session, by ALPN. */
  readonly protocol: string | undefined;
  /** Client: the server's limits of last time, until the new ones are there. */
  remembered: TransportParameters | undefined;
  /** Client, after a rejection: packets with lower numbers were 0-RTT, and were not processed. */
  rejectedBelow: number;
}

/** What a client remembers of the server, with which it sends 0-RTT data. */
export interface EarlyOffer {
  readonly remembered: TransportParameters;
  readonly protocol: string;
}

/** TLS lets a client send: it does so with the limits of last time. RFC 9000 §7.4.1 */
export function offerEarlyData(
  state: ConnectionState,
  { remembered, protocol }: EarlyOffer,
): EarlyData {
  state.early = createEarlyData(state, 'offered', remembered, protocol);
  state.peer = remembered;
  state.streams.setPeerLimits(remembered);
  state.sendCredit.raise(remembered.initialMaxData);
  return state.early;
}

/** A server that accepts 0-RTT data. */
export function acceptEarlyData(state: ConnectionState): EarlyData {
  state.early = createEarlyData(state, 'accepted', undefined, undefined);
  return state.early;
}

function createEarlyData(
  state: ConnectionState,
  outcome: EarlyDataOutcome,
  remembered: TransportParameters | undefined,
  protocol: string | undefined,
): EarlyData {
  const version = state.handshake?.originalVersion ?? state.version;
  const keys = new LevelKeys(state.crypto, version);
  return { outcome, version, keys, protocol, remembered, rejectedBelow: 0 };
}

/** What the server said to 0-RTT data: rejected data go again in 1-RTT packets. RFC 9001 §4.6.2 */
export function earlyDataAnswered(state: ConnectionState, accepted: boolean, now: Instant): void {
  const { early } = state;
  if (early === undefined) return;
  early.outcome = accepted ? 'accepted' : 'rejected';
  if (accepted) return;
  early.rejectedBelow = state.paths.get(0)?.packets.nextNumber ?? 0;
  loseEarlyPackets(state, now);
}

/** After Retry or Version Negotiation, which are no rejection, the data go once more. RFC 9001 §4.6.2 */
export function resendEarlyPackets(state: ConnectionState, now: Instant): void {
  if (state.early !== undefined) loseEarlyPackets(state, now);
}

/** A client begins anew, perhaps without 0-RTT: what was sent waits until it hears of limits. RFC 9368 §2.1 */
export function forgetEarlyData(state: ConnectionState, now: Instant): void {
  if (state.early === undefined) return;
  loseEarlyPackets(state, now);
  state.early.keys.dispose();
  state.early = undefined;
  state.peer = undefined;
  startAnew(state, DEFAULT_TRANSPORT_PARAMETERS);
}

/** Nothing that was sent counts any more; what the limits do not allow waits. */
function startAnew(state: ConnectionState, limits: TransportParameters): void {
  restartStreams(state, limits);
  dropOversizedDatagrams(state);
}

/** All 0-RTT packets so far count as lost, without a word to congestion control. */
function loseEarlyPackets(state: ConnectionState, now: Instant): void {
  const path = state.paths.get(0);
  if (path === undefined) return;
  const { loss } = path.recovery;
  loss.discardSpace(Space.application, now, (packet) => contentLost(state, packet));
  loss.addSpace(Space.application, path.packets);
}

/**
 * The server's new limits take the place of those of last time; what they do not allow waits.
 * @throws {TransportError} PROTOCOL_VIOLATION where a server that accepts 0-RTT data lowers a limit.
 * RFC 9000 §7.4.1
 */
export function replaceRemembered(state: ConnectionState, peer: TransportParameters): void {
  const { early } = state;
  if (early?.remembered === undefined) return;
  const { remembered } = early;
  early.remembered = undefined;
  if (early.outcome === 'accepted') {
    const lowered = loweredLimit(remembered, peer);
    if (lowered === undefined) return;
    throw new TransportError('PROTOCOL_VIOLATION', `0-RTT is accepted with a lower ${lowered}`);
  }
  startAnew(state, peer);
}

/**
 * Rejected packets were never processed, so that nobody can acknowledge them. RFC 9001 §4.6.2
 * @throws {TransportError} PROTOCOL_VIOLATION
 */
export function checkEarlyAcknowledgement(state: ConnectionState, lowest: number): void {
  if (state.early !== undefined && lowest < state.early.rejectedBelow) {
    throw new TransportError('PROTOCOL_VIOLATION', 'acknowledges a 0-RTT packet that was rejected');
  }
}
