import { UsageError } from '@mpquic/wire';
import type { ConnectionConfig } from './connection-config.ts';
import { minimumRttScheduler } from './paths/scheduler.ts';
import { namedVersion, type QuicVersion, type QuicVersionName } from './wire/versions.ts';

const SECOND = 1_000_000;

const MAX_INITIAL_PATH_ID = 1023;
const DEFAULT_INITIAL_MAX_PATH_ID = 3;

/** What has a default. */
type Defaulted =
  | 'maxIdleTimeout'
  | 'maxUdpPayloadSize'
  | 'initialMaxData'
  | 'initialMaxStreamData'
  | 'maxDataWindow'
  | 'maxStreamDataWindow'
  | 'initialMaxStreamsBidi'
  | 'initialMaxStreamsUni'
  | 'maxDatagramFrameSize'
  | 'activeConnectionIdLimit'
  | 'maxAckDelay'
  | 'ackDelayExponent'
  | 'congestion'
  | 'streamSendBufferLimit'
  | 'datagramSendQueueLimit'
  | 'datagramReceiveQueueLimit'
  | 'keyLog';

const DEFAULTS: Required<Pick<ConnectionConfig, Defaulted>> = {
  maxIdleTimeout: 30 * SECOND,
  maxUdpPayloadSize: 1350,
  initialMaxData: 1 << 20,
  initialMaxStreamData: 256 << 10,
  maxDataWindow: 24 << 20,
  maxStreamDataWindow: 16 << 20,
  initialMaxStreamsBidi: 100,
  initialMaxStreamsUni: 100,
  maxDatagramFrameSize: 65535,
  activeConnectionIdLimit: 8,
  maxAckDelay: 25_000,
  ackDelayExponent: 3,
  congestion: 'cubic',
  streamSendBufferLimit: 1 << 20,
  datagramSendQueueLimit: 256,
  datagramReceiveQueueLimit: 1024,
  keyLog: false,
};

const CLIENT_VERSIONS: readonly QuicVersionName[] = ['v1'];
const SERVER_VERSIONS: readonly QuicVersionName[] = ['v1', 'v2'];

type Complete<T> = { readonly [K in keyof Required<T>]: T[K] };

/** A configuration with every default filled in and every limit checked. It names all fields, so that none is forgotten. */
export type ResolvedConfig = Complete<
  Omit<ConnectionConfig, Defaulted | 'versions' | 'firstVersion' | 'random' | 'scheduler'>
> &
  Required<Pick<ConnectionConfig, Defaulted | 'random' | 'scheduler'>> & {
    /** The preferred one first. */
    readonly versions: readonly QuicVersion[];
    /** Whether the order of the versions was asked for. */
    readonly prefersVersions: boolean;
  };

/** @throws {UsageError} on a value out of its range */
export function resolveConfig(config: ConnectionConfig, role: 'client' | 'server'): ResolvedConfig {
  const { versions: names = role === 'client' ? CLIENT_VERSIONS : SERVER_VERSIONS } = config;
  if (names.length === 0) throw new UsageError('versions is empty; it must name at least one');
  if (config.firstVersion !== undefined && !names.includes(config.firstVersion)) {
    throw new UsageError(`firstVersion is ${config.firstVersion}, which is not among versions`);
  }
  const resolved = withDefaults(config, names.map(namedVersion));
  requireRange('maxUdpPayloadSize', resolved.maxUdpPayloadSize, 1200, 65527);
  requireRange('mtuDiscoveryLimit', resolved.mtuDiscoveryLimit ?? 0, 0, 65527);
  requireRange('activeConnectionIdLimit', resolved.activeConnectionIdLimit, 2, 64);
  requireRange('ackDelayExponent', resolved.ackDelayExponent, 0, 20);
  requireRange('maxAckDelay', resolved.maxAckDelay, 0, (2 ** 14 - 1) * 1000);
  requireRange('maxIdleTimeout', resolved.maxIdleTimeout, 0, Number.MAX_SAFE_INTEGER);
  // MP-21 §2.1 allows 0, with which some peers do not negotiate multipath at all, and values up to
  // 2^32-1; but a peer may have state kept of every path ID that it is allowed.
  if (resolved.initialMaxPathId !== undefined) {
    requireRange('initialMaxPathId', resolved.initialMaxPathId, 1, MAX_INITIAL_PATH_ID);
  }
  return resolved;
}

/** One literal, since every connection of a client keeps one: an object that grows field by field takes six times the memory. */
function withDefaults(
  config: ConnectionConfig,
  versions: ResolvedConfig['versions'],
): ResolvedConfig {
  return {
    crypto: config.crypto,
    random: config.random ?? config.crypto.random,
    alpn: config.alpn,
    versions,
    prefersVersions: config.versions !== undefined,
    cipherSuites: config.cipherSuites,
    groups: config.groups,
    // Here an undefined says something: no multipath.
    initialMaxPathId:
      'initialMaxPathId' in config ? config.initialMaxPathId : DEFAULT_INITIAL_MAX_PATH_ID,
    maxIdleTimeout: config.maxIdleTimeout ?? DEFAULTS.maxIdleTimeout,
    maxUdpPayloadSize: config.maxUdpPayloadSize ?? DEFAULTS.maxUdpPayloadSize,
    ecn: config.ecn,
    mtuDiscoveryLimit: config.mtuDiscoveryLimit,
    initialMaxData: config.initialMaxData ?? DEFAULTS.initialMaxData,
    initialMaxStreamData: config.initialMaxStreamData ?? DEFAULTS.initialMaxStreamData,
    maxDataWindow: config.maxDataWindow ?? DEFAULTS.maxDataWindow,
    maxStreamDataWindow: config.maxStreamDataWindow ?? DEFAULTS.maxStreamDataWindow,
    initialMaxStreamsBidi: config.initialMaxStreamsBidi ?? DEFAULTS.initialMaxStreamsBidi,
    initialMaxStreamsUni: config.initialMaxStreamsUni ?? DEFAULTS.initialMaxStreamsUni,
    maxDatagramFrameSize: config.maxDatagramFrameSize ?? DEFAULTS.maxDatagramFrameSize,
    disableActiveMigration: config.disableActiveMigration,
    activeConnectionIdLimit: config.activeConnectionIdLimit ?? DEFAULTS.activeConnectionIdLimit,
    maxAckDelay: config.maxAckDelay ?? DEFAULTS.maxAckDelay,
    ackDelayExponent: config.ackDelayExponent ?? DEFAULTS.ackDelayExponent,
    congestion: config.congestion ?? DEFAULTS.congestion,
    streamSendBufferLimit: config.streamSendBufferLimit ?? DEFAULTS.streamSendBufferLimit,
    datagramSendQueueLimit: config.datagramSendQueueLimit ?? DEFAULTS.datagramSendQueueLimit,
    datagramReceiveQueueLimit:
      config.datagramReceiveQueueLimit ?? DEFAULTS.datagramReceiveQueueLimit,
    scheduler: config.scheduler ?? minimumRttScheduler,
    keyUpdateAfterPackets: config.keyUpdateAfterPackets,
    keyLog: config.keyLog ?? DEFAULTS.keyLog,
    observer: config.observer,
  };
}

function requireRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new UsageError(`${name} is ${value}; it must be an integer from ${least} to ${most}`);
}
