import { UsageError } from '@mpquic/wire';
import type { ConnectionConfig } from './contract.ts';
import { minimumRttScheduler } from './paths/scheduler.ts';
import { namedVersion, type QuicVersion, type QuicVersionName } from './wire/versions.ts';

const SECOND = 1_000_000;

const MAX_INITIAL_PATH_ID = 1023;

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

/** A configuration with every default filled in and every limit checked. */
export type ResolvedConfig = Omit<ConnectionConfig, Defaulted | 'versions'> &
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
  const resolved: ResolvedConfig = overDefaults(
    {
      ...DEFAULTS,
      random: config.crypto.random,
      scheduler: minimumRttScheduler,
      prefersVersions: config.versions !== undefined,
      // Here an undefined says something: no multipath.
      initialMaxPathId: 'initialMaxPathId' in config ? config.initialMaxPathId : 3,
    },
    { ...config, versions: names.map(namedVersion) },
  );
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

function requireRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new UsageError(`${name} is ${value}; it must be an integer from ${least} to ${most}`);
}

/** `options` over `defaults`; an option that is there but undefined counts as left out. */
function overDefaults<Defaults extends object, Options extends object>(
  defaults: Defaults,
  options: Options,
): Defaults & Options {
  const merged = { ...defaults } as Record<string, unknown>;
  for (const name of Object.keys(options) as (keyof Options & string)[]) {
    if (options[name] !== undefined) merged[name] = options[name];
  }
  return merged as Defaults & Options;
}
