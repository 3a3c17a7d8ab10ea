import { createClientHandshake, createServerHandshake } from '@mpquic/tls';
import type { Address, Instant } from '@mpquic/wire';
import type { ClientConfig, ServerConfig } from './contract.ts';
import { type ResolvedConfig, resolveConfig } from './defaults.ts';
import { EventQueue } from './event-queue.ts';
import { driveHandshake } from './handshake/handshake.ts';
import { createHandshakeSpace, initialKeys } from './handshake/handshake-spaces.ts';
import {
  localTransportParameters,
  type ServerParameters,
} from './handshake/transport-parameter-exchange.ts';
import type { ConnectionObserver } from './observer.ts';
import { addPath, networkPath } from './path-verbs/path-factory.ts';
import { LocalConnectionIds } from './paths/local-connection-ids.ts';
import type { Path } from './paths/path.ts';
import { PathSet } from './paths/path-set.ts';
import { LevelKeys } from './protection/level-keys.ts';
import { Space } from './recovery/loss-detection.ts';
import { statelessResetToken } from './set/stateless-reset.ts';
import type { ConnectionState, Counters } from './state.ts';
import { DatagramReceiveQueue, DatagramSendQueue } from './streams/datagram-queue.ts';
import { ReceiveWindow, SendCredit } from './streams/flow-control.ts';
import { ReceiveMemory } from './streams/reassembly.ts';
import { RedundantDatagrams } from './streams/redundant-datagrams.ts';
import { StreamSet } from './streams/stream-set.ts';
import { Outbox } from './transmit/outbox.ts';
import { encodeTransportParameters } from './wire/transport-parameters.ts';
import { QUIC_V1 } from './wire/versions.ts';
import type { Environment } from './workspace.ts';

/** RFC 9000 §7.2: a client's first Destination Connection ID has at least 8 octets. */
const FIRST_DESTINATION_LENGTH = 8;

/** The first Initial of a client, as far as a server needs it to make a connection. */
export interface FirstInitial {
  readonly local: Address;
  readonly remote: Address;
  /** Destination Connection ID of the client's very first Initial. */
  readonly originalDestination: Uint8Array;
  /** Of the Initial at hand: the same, or ours from a Retry. */
  readonly destination: Uint8Array;
  /** Whether a token shows that the address is the client's. RFC 9000 §8.1.2 */
  readonly addressValidated: boolean;
}

/** A client's state, with its ClientHello ready to be sent. @throws {UsageError} on a wrong configuration */
export function createClientState(
  config: ClientConfig,
  environment: Environment,
  owner: object,
  now: Instant,
): ConnectionState {
  const resolved = resolveConfig(config);
  const { observer } = resolved;
  const originalDestination = environment.random.fill(new Uint8Array(FIRST_DESTINATION_LENGTH));
  observer?.connectionStarted?.(config.local, config.remote, now, originalDestination);
  const state = createState('client', resolved, observer, environment, owner, now);
  const path = addPath(state, 0, networkPath(config.local, config.remote, true));
  path.state = 'active';
  path.peerIds.useInitial(originalDestination);
  const localSource = beginHandshake(state, path, originalDestination, originalDestination);
  if (state.handshake !== undefined && config.token !== undefined) {
    state.handshake.token = config.token.slice();
  }
  state.tls = createClientHandshake({
    ...tlsParameters(state, localSource),
    psks: config.psks,
    ...(config.serverName === undefined ? {} : { serverName: config.serverName }),
    ...(config.trust === undefined ? {} : { trust: config.trust }),
    ...(config.session === undefined ? {} : { session: config.session }),
  });
  state.tls.start();
  driveHandshake(state, now);
  return state;
}

/** What a server listens with: its configuration is resolved once for all its connections. */
export interface Listening {
  readonly config: ServerConfig;
  readonly resolved: ResolvedConfig;
}

/** @throws {UsageError} on a wrong configuration */
export function listenWith(config: ServerConfig): Listening {
  return { config, resolved: resolveConfig(config) };
}

/** A server's state, to which the client's Initial is then given. */
export function createServerState(
  { config, resolved }: Listening,
  initial: FirstInitial,
  environment: Environment,
  owner: object,
  now: Instant,
): ConnectionState {
  const { originalDestination, destination, local, remote } = initial;
  const accepted = { originalDestinationConnectionId: originalDestination, local, remote };
  const observer = config.observerFor?.(accepted) ?? config.observer;
  observer?.connectionStarted?.(local, remote, now, originalDestination);
  const state = createState('server', resolved, observer, environment, owner, now);
  const path = addPath(state, 0, networkPath(local, remote, initial.addressValidated));
  path.state = 'active';
  const localSource = beginHandshake(state, path, originalDestination, destination);
  if (state.handshake !== undefined) state.handshake.issuesToken = config.issueTokens ?? true;
  const retried = destination !== originalDestination;
  state.tls = createServerHandshake({
    ...tlsParameters(state, localSource, {
      originalDestinationConnectionId: originalDestination,
      retrySourceConnectionId: retried ? destination : undefined,
      statelessResetToken: statelessResetToken(
        state.crypto,
        environment.statelessResetKey,
        localSource,
      ),
    }),
    requirePsk: config.requirePsk ?? false,
    ...(config.certificate === undefined ? {} : { certificate: config.certificate }),
    ...(config.tickets === undefined ? {} : { tickets: config.tickets }),
    ...(config.cookieKeys === undefined ? {} : { cookieKeys: config.cookieKeys }),
  });
  return state;
}

function tlsParameters(state: ConnectionState, source: Uint8Array, server?: ServerParameters) {
  const { crypto, alpn, keyLog, cipherSuites, groups } = state.config;
  const parameters = localTransportParameters(state.config, source, server);
  state.observer?.parametersSet?.(parameters, 'local', state.now);
  return {
    crypto,
    alpn,
    keyLog,
    transportParameters: encodeTransportParameters(parameters),
    ...(cipherSuites === undefined ? {} : { cipherSuites }),
    ...(groups === undefined ? {} : { groups }),
  };
}

function createState(
  role: ConnectionState['role'],
  config: ResolvedConfig,
  observer: ConnectionObserver | undefined,
  environment: Environment,
  owner: object,
  now: Instant,
): ConnectionState {
  const localIds = new LocalConnectionIds(
    environment.connectionIds,
    owner,
    environment.connectionIdSource,
  );
  const memory = new ReceiveMemory();
  return {
    role,
    config,
    observer,
    crypto: config.crypto,
    random: environment.random,
    environment,
    owner,
    version: QUIC_V1,
    localIds,
    events: new EventQueue(),
    outbox: new Outbox(),
    streams: new StreamSet(role, config, memory),
    receiveWindow: new ReceiveWindow(config.initialMaxData, config.maxDataWindow),
    sendCredit: new SendCredit(0),
    scheduler: config.scheduler,
    redundantDatagrams: new RedundantDatagrams(),
    datagramsToSend: new DatagramSendQueue(config.datagramSendQueueLimit),
    datagramsReceived: new DatagramReceiveQueue(config.datagramReceiveQueueLimit),
    paths: new PathSet(),
    counters: createCounters(),
    lifetime: { phase: 'open' },
    now,
    handshake: undefined,
    tls: undefined,
    earlyPackets: [],
    applicationCrypto: undefined,
    keys: undefined,
    peer: undefined,
    summary: undefined,
    handshakeComplete: false,
    handshakeConfirmed: false,
    streamsFirst: false,
    pathWanted: false,
    idleSince: now,
    sentSinceReceived: false,
  };
}

/**
 * Initial keys from the destination that the Initial packets name, and room for Handshake keys.
 * Returns our own connection ID.
 */
function beginHandshake(
  state: ConnectionState,
  path: Path,
  originalDestination: Uint8Array,
  destination: Uint8Array,
): Uint8Array {
  const { crypto, version } = state;
  const initial = createHandshakeSpace('initial', initialKeys(state, destination));
  const handshake = createHandshakeSpace('handshake', new LevelKeys(crypto, version));
  const localSource = state.localIds.issueInitial();
  state.handshake = {
    initial,
    handshake,
    originalDestination,
    initialDestination: destination,
    localSource,
    peerSource: undefined,
    retrySource: undefined,
    token: new Uint8Array(),
    issuesToken: false,
    packetOpened: false,
    peerValidatedAddress: false,
  };
  path.recovery.loss.addSpace(Space.initial, initial.packets);
  path.recovery.loss.addSpace(Space.handshake, handshake.packets);
  return localSource;
}

function createCounters(): Counters {
  return {
    bytesSent: 0,
    bytesReceived: 0,
    packetsSent: 0,
    packetsReceived: 0,
    packetsLost: 0,
    packetsDropped: {},
    keyUpdates: 0,
    datagramsSent: 0,
    datagramsReceived: 0,
    datagramsDropped: 0,
  };
}
