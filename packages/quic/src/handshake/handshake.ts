import {
  type CipherSuiteName,
  type Handshake,
  type HandshakeEvent,
  ProtocolViolation,
  TlsAlert,
} from '@mpquic/tls';
import type { Instant } from '@mpquic/wire';
import { closeLocally } from '../close.ts';
import { announceConnectionIds } from '../path-verbs/connection-id-exchange.ts';
import { issueToken } from '../path-verbs/token-issuing.ts';
import { largestProbeTimeout } from '../probe-timeouts.ts';
import { KeyPhases } from '../protection/key-phases.ts';
import { PROTECTION_SUITES } from '../protection/suites.ts';
import type { ConnectionState } from '../state.ts';
import { CryptoStream } from '../streams/crypto-stream.ts';
import { cryptoErrorCode, TransportError, TransportErrorCode } from '../transport-error.ts';
import { acceptEarlyData, earlyDataAnswered, offerEarlyData } from './early-data.ts';
import { discardHandshakeSpace, discardInitialSpace } from './handshake-spaces.ts';
import { rememberedParameters } from './remembered-parameters.ts';
import { receiveTransportParameters } from './transport-parameter-exchange.ts';

type Level = Extract<HandshakeEvent, { readonly type: 'send' }>['level'];

/**
 * Gives TLS what arrived in order and does what it asks for.
 * @throws {TransportError} with a TLS alert's code. RFC 9001 §4.8
 */
export function driveHandshake(state: ConnectionState, now: Instant): void {
  const { tls } = state;
  if (tls === undefined) return;
  try {
    handleTlsEvents(state, tls, now);
    feed(state, tls, 'initial', state.handshake?.initial?.crypto, now);
    feed(state, tls, 'handshake', state.handshake?.handshake?.crypto, now);
    feed(state, tls, 'application', state.applicationCrypto, now);
  } catch (error) {
    throw asTransportError(error);
  }
  if (state.role === 'server' && state.handshakeComplete) {
    // Its tickets are on their way, and a client has nothing more to say to TLS. RFC 9001 §4.1.2, §6
    tls.dispose();
    state.tls = undefined;
  }
}

/** What TLS threw, as the error that ends the connection. RFC 9001 §4.8 */
export function asTransportError(error: unknown): unknown {
  if (error instanceof TlsAlert) {
    return new TransportError(cryptoErrorCode(error.alert), error.message);
  }
  if (error instanceof ProtocolViolation) {
    return new TransportError('PROTOCOL_VIOLATION', error.message);
  }
  return error;
}

/** HANDSHAKE_DONE was received, or is to be sent. RFC 9001 §4.1.2 */
export function confirmHandshake(state: ConnectionState, now: Instant): void {
  if (state.handshakeConfirmed) return;
  state.handshakeConfirmed = true;
  // A client's server did so when the handshake was complete there.
  state.peerConfirmed = state.role === 'client';
  discardInitialSpace(state, now);
  discardHandshakeSpace(state, now);
  state.handshake = undefined;
  state.events.push({ type: 'handshake_confirmed' });
  if (state.preferred !== undefined) {
    state.events.push({ type: 'preferred_address', ...state.preferred });
  }
}

/** Gives TLS what arrived at one level; nothing where its keys are gone. */
function feed(
  state: ConnectionState,
  tls: Handshake,
  level: Level,
  crypto: CryptoStream | undefined,
  now: Instant,
): void {
  if (crypto === undefined) return;
  for (let data = crypto.read(); data !== undefined; data = crypto.read()) {
    tls.receive(level, data);
    handleTlsEvents(state, tls, now);
  }
}

/** The CRYPTO stream of a level; undefined where its keys are gone. */
function cryptoStream(state: ConnectionState, level: Level): CryptoStream | undefined {
  if (level === 'initial') return state.handshake?.initial?.crypto;
  if (level === 'handshake') return state.handshake?.handshake?.crypto;
  return state.applicationCrypto;
}

function handleTlsEvents(state: ConnectionState, tls: Handshake, now: Instant): void {
  for (let event = tls.nextEvent(); event !== undefined; event = tls.nextEvent()) {
    handleTlsEvent(state, event, now);
  }
}

function handleTlsEvent(state: ConnectionState, event: HandshakeEvent, now: Instant): void {
  switch (event.type) {
    case 'send':
      if (event.level === 'application') state.applicationCrypto ??= new CryptoStream();
      cryptoStream(state, event.level)?.write(event.data);
      return;
    case 'secret':
      installSecret(state, event);
      return;
    case 'transport_parameters':
      receiveTransportParameters(state, event.data);
      return;
    case 'psk_lookup':
      state.events.push({ type: 'psk_lookup', lookup: event.lookup });
      return;
    case 'complete':
      state.summary = event.summary;
      completeHandshake(state, now);
      return;
    case 'session_ticket':
      state.events.push({
        type: 'session_ticket',
        ticket: event.ticket,
        version: state.version.name,
        parameters: rememberedParameters(state.peer),
      });
      return;
    case 'early_data':
      earlyDataAnswered(state, event.accepted, now);
      return;
    case 'key_log':
      state.events.push({ type: 'key_log', line: event.line });
  }
}

type SecretEvent = Extract<HandshakeEvent, { readonly type: 'secret' }>;

function installSecret(state: ConnectionState, event: SecretEvent): void {
  const suite = PROTECTION_SUITES[event.cipherSuite];
  if (event.level === 'application') {
    installApplicationSecret(state, event);
    return;
  }
  if (event.level === 'early') {
    installEarlySecret(state, event);
    return;
  }
  const space = state.handshake?.handshake;
  if (space === undefined) return;
  if (event.direction === 'write') {
    space.keys.installWrite(suite, event.secret);
    return;
  }
  // RFC 9001 §4.1.3: data beyond a change of keys at the old level is an error.
  if (state.handshake?.initial?.crypto.hasGaps === true) {
    throw new TransportError('PROTOCOL_VIOLATION', 'Initial CRYPTO data beyond its last message');
  }
  space.keys.installRead(suite, event.secret);
}

function installEarlySecret(state: ConnectionState, event: SecretEvent): void {
  const suite = PROTECTION_SUITES[event.cipherSuite];
  if (event.direction === 'read') {
    acceptEarlyData(state).keys.installRead(suite, event.secret);
    return;
  }
  const offer = state.handshake?.earlyOffer;
  if (offer !== undefined) offerEarlyData(state, offer).keys.installWrite(suite, event.secret);
}

function installApplicationSecret(state: ConnectionState, event: SecretEvent): void {
  state.keys ??= createKeyPhases(state, event.cipherSuite);
  if (event.direction === 'read') {
    state.keys.installRead(event.secret);
    return;
  }
  state.keys.installWrite(event.secret);
  // RFC 9001 §4.9.3: a client has no use for 0-RTT keys beside 1-RTT keys.
  if (state.role === 'client') state.early?.keys.dispose();
}

function createKeyPhases(state: ConnectionState, cipherSuite: CipherSuiteName): KeyPhases {
  return new KeyPhases({
    crypto: state.crypto,
    version: state.version,
    suite: PROTECTION_SUITES[cipherSuite],
    largestPto: () => largestProbeTimeout(state),
    updateAfterPackets: state.config.keyUpdateAfterPackets,
  });
}

/** RFC 9001 §4.1.1; a server is confirmed at the same time. §4.1.2 */
function completeHandshake(state: ConnectionState, now: Instant): void {
  if (state.summary === undefined) return;
  state.handshakeComplete = true;
  if (changesProtocol(state)) {
    const reason = '0-RTT data were of another application protocol than the one selected now';
    closeLocally(state, TransportErrorCode.INTERNAL_ERROR, reason, now);
    return;
  }
  state.events.push({ type: 'handshake_complete', summary: state.summary });
  announceConnectionIds(state);
  if (state.role === 'client') return;
  state.outbox.push({ type: 'handshake_done' });
  const path = state.paths.get(0);
  if (path !== undefined) issueToken(state, path.network.remote, now);
  confirmHandshake(state, now);
}

/** RFC 9001 §4.6.2: after a rejection the protocol may be another than that of the data. */
function changesProtocol({ early, summary }: ConnectionState): boolean {
  return early?.outcome === 'rejected' && summary?.alpn !== early.protocol;
}
