import type { CryptoProvider, GroupName } from '@mpquic/crypto';
import type {
  AcceptedConnection,
  ClientConfig,
  ConnectionConfig,
  ConnectionObserver,
  PathScheduler,
  QuicVersionName,
} from '@mpquic/quic';
import type { CipherSuiteName, ExternalPsk, PskStore } from '@mpquic/tls';
import type { Address, Random } from '@mpquic/wire';
import {
  type ClientAuthenticationOptions,
  clientAuthentication,
  type ServerAuthenticationOptions,
} from './authentication.ts';
import type { DatagramSocket } from './datagram-socket.ts';
import type { QuicEndpoint } from './endpoint.ts';
import type { EndpointOptions } from './endpoint-options.ts';
import { invalidArgument } from './errors.ts';
import { fastestCrypto } from './platform.ts';
import type { SessionCallbacks } from './session-callbacks.ts';
import { decodeAddressToken } from './session-ticket.ts';

/** Limits that this side announces, as in node:quic. Octets, except where noted. RFC 9000 §18.2 */
export interface TransportParams {
  readonly initialMaxData?: bigint | number | undefined;
  /** Of all three kinds of streams: the larger value counts. */
  readonly initialMaxStreamDataBidiLocal?: bigint | number | undefined;
  readonly initialMaxStreamDataBidiRemote?: bigint | number | undefined;
  readonly initialMaxStreamDataUni?: bigint | number | undefined;
  readonly initialMaxStreamsBidi?: bigint | number | undefined;
  readonly initialMaxStreamsUni?: bigint | number | undefined;
  /** Seconds; 0 for none. */
  readonly maxIdleTimeout?: bigint | number | undefined;
  readonly activeConnectionIDLimit?: bigint | number | undefined;
  readonly ackDelayExponent?: bigint | number | undefined;
  /** Milliseconds. */
  readonly maxAckDelay?: bigint | number | undefined;
  readonly maxDatagramFrameSize?: bigint | number | undefined;
  /** Asks the peer not to migrate. */
  readonly disableActiveMigration?: boolean | undefined;
  /** Highest path ID at first; undefined for 3. MP-21 §2.1 */
  readonly initialMaxPathId?: number | undefined;
}

/** What both roles configure; names and units are those of node:quic where it has the option. */
export interface SessionOptions extends SessionCallbacks {
  /** The endpoint to use, or how to make one. */
  readonly endpoint?: QuicEndpoint | EndpointOptions | undefined;
  /** Protocol names; one for a client, in order of preference for a server. */
  readonly alpn?: string | readonly string[] | undefined;
  /** TLS 1.3 names in order of preference, as a list or separated by colons. */
  readonly ciphers?: string | readonly CipherSuiteName[] | undefined;
  /** x25519, secp256r1 (P-256), secp384r1 (P-384), in order of preference. */
  readonly groups?: string | readonly GroupName[] | undefined;
  readonly cc?: 'reno' | 'cubic' | undefined;
  /** Whether `onkeylog` gets the secrets of each session. */
  readonly keylog?: boolean | undefined;
  /** UDP payload octets. */
  readonly maxPayloadSize?: bigint | number | undefined;
  /**
   * Octets up to which each path is searched for larger packets, 0 for no search. Default 1452, and 0
   * where `maxPayloadSize` is given. Only where the addon of @mpquic/native was built: node:dgram cannot
   * forbid fragmentation. RFC 8899
   */
  readonly mtuDiscoveryLimit?: bigint | number | undefined;
  /** Octets up to which windows grow. */
  readonly maxStreamWindow?: bigint | number | undefined;
  readonly maxWindow?: bigint | number | undefined;
  readonly transportParams?: TransportParams | undefined;
  /** Milliseconds until a handshake must be complete. Default 10 s. */
  readonly handshakeTimeout?: bigint | number | undefined;
  readonly servername?: string | undefined;

  /**
   * Versions of QUIC, the preferred one first: a client begins with the first and offers the others, a
   * server moves clients to what it prefers. Default: v1 for clients; for servers v1 and v2 as the
   * client likes. RFC 9368, RFC 9369
   */
  readonly versions?: readonly QuicVersionName[] | undefined;
  /** False leaves multipath out. */
  readonly multipath?: boolean | undefined;
  readonly scheduler?: PathScheduler | undefined;
  /** Updates keys after so many packets. */
  readonly keyUpdateAfterPackets?: number | undefined;
  /** Makes an observer for each connection, for qlog and metrics. */
  readonly observer?:
    | ((connection: ObservedConnection) => ConnectionObserver | undefined)
    | undefined;
  /** By the addon of @mpquic/native where it was built, or else by node:crypto. */
  readonly crypto?: CryptoProvider | undefined;
  readonly random?: Random | undefined;
  /** What the machine takes beyond these options; wins over all of them. */
  readonly connection?: Partial<ConnectionConfig> | undefined;
  /** Ends a session that is still being opened, or the listening. */
  readonly signal?: AbortSignal | undefined;
}

/** A connection that is about to begin. */
export interface ObservedConnection extends AcceptedConnection {
  readonly role: 'client' | 'server';
}

export interface ConnectOptions extends SessionOptions, ClientAuthenticationOptions {
  /** External PSKs, offered in this order. With any, nothing else authenticates the server. */
  readonly psk?: ExternalPsk | readonly ExternalPsk[] | undefined;
  /** What `onnewtoken` gave in an earlier session with the same server; use each once. RFC 9000 §8.1.3 */
  readonly token?: Uint8Array | undefined;
  /** Whether to move to the server's preferred address after the handshake. Default `use`. RFC 9000 §9.6 */
  readonly preferredAddressPolicy?: 'use' | 'ignore' | undefined;
  /** Local address, host or host:port; the system's choice when absent. */
  readonly local?: string | Address | undefined;
}

export interface ListenOptions extends SessionOptions, ServerAuthenticationOptions {
  readonly psk?: PskStore | undefined;
  /** Where clients are asked to move to after the handshake: bound too, host:port. RFC 9000 §9.6 */
  readonly preferredAddress?: PreferredAddressOptions | undefined;
}

/** One address of each family, or of one. */
export interface PreferredAddressOptions {
  readonly ipv4?: string | Address | undefined;
  readonly ipv6?: string | Address | undefined;
}

/** The machine's configuration. @throws {QuicError} `ERR_INVALID_ARG_VALUE` */
export function connectionConfig(options: SessionOptions): Draft<ConnectionConfig> {
  const parameters = options.transportParams ?? {};
  const config: Draft<Optional<ConnectionConfig>> = {
    crypto: options.crypto ?? fastestCrypto,
    alpn: protocolNames(options.alpn),
    random: options.random,
    versions: options.versions,
    cipherSuites: cipherSuites(options.ciphers),
    groups: keyExchangeGroups(options.groups),
    maxIdleTimeout: scaled(parameters.maxIdleTimeout, 1_000_000),
    maxUdpPayloadSize: scaled(options.maxPayloadSize),
    mtuDiscoveryLimit:
      scaled(options.mtuDiscoveryLimit) ??
      (options.maxPayloadSize === undefined ? ETHERNET_PAYLOAD : undefined),
    initialMaxData: scaled(parameters.initialMaxData),
    initialMaxStreamData: largest(
      parameters.initialMaxStreamDataBidiLocal,
      parameters.initialMaxStreamDataBidiRemote,
      parameters.initialMaxStreamDataUni,
    ),
    maxDataWindow: scaled(options.maxWindow),
    maxStreamDataWindow: scaled(options.maxStreamWindow),
    initialMaxStreamsBidi: scaled(parameters.initialMaxStreamsBidi),
    initialMaxStreamsUni: scaled(parameters.initialMaxStreamsUni),
    maxDatagramFrameSize: scaled(parameters.maxDatagramFrameSize),
    disableActiveMigration: parameters.disableActiveMigration,
    activeConnectionIdLimit: scaled(parameters.activeConnectionIDLimit),
    maxAckDelay: scaled(parameters.maxAckDelay, 1000),
    ackDelayExponent: scaled(parameters.ackDelayExponent),
    congestion: options.cc === 'reno' ? 'newreno' : options.cc,
    scheduler: options.scheduler,
    keyUpdateAfterPackets: options.keyUpdateAfterPackets,
    keyLog: options.keylog,
    // What is undefined counts as left out, but here it says something: no multipath.
    initialMaxPathId:
      options.multipath === false
        ? undefined
        : (parameters.initialMaxPathId ?? DEFAULT_MAX_PATH_ID),
    ecn: undefined,
    observer: undefined,
  };
  const { connection } = options;
  return connection === undefined
    ? (config as ConnectionConfig)
    : { ...(config as ConnectionConfig), ...connection };
}

/** A configuration that is being made. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] };
type Optional<T> = { [K in keyof T]?: T[K] | undefined };

/**
 * A client's configuration, into which its addresses are still to be written.
 * @throws {QuicError} `ERR_INVALID_ARG_VALUE`
 */
export function clientConfig(options: ConnectOptions): Draft<ClientConfig> {
  const { trust, session, earlyData } = clientAuthentication(options);
  const given = options.token === undefined ? undefined : decodeAddressToken(options.token);
  const config = connectionConfig(options) as Draft<ClientConfig>;
  config.psks = toList(options.psk);
  config.serverName = options.servername;
  config.trust = trust;
  config.session = session;
  config.earlyData = earlyData;
  config.token = given?.token;
  config.tokenVersion = given?.tokenVersion;
  return config;
}

function toList<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}

function largest(...values: readonly (bigint | number | undefined)[]): number | undefined {
  let most: number | undefined;
  for (const value of values) {
    if (value !== undefined) most = Math.max(Number(value), most ?? 0);
  }
  return most;
}

function scaled(value: bigint | number | undefined, factor = 1): number | undefined {
  return value === undefined ? undefined : Number(value) * factor;
}

function protocolNames(alpn: string | readonly string[] | undefined): readonly string[] {
  const names = typeof alpn === 'string' ? [alpn] : (alpn ?? []);
  if (names.length === 0) {
    throw invalidArgument('options.alpn must name the application protocol, such as "h3"');
  }
  return names;
}

function splitList(list: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof list === 'string' ? list.split(':') : list;
}

function cipherSuites(list: string | readonly string[] | undefined): CipherSuiteName[] | undefined {
  return splitList(list)?.map((name) => {
    const suite = CIPHER_SUITES.find((known) => known === name.toUpperCase());
    if (suite !== undefined) return suite;
    throw invalidArgument(`no cipher suite "${name}"; there are ${CIPHER_SUITES.join(', ')}`);
  });
}

function keyExchangeGroups(list: string | readonly string[] | undefined): GroupName[] | undefined {
  return splitList(list)?.map((name) => {
    const group = GROUPS.get(name.toLowerCase());
    if (group !== undefined) return group;
    throw invalidArgument(`no group "${name}"; there are x25519, secp256r1, secp384r1`);
  });
}

/** Leaves out what a socket cannot do: ECN marks, and the search for larger packets. */
export function suitTo(
  config: Draft<ConnectionConfig>,
  { marksEcn, forbidsFragmentation }: Pick<DatagramSocket, 'marksEcn' | 'forbidsFragmentation'>,
): void {
  config.ecn = marksEcn && (config.ecn ?? true);
  if (!forbidsFragmentation) config.mtuDiscoveryLimit = undefined;
}

/** Octets of UDP payload that Ethernet carries behind the headers of IPv6. */
const ETHERNET_PAYLOAD = 1452;

const DEFAULT_MAX_PATH_ID = 3;

const CIPHER_SUITES: readonly CipherSuiteName[] = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
];

/** RFC 9846 §4.2.7, and the names that node:quic and OpenSSL use. */
const GROUPS: ReadonlyMap<string, GroupName> = new Map([
  ['x25519', 'x25519'],
  ['secp256r1', 'secp256r1'],
  ['prime256v1', 'secp256r1'],
  ['p-256', 'secp256r1'],
  ['secp384r1', 'secp384r1'],
  ['p-384', 'secp384r1'],
]);
