import { createClientHandshake, createServerHandshake, type TicketPolicy } from '@mpquic/tls';
import { type Address, concatBytes, type Instant, LARGE_COUNT_START } from '@mpquic/wire';
import type { ClientConfig, ServerConfig } from './connection-config.ts';
import { type ResolvedConfig, resolveConfig } from './defaults.ts';
import { EventQueue } from './event-queue.ts';
import { forgetEarlyData } from './handshake/early-data.ts';
import { driveHandshake } from './handshake/handshake.ts';
import {
  createHandshakeSpace,
  discardHandshakeSpace,
  discardInitialSpace,
  initialKeys,
} from './handshake/handshake-spaces.ts';
import {
  readRememberedParameters,
  rememberedParameters,
} from './handshake/remembered-parameters.ts';
import {
  answerTransportParameters,
  encodeLocalParameters,
  localParameters,
  type ServerParameters,
} from './handshake/transport-parameter-exchange.ts';
import { clientVersionInformation } from './handshake/version-negotiation.ts';
import type { ConnectionObserver } from './observer.ts';
import { addPath, networkPath } from './path-verbs/path-factory.ts';
import { LocalConnectionIds } from './paths/local-connection-ids.ts';
import type { Path } from './paths/path.ts';
import { PathSet } from './paths/path-set.ts';
import { LevelKeys } from './protection/level-keys.ts';
import { Space } from './recovery/loss-detection.ts';
import { statelessResetToken } from './set/stateless-reset.ts';
import type { ConnectionState, Counters, HandshakeState } from './state.ts';
import { DatagramReceiveQueue } from './streams/datagram-receive-queue.ts';
import { DatagramSendQueue } from './streams/datagram-send-queue.ts';
import { ReceiveWindow, SendCredit } from './streams/flow-control.ts';
import { ReceiveMemory } from './streams/receive-memory.ts';
import { RedundantDatagrams } from './streams/redundant-datagrams.ts';
import { StreamSet } from './streams/stream-set.ts';
import { Outbox } from './transmit/outbox.ts';
import type { PreferredAddress } from './wire/transport-parameters.ts';
import { namedVersion, QUIC_V1, type QuicVersion } from './wire/versions.ts';
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
  readonly version: QuicVersion;
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
  const resolved = resolveConfig(config, 'client');
  const { observer } = resolved;
  const originalDestination = environment.random.fill(new Uint8Array(FIRST_DESTINATION_LENGTH));
  observer?.connectionStarted?.(config.local, config.remote, now, originalDestination);
  const state = createState('client', resolved, observer, environment, owner, now);
  if (config.firstVersion !== undefined) state.version = namedVersion(config.firstVersion);
  const path = addPath(state, 0, networkPath(config.local, config.remote, true));
  path.state = 'active';
  beginClientHandshake(state, config, path, originalDestination, false);
  driveHandshake(state, now);
  return state;
}

function beginClientHandshake(
  state: ConnectionState,
  config: ClientConfig,
  path: Path,
  originalDestination: Uint8Array,
  restarted: boolean,
): void {
  const { name } = state.version;
  path.peerIds.useInitial(originalDestination);
  const handshake = beginHandshake(state, path, originalDestination, originalDestination, {
    restarted,
    restart:
      restarted || state.config.versions.length === 1
        ? undefined
        : (version, now) => restartClient(state, config, version, now),
  });
  if (config.token !== undefined && name === (config.tokenVersion ?? 'v1')) {
    handshake.token = config.token.slice();
  }
  const resumes = config.session !== undefined && name === (config.session.version ?? 'v1');
  if (resumes) handshake.earlyOffer = earlyOffer(config);
  const information = clientVersionInformation(state);
  const { crypto, alpn, keyLog, cipherSuites, groups } = state.config;
  state.tls = createClientHandshake({
    crypto,
    alpn,
    keyLog,
    cipherSuites,
    groups,
    transportParameters: encodeLocalParameters(
      state,
      handshake.localSource,
      undefined,
      information,
    ),
    psks: config.psks,
    serverName: config.serverName,
    trust: config.trust,
    session: resumes ? config.session : undefined,
    earlyData: handshake.earlyOffer !== undefined,
  });
  state.tls.start();
}

/** What 0-RTT data need, where they are wanted. RFC 9000 §7.4.1 */
function earlyOffer({ earlyData, session }: ClientConfig): HandshakeState['earlyOffer'] {
  if (earlyData !== true || session?.parameters === undefined) return undefined;
  const { alpn: protocol } = session.ticket;
  return { remembered: readRememberedParameters(session.parameters), protocol };
}

/** After a Version Negotiation packet: all that was sent so far is forgotten. RFC 9368 §2.1 */
function restartClient(
  state: ConnectionState,
  config: ClientConfig,
  version: QuicVersion,
  now: Instant,
): void {
  const path = state.paths.get(0);
  if (path === undefined) return;
  discardInitialSpace(state, now);
  discardHandshakeSpace(state, now);
  state.tls?.dispose();
  forgetEarlyData(state, now);
  state.localIds.removeAll();
  state.version = version;
  const destination = state.random.fill(new Uint8Array(FIRST_DESTINATION_LENGTH));
  beginClientHandshake(state, config, path, destination, true);
  driveHandshake(state, now);
}

/** What a server listens with: its configuration is resolved once for all its connections. */
export interface Listening {
  readonly config: ServerConfig;
  readonly resolved: ResolvedConfig;
}

/** @throws {UsageError} on a wrong configuration */
export function listenWith(config: ServerConfig): Listening {
  return { config, resolved: resolveConfig(config, 'server') };
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
  state.version = initial.version;
  const handshake = beginHandshake(state, path, originalDestination, destination);
  if (config.issueTokens !== false) state.tokenHost = '';
  const { localSource } = handshake;
  const retried = destination !== originalDestination;
  const parameters: ServerParameters = {
    preferredAddress: issuePreferredAddress(state, config),
    originalDestinationConnectionId: originalDestination,
    retrySourceConnectionId: retried ? destination : undefined,
    statelessResetToken: statelessResetToken(
      state.crypto,
      environment.statelessResetKey,
      localSource,
    ),
  };
  const { crypto, alpn, keyLog, cipherSuites, groups } = state.config;
  state.tls = createServerHandshake({
    crypto,
    alpn,
    keyLog,
    cipherSuites,
    groups,
    transportParameters: NO_BYTES,
    answerParameters: (client) => answerTransportParameters(state, parameters, client),
    requirePsk: config.requirePsk,
    certificate: config.certificate,
    tickets: ticketPolicy(state, config),
    cookieKeys: config.cookieKeys,
  });
  return state;
}

/** Its connection ID has sequence number 1 of path 0. RFC 9000 §5.1.1, MP-21 §2.2 */
function issuePreferredAddress(
  { localIds, crypto, environment }: ConnectionState,
  { preferredAddress }: ServerConfig,
): PreferredAddress | undefined {
  if (preferredAddress === undefined) return undefined;
  const { ipv4, ipv6 } = preferredAddress;
  const connectionId = localIds.issuePreferred();
  const key = environment.statelessResetKey;
  return {
    ipv4,
    ipv6,
    connectionId,
    statelessResetToken: statelessResetToken(crypto, key, connectionId),
  };
}

/** RFC 9369 §5: a ticket serves the version of QUIC of the connection that issued it, and no other. */
function ticketPolicy(state: ConnectionState, config: ServerConfig): TicketPolicy | undefined {
  const { tickets, earlyData } = config;
  if (tickets === undefined) return undefined;
  const policy = { ...tickets, scope: () => state.version.name };
  if (earlyData === undefined) return policy;
  const limits = rememberedParameters(localParameters(state.config));
  const settings = concatBytes(limits, earlyData.settings ?? NO_BYTES);
  return { ...policy, earlyData: { settings, firstUse: (ticket) => earlyData.firstUse(ticket) } };
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
  const { blocks, sourceViews, datagramCells, datagramBatches } = environment.workspace;
  const memory = new ReceiveMemory(blocks, sourceViews);
  return {
    role,
    config,
    observer,
    crypto: config.crypto,
    random: environment.random,
    environment,
    owner,
    version: config.versions[0] ?? QUIC_V1,
    localIds,
    events: new EventQueue(),
    outbox: new Outbox(),
    streams: new StreamSet(role, config, memory),
    receiveWindow: new ReceiveWindow(config.initialMaxData, config.maxDataWindow),
    sendCredit: new SendCredit(0),
    scheduler: config.scheduler,
    redundantDatagrams: new RedundantDatagrams(),
    datagramsToSend: new DatagramSendQueue(config.datagramSendQueueLimit, datagramCells),
    datagramsReceived: new DatagramReceiveQueue(config.datagramReceiveQueueLimit, datagramBatches),
    paths: new PathSet(),
    counters: createCounters(),
    lifetime: { phase: 'open' },
    now,
    handshake: undefined,
    tls: undefined,
    earlyPackets: [],
    earlyArrival: undefined,
    confirmationsRepeated: 0,
    applicationCrypto: undefined,
    early: undefined,
    keys: undefined,
    peer: undefined,
    tokenHost: undefined,
    preferred: undefined,
    summary: undefined,
    handshakeComplete: false,
    handshakeConfirmed: false,
    peerConfirmed: false,
    streamsFirst: false,
    pathWanted: false,
    idleSince: now,
    sentSinceReceived: false,
  };
}

/** Initial keys from the destination that the Initial packets name, and room for Handshake keys. */
function beginHandshake(
  state: ConnectionState,
  path: Path,
  originalDestination: Uint8Array,
  destination: Uint8Array,
  client?: Pick<HandshakeState, 'restarted' | 'restart'>,
): HandshakeState {
  const { crypto, version } = state;
  const initial = createHandshakeSpace('initial', initialKeys(state, destination));
  const second = createHandshakeSpace('handshake', new LevelKeys(crypto, version));
  const handshake: HandshakeState = {
    initial,
    handshake: second,
    originalDestination,
    initialDestination: destination,
    originalVersion: version,
    otherInitial: undefined,
    restarted: client?.restarted ?? false,
    restart: client?.restart,
    peerParameters: undefined,
    earlyOffer: undefined,
    localSource: state.localIds.issueInitial(),
    peerSource: undefined,
    retrySource: undefined,
    token: NO_BYTES,
    packetOpened: false,
    peerValidatedAddress: false,
  };
  state.handshake = handshake;
  path.recovery.loss.addSpace(Space.initial, initial.packets);
  path.recovery.loss.addSpace(Space.handshake, second.packets);
  return handshake;
}

const NO_BYTES = new Uint8Array();

function createCounters(): Counters {
  return {
    bytesSent: LARGE_COUNT_START,
    bytesReceived: LARGE_COUNT_START,
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
